"""Which parts of the bot this process plays, and the leases under which it may: each part has one player at a time."""

import asyncio
import logging
from collections.abc import Collection
from typing import Final

from bot.domain.errors import FencedError, StorageFullError
from bot.domain.instants import Millis
from bot.ports.clock import Clock
from bot.ports.recipients import Fence
from bot.ports.storage import Storage, Transaction
from bot.runtime.tenure import LEASE_MS
from bot.runtime.wakeup import Wakeup

log = logging.getLogger(__name__)

#: Answers Slack, webhooks and clicks; any number of processes may at once.
WEB: Final = "web"
#: Sends; each number has a lease of its own (`bot.runtime.tenure`).
SENDER: Final = "sender"
#: Plans, launches, cancels, and does what time does by itself.
SCHEDULER: Final = "scheduler"
#: Draws cards and posts notices.
CARDS: Final = "cards"
#: Reads templates and numbers from Meta.
SYNC: Final = "sync"
ROLES: Final = (WEB, SENDER, SCHEDULER, CARDS, SYNC)
#: Roles that one process plays at a time.
LEASED: Final = (SCHEDULER, CARDS, SYNC)

RENEW_SECONDS: Final = LEASE_MS / 3 / 1000
#: What is left of the time in which `serve` promises to be gone.
RELEASE_SECONDS: Final = 0.4


class RoleLeases:
    """Keeps the leases of the roles this process would play; whoever dies is replaced once their lease ends."""

    def __init__(self, roles: Collection[str], *, store: Storage, clock: Clock, holder: str) -> None:
        self._roles = tuple(role for role in LEASED if role in roles)
        self._store = store
        self._clock = clock
        self._holder = holder
        self._fences: dict[str, Fence] = {}
        self._renewed_at = Millis(0)
        self._bell = Wakeup()
        self._is_stopping = False

    def holds(self, role: str) -> bool:
        """Tell whether a role is ours now. Judged by our own clock, so that a process that slept too long knows it."""
        return role in self._fences and self._clock.ticks() - self._renewed_at < LEASE_MS

    def fence(self, role: str) -> Fence:
        """Give the proof that a role is ours; raises FencedError where it is not."""
        if not self.holds(role):
            raise FencedError(f"The role “{role}” is not, or no longer, played by this process.")
        return self._fences[role]

    async def run(self) -> None:
        """Renew until `stop`, then give every role back, so that others need not wait for the leases to end."""
        while not self._is_stopping:
            await self.renew()
            await self._bell.wait(RENEW_SECONDS)
        await self._release()

    def stop(self) -> None:
        """Ask to stop."""
        self._is_stopping = True
        self._bell.ring()

    async def renew(self) -> None:
        """Take or renew every lease, all in one write."""
        ticks = self._clock.ticks()
        try:
            taken = await self._store.write(self._take_all)
        except StorageFullError as problem:
            log.warning("the roles could not be renewed: %s", problem)
            return
        for role in taken.keys() - self._fences.keys():
            log.info("this process plays the role “%s” from now on", role)
        self._fences, self._renewed_at = taken, ticks

    def _take_all(self, tx: Transaction) -> dict[str, Fence]:
        now = self._clock.now()
        taken = {role: tx.leases.take(f"role {role}", self._holder, now, LEASE_MS) for role in self._roles}
        return {role: fence for role, fence in taken.items() if fence is not None}

    async def _release(self) -> None:
        fences, self._fences = tuple(self._fences.values()), {}

        def release(tx: Transaction) -> None:
            for fence in fences:
                tx.leases.release(fence)

        try:
            await asyncio.wait_for(self._store.write(release), timeout=RELEASE_SECONDS)
        except (StorageFullError, TimeoutError) as problem:
            log.warning("the roles end with their leases: %s", problem)
