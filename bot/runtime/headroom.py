"""How many more people the portfolio may write to, kept between two counts; shared by the senders of all numbers."""

from bot.domain.instants import SECOND, Millis
from bot.ports.clock import Clock
from bot.ports.storage import Storage
from bot.runtime.sharing import Share, Whole
from bot.services.limiting import headroom, limit_of

#: How often people are counted in the database; in between, departures are subtracted.
REFRESH_MS = 30 * SECOND
#: Stands for no limit.
UNLIMITED = 1_000_000_000


class Headroom:
    """Counts down from the database's figure; the next count is exact again.

    Processes that send at the same time divide what is left, so that together they stay below the limit too.
    """

    def __init__(self, store: Storage, clock: Clock, share: Share | None = None) -> None:
        self._share = share or Whole()
        self._store = store
        self._clock = clock
        self._room = 0
        self._departed = 0
        self._limit: int | None = None
        self._counted_at: Millis | None = None

    async def refresh(self) -> None:
        """Take the limit as it is now; count again if it changed, if the count is old, or if it left no room."""
        limit = await self._store.read(limit_of)
        if limit == self._limit and not self._is_stale():
            return
        self._counted_at = self._clock.ticks()
        self._limit = limit
        departed = self._departed
        room = await self._store.read(lambda tx: headroom(tx, self._clock.now()))
        # What another number's sender let go meanwhile may or may not be in the count: rather twice than never.
        mine = UNLIMITED if room is None else self._share.part_of(max(0, room))
        self._room = mine - (self._departed - departed)

    def _is_stale(self) -> bool:
        if self._counted_at is None:
            return True
        age = self._clock.ticks() - self._counted_at
        return age >= (REFRESH_MS if self._room > 0 else SECOND)

    def room(self) -> int:
        """Say how many more people may be written to."""
        return max(0, self._room)

    def used(self, count: int) -> None:
        """Subtract departures."""
        self._room -= count
        self._departed += count
