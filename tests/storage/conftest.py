"""The engines that the contract suite runs against; a new engine is one more entry in `ENGINES`."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.ports.storage import Storage
from storage import open_storage
from tests.builders import TestClock

Opener = Callable[[], Storage]


def _sqlite(folder: Path, clock: TestClock) -> Storage:
    return open_storage(f"sqlite:///{folder / 'arauto.db'}", clock=clock)


ENGINES: dict[str, Callable[[Path, TestClock], Storage]] = {"sqlite": _sqlite}


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(params=sorted(ENGINES))
async def storage(request: pytest.FixtureRequest, tmp_path: Path, clock: TestClock) -> AsyncIterator[Storage]:
    opened = ENGINES[request.param](tmp_path, clock)
    yield opened
    await opened.close()
