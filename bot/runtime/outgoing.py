"""What is marked goes out and is answered; what came of it is settled, and how the number goes on is learnt from it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain.campaign import CampaignId
from bot.domain.instants import Millis
from bot.domain.message import RecipientId, tracker
from bot.ports.clock import Clock
from bot.ports.meta import Accepted, InDoubt, NotSent, Outcome
from bot.ports.recipients import Claim, Trial
from bot.ports.storage import Storage, Transaction
from bot.runtime.departures import Departures
from bot.runtime.lanes import Lane, Lanes
from bot.runtime.postman import Postman
from bot.runtime.settler import Settler
from bot.runtime.throttle import Throttle
from bot.runtime.trials import TrialSender
from bot.services import launching
from bot.services.settling import Effects, Settlement


@dataclass(frozen=True, slots=True)
class Marked:
    """One message whose mark is on the disk."""

    lane: Lane
    claim: Claim

    def settled(self, outcome: Outcome) -> Settlement:
        """Say what came of it."""
        row = self.claim.recipient
        return Settlement(row.id, row.attempt, outcome, row)


class Outgoing:
    """Posts one number's marked messages as its throttle allows; whatever happens to one, its outcome is settled.

    `learnt` is called after each batch of outcomes is durable.
    """

    def __init__(
        self,
        number: str,
        *,
        store: Storage,
        clock: Clock,
        lanes: Lanes,
        throttle: Throttle,
        postman: Postman,
        template_wait_seconds: float,
        learnt: Callable[[], None],
    ) -> None:
        self._number = number
        self._lanes = lanes
        self._throttle = throttle
        self._postman = postman
        self._learnt = learnt
        self._departures: Departures[Marked | Trial] = Departures(throttle, self._request)
        self._trials = TrialSender(number, store=store, postman=postman, clock=clock)
        self._settler = Settler(
            store, clock, apply=self._learn, also=self._write_beside, template_wait_seconds=template_wait_seconds
        )
        self._lane_of: dict[RecipientId, Lane] = {}

    async def run(self) -> None:
        """Settle whatever is answered, for ever."""
        await self._settler.run()

    @property
    def trouble(self) -> str | None:
        """Tell why outcomes cannot be written at the moment; None while they can."""
        return self._settler.trouble

    @property
    def is_settled(self) -> bool:
        """Tell whether every answer so far is durable."""
        return self._settler.is_idle

    @property
    def is_quiet(self) -> bool:
        """Tell whether nothing waits to leave, nothing is under way and every answer is durable."""
        return self._departures.are_quiet and self._settler.is_idle

    def room(self) -> int:
        """Say how many messages are worth marking now."""
        return self._departures.room()

    def depart(self, lane: Lane, claims: list[Claim]) -> None:
        """Take messages of a campaign whose marks are durable; each leaves as soon as it may."""
        lane.start.left(len(claims))
        lane.under_way += len(claims)
        for claim in claims:
            self._lane_of[claim.recipient.id] = lane
        self._departures.add(Marked(lane, claim) for claim in claims)

    async def depart_trials(self) -> int:
        """Mark the test sends that wait, as far as there is room, and let them leave; returns how many."""
        trials = await self._trials.next(self._departures.room())
        self._departures.add(trials)
        return len(trials)

    def hold(self) -> None:
        """Let nothing leave from now on; what is under way goes on."""
        self._departures.hold()

    async def drain(self, seconds: float) -> None:
        """Give back what is marked and has not left, and let requests under way be answered for so long."""
        trials = []
        for stayed in self._departures.take_back():
            if isinstance(stayed, Marked):
                self._settle(stayed, NotSent("Arauto stopped before the request left.", is_held_back=True))
            else:
                trials.append(stayed)
        await self._departures.drain(seconds)
        for trial in trials:
            await self._trials.put_back(trial)

    async def settled(self) -> None:
        """Wait until every answer is durable."""
        await self._settler.idle()

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
        status = tx.numbers.get(self._number)
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
            self._lanes.are_outdated = True
        self._learnt()
