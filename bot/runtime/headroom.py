"""The portfolio's messaging limit: people per rolling 24 hours, counted by us because Meta tells no remainder."""

from bot.domain.instants import SECOND, Millis
from bot.ports.clock import Clock
from bot.ports.storage import Storage
from bot.services.reporting import headroom

#: How often the count is taken from the database; in between, departures are subtracted.
REFRESH_MS = 30 * SECOND
#: Stands for no limit.
UNLIMITED = 1_000_000_000


class Headroom:
    """Shared by the senders of all numbers of the portfolio."""

    def __init__(self, store: Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._room = 0
        self._counted_at: Millis | None = None

    async def refresh(self) -> None:
        """Count again if the last count is old, or if it left no room."""
        ticks = self._clock.ticks()
        age = REFRESH_MS if self._counted_at is None else ticks - self._counted_at
        if age >= REFRESH_MS or (self._room <= 0 and age >= SECOND):
            self._counted_at = ticks
            room = await self._store.read(lambda tx: headroom(tx, self._clock.now()))
            self._room = UNLIMITED if room is None else room

    def room(self) -> int:
        """Say how many more people may be written to."""
        return max(0, self._room)

    def used(self, count: int) -> None:
        """Subtract departures; the next count is exact again."""
        self._room -= count
