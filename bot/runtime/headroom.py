"""The portfolio's messaging limit: people per rolling 24 hours, counted by us because Meta tells no remainder."""

from bot.domain.instants import DAY, SECOND, Millis
from bot.ports.clock import Clock
from bot.ports.storage import Storage, Transaction

#: How often people are counted in the database; in between, departures are subtracted.
REFRESH_MS = 30 * SECOND
UNLIMITED = 1_000_000_000


class Headroom:
    """Shared by the senders of all numbers of the portfolio."""

    def __init__(self, store: Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._limit = 0
        self._room = 0
        self._departed = 0
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
        self._room = room - (self._departed - departed)

    def _is_stale(self) -> bool:
        if self._counted_at is None:
            return True
        age = self._clock.ticks() - self._counted_at
        return age >= (REFRESH_MS if self._room > 0 else SECOND)

    def room(self) -> int:
        """Say how many more people may be written to."""
        return max(0, self._room)

    def used(self, count: int) -> None:
        """Subtract departures; the next count is exact again."""
        self._room -= count
        self._departed += count


def limit_of(tx: Transaction) -> int:
    """Give the people the portfolio may write to in 24 hours; `UNLIMITED` without a limit."""
    limits = [status.messaging_limit for status in tx.numbers.list() if status.messaging_limit is not None]
    return min(limits, default=UNLIMITED)


def headroom(tx: Transaction, now: Millis) -> int:
    """Give how many more people the portfolio may write to in the running 24 hours."""
    limit = limit_of(tx)
    return limit if limit == UNLIMITED else limit - tx.recipients.people_messaged_since(Millis(now - DAY))
