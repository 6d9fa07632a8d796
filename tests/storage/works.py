"""Works to hand to a storage, and ways to hand them over that surely share one commit."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from bot.ports.storage import Storage, Transaction
from tests.builders import NOW

Write = Callable[[Callable[[Transaction], Any]], Awaitable[Any]]


def set_switch(name: str, value: str = "on") -> Callable[[Transaction], None]:
    return lambda tx: tx.switches.set(name, value, NOW)


async def get_switch(storage: Storage, name: str) -> str | None:
    return await storage.read(lambda tx: tx.switches.get(name))


async def grouped(storage: Storage, *works: Callable[[Transaction], object]) -> list[object]:
    """Hold the writer up while works queue behind it, so that they surely share one commit."""
    release = await held(storage.write)
    queued = [asyncio.ensure_future(storage.write(work)) for work in works]
    await asyncio.sleep(0)
    await release()
    return await asyncio.gather(*queued, return_exceptions=True)


async def held(write: Write) -> Callable[[], Awaitable[None]]:
    """Keep the writer busy with a work of its own; give the way to let it go on."""
    started, gate = threading.Event(), threading.Event()

    def hold(_: Transaction) -> None:
        started.set()
        assert gate.wait(10)

    holding = asyncio.ensure_future(write(hold))
    assert await asyncio.to_thread(started.wait, 10)

    async def release() -> None:
        gate.set()
        await holding

    return release
