"""Making room between the transactions of a long job for whoever serves from the same database."""

import asyncio
import time

from bot.ports.clock import Clock
from bot.ports.storage import Storage, Transaction


class GivingWay:
    """Rests after each transaction as long as it took, while a process serves; goes on at once where none does.

    SQLite has no queue of writers: one that waits looks again every few milliseconds, and where transactions follow
    each other without a gap it may look in vain until it gives up.
    """

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._since = time.monotonic()

    async def rest(self) -> None:
        """Rest, to be called after each transaction."""
        took = time.monotonic() - self._since
        if await self._storage.read(self._is_served):
            await asyncio.sleep(took)
        self._since = time.monotonic()

    def _is_served(self, tx: Transaction) -> bool:
        """Tell whether somebody holds a lease; those of a process that died end within a minute."""
        return bool(tx.leases.holders("", self._clock.now()))
