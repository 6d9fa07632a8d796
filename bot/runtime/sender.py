"""One number's sender: claims, marks and posts its campaigns' messages, never faster than allowed, never twice.

A number is sent for by one worker at a time, under a lease (`tenure`). The order of the three writes around each
request is that of `bot.services.sending`.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass, replace

from bot.domain.campaign import Campaign, CampaignId
from bot.domain.errors import FencedError, StorageFullError
from bot.domain.instants import Millis
from bot.domain.message import RecipientId, tracker
from bot.domain.policy import Policy
from bot.ports.clock import Clock
from bot.ports.meta import Accepted, InDoubt, MessageSender, NotSent, Outcome
from bot.ports.recipients import Claim, Fence, Trial
from bot.ports.storage import Storage, Transaction
from bot.runtime.departures import Departures
from bot.runtime.headroom import Headroom
from bot.runtime.lanes import Lane, Lanes
from bot.runtime.postman import Postman
from bot.runtime.settler import Settler
from bot.runtime.sharing import Share, Whole
from bot.runtime.tenure import LeasedMeta, Tenure
from bot.runtime.throttle import Throttle
from bot.runtime.trials import TrialSender
from bot.runtime.wakeup import Wakeup
from bot.services import launching, sending
from bot.services.settling import Effects, Settlement

log = logging.getLogger(__name__)

#: Rows claimed at once: a few seconds' worth, harmless to give back.
CLAIM_BATCH = 500
#: Seconds the loop sleeps when the pace leaves no room, and when there is nothing to do.
PACE_SECONDS = 0.01
IDLE_SECONDS = 0.5
#: How often the database is asked which campaigns may send.
LIST_MS = 500
#: Seconds that requests under way get to be answered when the process is asked to stop.
DRAIN_SECONDS = 2.0
SETTLE_SECONDS = 1.0
#: What Meta grants every number (Meta, "Throughput"), until it has been asked.
DEFAULT_MPS = 80


@dataclass(frozen=True, slots=True)
class Marked:
    """One message whose mark is on the disk."""

    lane: Lane
    claim: Claim

    def settled(self, outcome: Outcome) -> Settlement:
        """Say what came of it."""
        row = self.claim.recipient
        return Settlement(row.id, row.attempt, outcome, row)


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
        self._departures: Departures[Marked | Trial] = Departures(self._throttle, self._request)
        self._lanes = Lanes()
        self._postman = Postman(number, meta=LeasedMeta(meta, lambda: self._tenure.stands))
        self._trials = TrialSender(number, store=store, postman=self._postman, clock=clock)
        self._settler = Settler(
            store,
            clock,
            apply=self._learn,
            also=self._write_beside,
            template_wait_seconds=policy.template_wait_seconds,
        )
        self._tenure = Tenure(
            number,
            store=store,
            clock=clock,
            holder=holder,
            share=share or Whole(),
            recall=self._postman.recall,
            lost=self._forget,
        )
        self._has_trials = False
        self._lane_of: dict[RecipientId, Lane] = {}
        self._listed_at: Millis | None = None
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Send until `stop`; a lost lease or a full database only makes it wait."""
        settling = asyncio.create_task(self._settler.run())
        try:
            while not self._stopping.is_set():
                await self._one_cycle()
            await self._drain()
        finally:
            settling.cancel()

    def stop(self) -> None:
        """Ask to stop: nothing new leaves from now on."""
        self._stopping.set()
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
        elif self._settler.trouble is not None:
            await self._wait_out(self._settler.trouble)
        else:
            blocked = await self._list_campaigns()
            if blocked:
                await self._wait_out(blocked)
            else:
                self.trouble = None
                await self._send_or_wait()

    async def _send_or_wait(self) -> None:
        left = await self._send_trials() + await self._send_some()
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
        for stayed in await self._departures.drain(DRAIN_SECONDS):
            if isinstance(stayed, Marked):
                self._settle(stayed, NotSent("Arauto stopped before the request left."))
        with contextlib.suppress(TimeoutError, StorageFullError):
            async with asyncio.timeout(SETTLE_SECONDS):
                await self._settler.idle()
                await self._tenure.give_up(self._lanes.claimed())

    async def _yield(self) -> None:
        """Send nothing new, and leave the number to another process once every request is answered and written."""
        if not (self._departures.are_quiet and self._settler.is_idle):
            await asyncio.sleep(PACE_SECONDS)
            return
        log.info("number %s is left to a process that has fewer", self.number)
        await self._tenure.give_up(self._lanes.claimed())

    async def _list_campaigns(self) -> str | None:
        """Look which campaigns may send and what Meta grants; returns why the number is blocked, if it is."""
        ticks = self._clock.ticks()
        if self._listed_at is not None and ticks - self._listed_at < LIST_MS:
            return None
        now = self._clock.now()
        campaigns, status, trials = await self._store.read(
            lambda tx: (
                sending.sendable(tx, self.number, now),
                tx.numbers.get(self.number),
                tx.trials.waiting(self.number, 1),
            )
        )
        self._has_trials = bool(trials)
        await self._serve(campaigns)
        if status is not None and status.blocked:
            return status.blocked
        granted = status.granted_mps if status is not None else DEFAULT_MPS
        self._throttle.set_bound(self._policy.pace_of(granted), status.pace if status is not None else None)
        await self._headroom.refresh()
        self._listed_at = ticks
        return None

    async def _serve(self, campaigns: list[Campaign]) -> None:
        """Take these campaigns; what is claimed of others, which may not send now, goes back first."""
        claimed = self._lanes.claimed_beside(campaigns)
        if claimed:
            await self._store.write(lambda tx: tx.recipients.release(claimed))
        self._lanes.serve(campaigns)

    def _forget(self) -> None:
        self._listed_at = None
        self._lanes.clear()

    async def _send_trials(self) -> int:
        trials = await self._trials.next(self._departures.room()) if self._has_trials else ()
        self._departures.add(trials)
        return len(trials)

    async def _send_some(self) -> int:
        """Serve the campaigns in turn; returns how many rows of one of them were dealt with."""
        for lane in self._lanes.in_turn():
            gentle = lane.start.room()
            room = min(self._departures.room(), self._headroom.room())
            room = room if gentle is None else min(room, gentle)
            done = await self._send_from(lane, room) if room > 0 else 0
            if done:
                return done
        return 0

    async def _send_from(self, lane: Lane, room: int) -> int:
        fence = self._tenure.fence
        if fence is None or not await self._claim(lane, fence):
            return 0
        campaign_id, ids = lane.campaign.id, lane.take(room)
        try:
            marked = await self._store.write(
                lambda tx: sending.mark(tx, campaign_id, ids, fence, self._policy, self._clock.now())
            )
        except StorageFullError:
            lane.claimed.extendleft(reversed(ids))
            raise
        if marked.is_halted:
            await self._give_back(lane)
            return 0
        self._depart(lane, marked.go)
        return len(ids)

    async def _claim(self, lane: Lane, fence: Fence) -> bool:
        """See to it that the lane has claimed rows; a campaign with none left may be finished."""
        if lane.claimed:
            return True
        campaign_id = lane.campaign.id
        rows = await self._store.write(lambda tx: sending.claim(tx, campaign_id, CLAIM_BATCH, fence, self._clock.now()))
        lane.claimed.extend(rows)
        if not rows and not lane.under_way and self._settler.is_idle:
            await self._finish(campaign_id)
        return bool(rows)

    async def _finish(self, campaign_id: CampaignId) -> None:
        if await self._store.write(lambda tx: sending.finish(tx, campaign_id, self._clock.now())):
            self._listed_at = None

    async def _give_back(self, lane: Lane) -> None:
        """Return a lane's claims: its campaign may not send at the moment."""
        self._listed_at = None
        claimed = list(lane.claimed)
        await self._store.write(lambda tx: tx.recipients.release(claimed))
        lane.claimed.clear()

    def _depart(self, lane: Lane, claims: list[Claim]) -> None:
        self._headroom.used(len(claims))
        lane.start.left(len(claims))
        lane.under_way += len(claims)
        for claim in claims:
            self._lane_of[claim.recipient.id] = lane
        self._departures.add(Marked(lane, claim) for claim in claims)

    async def _request(self, message: Marked | Trial) -> None:
        if isinstance(message, Marked):
            await self._post(message)
        else:
            await self._trials.send(message)

    async def _post(self, message: Marked) -> None:
        """Post one marked message; whatever happens, its outcome is settled."""
        row, campaign, claim = message.claim.recipient, message.lane.campaign, message.claim
        outcome: Outcome = InDoubt("Arauto stopped before the answer came.")
        try:
            mark = tracker(campaign.token, row.id, row.attempt)
            outcome = await self._postman.post(campaign, claim.address, claim.parameters, mark)
        finally:
            self._settle(message, outcome)

    def _settle(self, message: Marked, outcome: Outcome) -> None:
        message.lane.under_way -= 1
        self._settler.add(message.settled(outcome))

    def _write_beside(self, tx: Transaction, batch: list[Settlement], now: Millis) -> None:
        """In the write that settles: what else must be as durable as the answers."""
        self._hold_woken(tx, batch, now)
        status = tx.numbers.get(self.number)
        if status is not None and status.pace != self._throttle.slowed_to:
            rests_until = Millis(now + self._throttle.rest_ms)
            tx.numbers.put(replace(status, pace=self._throttle.slowed_to, rests_until=rests_until))

    def _hold_woken(self, tx: Transaction, batch: list[Settlement], now: Millis) -> None:
        """Hold a campaign whose first message only woke its template."""
        starting = self._lanes.starting()
        accepted = [item.recipient_id for item in batch if isinstance(item.outcome, Accepted)] if starting else []
        rows = tx.recipients.get_many(accepted)
        for campaign_id in starting & {CampaignId(row.campaign_id) for row in rows.values()}:
            launching.hold_after_wakeup(tx, campaign_id, now)

    def _learn(self, batch: list[Settlement], effects: Effects) -> None:
        """Go on as the answers ask."""
        self._throttle.learn(effects)
        lanes = [self._lane_of.pop(item.recipient_id, None) for item in batch]
        if effects.is_troubled:
            self._lanes.start_over()
        else:
            for lane in lanes:
                if lane is not None:
                    lane.start.answered()
        if effects.failed or effects.held:
            self._listed_at = None
        self.bell.ring()
