"""Waking workers early: they look at the database every so often anyway, this only saves the wait."""

import asyncio
import contextlib


class Wakeup:
    """One worker waits, anybody rings. A ring while the worker is busy is not lost."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake the worker, now or as soon as it waits."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Wait for a ring, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        self._event.clear()
