"""One number's sender: sends its campaigns' messages while it holds the number, never faster than allowed, never twice.

A number is sent for by one worker at a time, under a lease (`tenure`). The order of the three writes around each
request is that of `bot.services.sending`: `marking` does the two before it, `outgoing` posts and does the third.
"""

import asyncio
import contextlib
import logging

from bot.domain.errors import FencedError, StorageFullError
from bot.domain.policy import Policy
from bot.ports.clock import Clock
from bot.ports.meta import MessageSender
from bot.ports.storage import Storage
from bot.runtime.headroom import Headroom
from bot.runtime.lanes import Lanes
from bot.runtime.marking import Marker
from bot.runtime.outgoing import Outgoing
from bot.runtime.postman import Postman
from bot.runtime.sharing import Share, Whole
from bot.runtime.tenure import LeasedMeta, Tenure
from bot.runtime.throttle import Throttle
from bot.runtime.wakeup import Wakeup
from bot.services import sending

log = logging.getLogger(__name__)

#: Seconds the loop sleeps when the pace leaves no room, and when there is nothing to do.
PACE_SECONDS = 0.01
IDLE_SECONDS = 0.5
#: How often the database is asked which campaigns may send.
LIST_MS = 500
#: Seconds after `stop` until which requests under way may be answered, and until which all must be written. A
#: database that is busy needs the time between them; where answers come soon, it has nearly all of it.
DRAIN_SECONDS = 2.5
STOP_SECONDS = 4.0
#: What Meta grants every number (Meta, "Throughput"), until it has been asked.
DEFAULT_MPS = 80


class NumberSender:
    """Sends for one phone number while it holds the number's lease."""

    def __init__(
        self,
        number: str,
        *,
        store: Storage,
        meta: MessageSender,
        policy: Policy,
        clock: Clock,
        holder: str,
        headroom: Headroom,
        share: Share | None = None,
    ) -> None:
        self.number = number
        self.bell = Wakeup()
        #: Why nothing leaves although something waits; None while all is well (shown on /readyz).
        self.trouble: str | None = None
        self._store = store
        self._policy = policy
        self._clock = clock
        self._headroom = headroom
        self._throttle = Throttle(clock)
        self._lanes = Lanes()
        postman = Postman(number, meta=LeasedMeta(meta, lambda: self._tenure.stands))
        self._outgoing = Outgoing(
            number,
            store=store,
            clock=clock,
            lanes=self._lanes,
            throttle=self._throttle,
            postman=postman,
            template_wait_seconds=policy.template_wait_seconds,
            learnt=self.bell.ring,
        )
        self._marker = Marker(
            store=store, policy=policy, clock=clock, lanes=self._lanes, headroom=headroom, outgoing=self._outgoing
        )
        self._tenure = Tenure(
            number,
            store=store,
            clock=clock,
            holder=holder,
            share=share or Whole(),
            recall=postman.recall,
            lost=self._lanes.clear,
        )
        self._has_trials = False
        self._listed_at: int | None = None
        self._stopping = asyncio.Event()
        self._stopped_at: float | None = None

    async def run(self) -> None:
        """Send until `stop`; a lost lease or a full database only makes it wait."""
        settling = asyncio.create_task(self._outgoing.run())
        try:
            while not self._stopping.is_set():
                await self._one_cycle()
            await self._drain()
        finally:
            settling.cancel()

    def stop(self) -> None:
        """Ask to stop: nothing new leaves from now on. More than once does no harm."""
        if not self._stopping.is_set():
            self._stopped_at = asyncio.get_running_loop().time()
        self._stopping.set()
        self._outgoing.hold()
        self.bell.ring()

    @property
    def holds(self) -> bool:
        """Tell whether this process sends for the number at the moment."""
        return self._tenure.stands

    @property
    def pace(self) -> float:
        """Give the messages per second aimed at now."""
        return self._throttle.pace

    async def _one_cycle(self) -> None:
        try:
            await self._cycle()
        except FencedError:
            log.warning("the lease of number %s is somebody else's now", self.number)
            self._tenure.forget()
        except StorageFullError as problem:
            await self._wait_out(str(problem))
        except Exception as fault:
            # The edge: a sender that dies would stop its number silently. It says so and tries again.
            log.exception("number %s: sending failed because of a fault in Arauto", self.number)
            await self._wait_out(f"a fault in Arauto itself ({type(fault).__name__}); the log has the details")

    async def _cycle(self) -> None:
        if not await self._tenure.hold():
            await self.bell.wait(IDLE_SECONDS)
        elif self._tenure.is_to_be_yielded:
            await self._yield()
        elif self._outgoing.trouble is not None:
            await self._wait_out(self._outgoing.trouble)
        else:
            blocked = await self._list_campaigns()
            if blocked:
                await self._wait_out(blocked)
            else:
                self.trouble = None
                await self._send_or_wait()

    async def _send_or_wait(self) -> None:
        left = await self._outgoing.depart_trials() if self._has_trials else 0
        fence = self._tenure.fence
        if fence is not None:
            left += await self._marker.mark_some(fence)
        if left:
            return
        if self._lanes.are_quiet:
            await self.bell.wait(IDLE_SECONDS)
        else:
            await asyncio.sleep(PACE_SECONDS)

    async def _wait_out(self, why: str) -> None:
        if self.trouble != why:
            log.error("number %s cannot send: %s", self.number, why)
        self.trouble = why
        await self.bell.wait(IDLE_SECONDS)

    async def _drain(self) -> None:
        """Let requests under way be answered, write what came of them, give the rest back."""
        loop = asyncio.get_running_loop()
        asked = self._stopped_at if self._stopped_at is not None else loop.time()
        with contextlib.suppress(TimeoutError, StorageFullError):
            async with asyncio.timeout_at(asked + STOP_SECONDS):
                await self._outgoing.drain(asked + DRAIN_SECONDS - loop.time())
                await self._outgoing.settled()
                await self._tenure.give_up(self._lanes.claimed())

    async def _yield(self) -> None:
        """Send nothing new, and leave the number to another process once every request is answered and written."""
        if not self._outgoing.is_quiet:
            await asyncio.sleep(PACE_SECONDS)
            return
        log.info("number %s is left to a process that has fewer", self.number)
        await self._tenure.give_up(self._lanes.claimed())

    async def _list_campaigns(self) -> str | None:
        """Look which campaigns may send and what Meta grants; returns why the number is blocked, if it is."""
        ticks = self._clock.ticks()
        is_fresh = self._listed_at is not None and ticks - self._listed_at < LIST_MS
        if is_fresh and not self._lanes.are_outdated:
            return None
        self._listed_at, self._lanes.are_outdated = None, False
        now = self._clock.now()
        campaigns, status, trials = await self._store.read(
            lambda tx: (
                sending.sendable(tx, self.number, now),
                tx.numbers.get(self.number),
                tx.trials.waiting(self.number, 1),
            )
        )
        self._has_trials = bool(trials)
        await self._marker.serve(campaigns)
        if status is not None and status.blocked:
            return status.blocked
        granted = status.granted_mps if status is not None else DEFAULT_MPS
        self._throttle.set_bound(self._policy.pace_of(granted), status.pace if status is not None else None)
        await self._headroom.refresh()
        self._listed_at = ticks
        return None
