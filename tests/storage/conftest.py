"""The engines that the contract suite runs against; a new engine is one more entry in `ENGINES`."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from bot.ports.storage import Storage
from storage import open_storage
from tests.builders import TestClock
from tests.postgres_server import a_database


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'arauto.db'}"


@contextmanager
def _postgres(_: Path) -> Iterator[str]:
    with a_database() as url:
        yield url


#: How each engine gives the address of a database that nobody else uses.
ENGINES: dict[str, Callable[[Path], AbstractContextManager[str]]] = {"postgres": _postgres, "sqlite": _sqlite}


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(params=sorted(ENGINES))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with ENGINES[request.param](tmp_path) as address:
        yield address


@pytest.fixture
async def storage(url: str, clock: TestClock) -> AsyncIterator[Storage]:
    opened = open_storage(url, clock=clock)
    yield opened
    await opened.close()
