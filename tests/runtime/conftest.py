"""A house of its own for every test: real SQLite in a folder of the test's, and a clock moved by hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.house import House, a_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        yield opened
