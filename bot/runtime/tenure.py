"""One number's lease: taken, kept and given up. Whoever takes it puts right what the holder before left."""

import logging
from collections.abc import Callable, Collection

from bot.domain.instants import SECOND
from bot.domain.message import RecipientId
from bot.ports.clock import Clock
from bot.ports.meta import MessageSender, NotSent, Outcome, OutgoingMessage
from bot.ports.recipients import Fence
from bot.ports.storage import Storage, Transaction
from bot.runtime.sharing import Share
from bot.services import rescuing

log = logging.getLogger(__name__)

LEASE_MS = 15 * SECOND


class Tenure:
    """Holds the lease of a number; `fence` is the proof of it, None while somebody else has it.

    `recall` runs in the transaction that takes over: it reads what the new holder must remember. `lost` is called
    whenever everything known under the last fence is void.
    """

    def __init__(
        self,
        number: str,
        *,
        store: Storage,
        clock: Clock,
        holder: str,
        share: Share,
        recall: Callable[[Transaction], None],
        lost: Callable[[], None],
    ) -> None:
        self.fence: Fence | None = None
        self._number = number
        self._store = store
        self._clock = clock
        self._holder = holder
        self._share = share
        self._recall = recall
        self._lost = lost
        self._renewed_at = clock.ticks()

    @property
    def stands(self) -> bool:
        """Tell whether the lease is still ours by our own clock: a process that was stopped wakes up without one."""
        return self.fence is not None and self._clock.ticks() - self._renewed_at < LEASE_MS

    async def hold(self) -> bool:
        """Take or keep the lease; tells whether it is ours. One more than this process's share is left to others."""
        await self._share.announce()
        if self.fence is None and not self._share.has_room():
            return False
        ticks = self._clock.ticks()
        if self.fence is not None and ticks - self._renewed_at < LEASE_MS / 3:
            return True
        name = f"number {self._number}"
        fence = await self._store.write(lambda tx: tx.leases.take(name, self._holder, self._clock.now(), LEASE_MS))
        if fence is None:
            self.forget()
            return False
        if fence != self.fence:
            await self._take_over(fence)
        self._renewed_at = ticks
        return True

    async def _take_over(self, fence: Fence) -> None:
        self.forget()

        def take_over(tx: Transaction) -> rescuing.Rescued:
            self._recall(tx)
            return rescuing.rescue(tx, self._number, self._clock.now())

        rescued = await self._store.write(take_over)
        self.fence = fence
        self._share.took(self._number)
        if rescued.in_doubt:
            log.warning("number %s: %d messages in doubt after an interruption", self._number, rescued.in_doubt)

    @property
    def is_to_be_yielded(self) -> bool:
        """Tell whether the number is to be left to a process that has fewer."""
        return self.fence is not None and self._share.is_to_yield(self._number)

    async def give_up(self, claimed: Collection[RecipientId]) -> None:
        """Give the lease back, and with it the claimed rows."""
        fence = self.fence
        if fence is None:
            return

        def give_back(tx: Transaction) -> None:
            tx.recipients.release(claimed)
            tx.leases.release(fence)

        await self._store.write(give_back)
        self.forget()

    def forget(self) -> None:
        """Act as if the lease were somebody else's: it is, or may be."""
        self.fence = None
        self._share.lost(self._number)
        self._lost()


class LeasedMeta:
    """Lets requests leave only while the lease stands: the port `MessageSender` for one number."""

    def __init__(self, meta: MessageSender, stands: Callable[[], bool]) -> None:
        self._meta = meta
        self._stands = stands

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Post one message; one that comes too late does not leave, and is certain not to have."""
        if not self._stands():
            return NotSent("the lease of the number had ended before the request left", is_held_back=True)
        return await self._meta.send(message)
