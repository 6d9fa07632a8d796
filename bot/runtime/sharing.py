"""Which part of the sending is this process's: every process that sends announces itself, and each takes its share."""

import asyncio
import logging
from typing import Final, Protocol

from bot.domain.errors import StorageFullError
from bot.domain.instants import DAY, Millis
from bot.ports.clock import Clock
from bot.ports.storage import Storage, Transaction

log = logging.getLogger(__name__)

#: What the leases of those who announce themselves are named, before the holder.
PRESENT: Final = "sender "
#: An announcement holds as long as the lease of a number: whoever is silent for that long has lost both.
PRESENT_MS: Final = Millis(15_000)
#: Announcements of processes that are long gone are dropped after this.
FORGOTTEN_MS: Final = DAY
#: What a process that ends gives this; without it the others wait for the announcement to end.
LEAVE_SECONDS: Final = 0.2


class Share(Protocol):
    """What a number's sender asks before it takes the number, and while it has it."""

    async def announce(self) -> None:
        """Say that this process lives, and learn who else does; does so only when it is time again."""
        ...

    def has_room(self) -> bool:
        """Tell whether this process may take one more number."""
        ...

    def is_to_yield(self, number: str) -> bool:
        """Tell whether this number is to be left to somebody who has fewer."""
        ...

    def took(self, number: str) -> None:
        """Note that a number is ours."""
        ...

    def lost(self, number: str) -> None:
        """Note that a number is not, or no longer, ours."""
        ...

    def part_of(self, whole: int) -> int:
        """Give this process's part of something that all of them may use up together."""
        ...


class Whole:
    """The share of a process that is alone: everything."""

    async def announce(self) -> None:
        """Say nothing: nobody listens."""

    def has_room(self) -> bool:
        """Tell that there always is."""
        return True

    def is_to_yield(self, number: str) -> bool:  # noqa: ARG002 - the port's
        """Tell that it never is: there is nobody to leave it to."""
        return False

    def took(self, number: str) -> None:
        """Note nothing."""

    def lost(self, number: str) -> None:
        """Note nothing."""

    def part_of(self, whole: int) -> int:
        """Give all of it."""
        return whole


class FairShare:
    """An equal part of the numbers for each living process; one that comes or goes moves as few as possible.

    Nothing is negotiated: everybody sorts the same names and divides. While two processes see different ones, a number
    may wait for a few seconds; two that send for it at once are prevented by its lease, not here.
    """

    def __init__(self, numbers: int, *, store: Storage, clock: Clock, holder: str) -> None:
        self._numbers = numbers
        self._store = store
        self._clock = clock
        self._holder = holder
        self._held: set[str] = set()
        self._processes: tuple[str, ...] = (holder,)
        self._announced_at: Millis | None = None

    async def announce(self) -> None:
        """Renew this process's announcement and read the others', three times in a span."""
        ticks = self._clock.ticks()
        if self._announced_at is not None and ticks - self._announced_at < PRESENT_MS / 3:
            return
        self._announced_at = ticks
        self._processes = await self._store.write(self._announce)

    def _announce(self, tx: Transaction) -> tuple[str, ...]:
        now = self._clock.now()
        tx.leases.take(f"{PRESENT}{self._holder}", self._holder, now, PRESENT_MS)
        tx.leases.forget(PRESENT, Millis(now - FORGOTTEN_MS))
        return tuple(sorted(tx.leases.holders(PRESENT, now)))

    def has_room(self) -> bool:
        """Tell whether this process has fewer numbers than its share."""
        return len(self._held) < self.part_of(self._numbers)

    def is_to_yield(self, number: str) -> bool:
        """Tell whether this process has more than its share, and this number is the one to go: one at a time."""
        return len(self._held) > self.part_of(self._numbers) and number == max(self._held)

    def took(self, number: str) -> None:
        """Count a number in."""
        self._held.add(number)

    def lost(self, number: str) -> None:
        """Count a number out."""
        self._held.discard(number)

    def part_of(self, whole: int) -> int:
        """Divide by the processes; the first ones by name get what is left over, one each."""
        each, over = divmod(whole, len(self._processes))
        return each + (self._processes.index(self._holder) < over)

    async def leave(self) -> None:
        """Take the announcement back, so that the others need not wait for it to end."""
        if self._announced_at is None:
            return
        try:
            await asyncio.wait_for(self._store.write(self._leave), timeout=LEAVE_SECONDS)
        except (StorageFullError, TimeoutError) as problem:
            log.warning("the announcement of this process ends by itself: %s", problem)

    def _leave(self, tx: Transaction) -> None:
        fence = tx.leases.take(f"{PRESENT}{self._holder}", self._holder, self._clock.now(), PRESENT_MS)
        if fence is not None:
            tx.leases.release(fence)
