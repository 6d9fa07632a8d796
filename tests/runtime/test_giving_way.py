"""A long job makes room between its transactions while somebody serves from the same database, and only then."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ports.storage import Storage
from bot.runtime.giving_way import GivingWay
from storage import open_storage
from tests.builders import NOW, TestClock


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = open_storage(f"sqlite:///{tmp_path / 'arauto.db'}", clock=TestClock())
    yield opened
    await opened.close()


async def _rested(store: Storage, seconds: float) -> float:
    """Let a transaction take so long, and say how long the rest behind it was."""
    way = GivingWay(store, TestClock())
    loop = asyncio.get_running_loop()
    await asyncio.sleep(seconds)
    began = loop.time()
    await way.rest()
    return loop.time() - began


async def test_beside_a_serving_process_a_rest_is_as_long_as_the_work(store: Storage):
    await store.write(lambda tx: tx.leases.take("role web", "another process", NOW, 60_000))

    assert await _rested(store, 0.3) >= 0.3


async def test_what_a_dead_process_held_counts_until_it_ends(store: Storage):
    await store.write(lambda tx: tx.leases.take("role web", "a process that died", NOW - 60_000, 60_000))

    assert not await store.read(lambda tx: tx.leases.holders("", NOW))
    await asyncio.wait_for(GivingWay(store, TestClock()).rest(), 10)
