"""Writing down what came of each request, and what it means for the person, the campaign and the number."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from bot.domain.campaign import Campaign, CampaignId, CampaignState
from bot.domain.instants import SECOND, Millis, plus_seconds
from bot.domain.message import Dispatch, Recipient, RecipientId
from bot.domain.pacing import back_off
from bot.ports.meta import Accepted, ErrorClass, Failure, InDoubt, NotSent, Outcome, Refused
from bot.ports.storage import Transaction
from bot.services import consenting, controlling, narrating, pending, recognising, tracking

#: Tries of one message that provably were not accepted, before it counts as refused.
MOST_TRIES = 5
UNDELIVERABLE = 131026
LONGEST_WAIT_SECONDS = 60.0
#: So many refusals with a code nobody explains, and the campaign waits for a person.
UNKNOWN_LIMIT = 3


@dataclass(frozen=True, slots=True)
class Settlement:
    """The outcome of one request that was marked."""

    recipient_id: RecipientId
    attempt: int
    outcome: Outcome
    #: The row as it was marked, where the asker knows it: then it is not read again (benchmarks/send_path.py). If a
    #: webhook changed it since, settling raises ConflictError; repeat without it.
    marked: Recipient | None = None


@dataclass(slots=True)
class Effects:
    """What the sender must know after settling: how fast the number may go on, and which campaigns stopped."""

    is_too_fast: bool = False
    #: Seconds the number rests when it was too fast.
    rest_seconds: float = 1.0
    template_wait_seconds: float = 600.0
    #: Something is wrong with Meta or the way to it: begin gently again.
    is_troubled: bool = False
    failed: set[CampaignId] = field(default_factory=set)
    held: set[CampaignId] = field(default_factory=set)


def settle(
    tx: Transaction, settlements: Sequence[Settlement], now: Millis, *, template_wait_seconds: float = 600.0
) -> Effects:
    """Write a batch of outcomes; a row that a webhook settled first keeps what the webhook proved.

    `template_wait_seconds` is how long Meta gets to wake a template up.
    """
    effects = Effects(template_wait_seconds=template_wait_seconds)
    rows = _rows(tx, settlements)
    changes: list[tuple[Recipient, Recipient]] = []
    for settlement in settlements:
        row = rows.get(settlement.recipient_id)
        if row is None or row.attempt != settlement.attempt:
            continue
        after = _after(row, settlement.outcome, now)
        if after != row:
            changes.append((row, after))
    changes = pending.keep_back(tx, changes)
    tx.recipients.save(changes)
    for settlement in settlements:
        _consequences(tx, rows.get(settlement.recipient_id), settlement.outcome, effects, now)
    _learn_ids(tx, rows, settlements, now)
    tracking.match_parked(tx, [after for _, after in changes if after.wamid is not None], now)
    for campaign_id in {after.campaign_id for _, after in changes}:
        tx.cards.want(CampaignId(campaign_id), "live")
    _remember_use(tx, {after.campaign_id for _, after in changes if after.dispatch is Dispatch.ACCEPTED}, now)
    return effects


def _rows(tx: Transaction, settlements: Sequence[Settlement]) -> dict[RecipientId, Recipient]:
    """Give the rows that outcomes are about; those that nobody knows are read."""
    unknown = [settlement.recipient_id for settlement in settlements if settlement.marked is None]
    rows = tx.recipients.get_many(unknown) if unknown else {}
    known = (settlement.marked for settlement in settlements if settlement.marked is not None)
    return rows | {row.id: row for row in known}


def _remember_use(tx: Transaction, campaign_ids: Collection[int], now: Millis) -> None:
    """Keep when a template was last sent: one that is used does not fall asleep at Meta."""
    for campaign_id in campaign_ids:
        campaign = tx.campaigns.get(CampaignId(campaign_id))
        if campaign is not None:
            tx.templates.mark_used(campaign.spec.template_id, now)


def tracker_switch(phone_number_id: str) -> str:
    """Name the switch that says: Meta refuses `biz_opaque_callback_data` from this number."""
    return f"tracker refused on {phone_number_id}"


def refuse_tracker(tx: Transaction, phone_number_id: str, now: Millis) -> None:
    """Remember that this number goes on without trackers."""
    tx.switches.set(tracker_switch(phone_number_id), "yes", now)


def _after(row: Recipient, outcome: Outcome, now: Millis) -> Recipient:
    """Say what a row becomes. Only rows still marked, or in doubt by a rescue, are open to an answer."""
    if row.dispatch not in (Dispatch.SENDING, Dispatch.IN_DOUBT):
        return row
    match outcome:
        case Accepted():
            return row._replace(
                dispatch=Dispatch.ACCEPTED,
                wamid=outcome.wamid,
                accepted_at=now,
                held_at=now if outcome.is_held else row.held_at,
                reason=None,
            )
        case InDoubt() if row.dispatch is Dispatch.IN_DOUBT:
            return row  # nothing new, and what a person decided about it stands
        case InDoubt():
            return row._replace(dispatch=Dispatch.IN_DOUBT, reason=outcome.why)
        case NotSent() if outcome.is_held_back:
            return row._replace(dispatch=Dispatch.PLANNED, sending_at=None)
        case NotSent():
            return row._replace(
                dispatch=Dispatch.PLANNED,
                sending_at=None,
                tries=row.tries + 1,
                not_before=Millis(now + back_off(row.tries + 1)),
            )
        case Refused() if outcome.failure.is_about_tracker:
            return row._replace(dispatch=Dispatch.PLANNED, sending_at=None)
        case Refused():
            return _after_refusal(row, outcome.failure, now)


def _after_refusal(row: Recipient, failure: Failure, now: Millis) -> Recipient:
    """Let a row wait for another try, or refuse it: an error body proves that nothing was accepted."""
    refused = row._replace(dispatch=Dispatch.REFUSED, code=failure.code, reason=None, failed_at=now)
    again = row._replace(dispatch=Dispatch.PLANNED, sending_at=None)
    match failure.kind:
        case ErrorClass.CONFIG:
            return again
        case ErrorClass.RATE:
            return again._replace(not_before=plus_seconds(now, max(1.0, failure.wait_seconds)))
        case ErrorClass.TRANSIENT if row.tries + 1 < MOST_TRIES:
            wait = _wait(failure, row.tries)
            return again._replace(tries=row.tries + 1, not_before=Millis(now + wait))
        case ErrorClass.DELAYED if failure.code == tracking.STILL_SYNCING and row.tries + 1 < MOST_TRIES:
            return again._replace(tries=row.tries + 1)  # the whole campaign is held, see `_hold`
        case _:
            return refused


def _wait(failure: Failure, tries: int) -> int:
    """Give the milliseconds before the next try; each try waits longer, up to a minute."""
    seconds = max(1.0, failure.wait_seconds) * failure.growth**tries
    return round(min(seconds, LONGEST_WAIT_SECONDS) * SECOND)


def _consequences(tx: Transaction, row: Recipient | None, outcome: Outcome, effects: Effects, now: Millis) -> None:
    if row is None:
        return
    match outcome:
        case NotSent():
            effects.is_troubled = effects.is_troubled or not outcome.is_held_back
        case InDoubt():
            effects.is_troubled = True
            campaign = tx.campaigns.get(CampaignId(row.campaign_id))
            if campaign is not None:
                text = "For some people the answer got lost on the way. They are *in doubt* and are not sent to again."
                narrating.tell(tx, campaign, "first in doubt", text, now)
        case Refused():
            _after_error(tx, row, outcome.failure, effects, now)
        case Accepted():
            pass


def _after_error(tx: Transaction, row: Recipient, failure: Failure, effects: Effects, now: Millis) -> None:
    campaign = tx.campaigns.get(CampaignId(row.campaign_id))
    if campaign is None:
        return
    if failure.is_about_tracker:
        refuse_tracker(tx, campaign.spec.phone_number_id, now)
        effects.is_troubled = True  # nothing else of the message was judged: the next one is the first again
        return
    match failure.kind:
        case ErrorClass.RATE:
            effects.is_too_fast = True
            effects.rest_seconds = max(effects.rest_seconds, failure.wait_seconds)
        case ErrorClass.CONFIG:
            effects.failed.add(campaign.id)
            controlling.fail(tx, campaign, f"{failure.what} (Meta’s error {failure.code}). {failure.mend}.", now)
        case ErrorClass.TRANSIENT:
            effects.is_troubled = True
        case ErrorClass.DELAYED if failure.code == tracking.STILL_SYNCING:
            effects.held.add(campaign.id)
            _hold(tx, campaign, effects.template_wait_seconds, now)
        case ErrorClass.STOPPED:
            consenting.stop_by_error(tx, person_id=row.person_id, at=now, message_id=_evidence(row), now=now)
        case _:
            _after_permanent(tx, campaign, row, failure, now)


def _hold(tx: Transaction, campaign: Campaign, wait_seconds: float, now: Millis) -> None:
    """Wait as long as Meta needs to wake the template up."""
    if campaign.state is not CampaignState.SENDING:
        return
    until = plus_seconds(now, wait_seconds)
    changed = tx.campaigns.change(campaign, hold_until=until, reason="Meta is still waking this template up.")
    minutes = max(1, round(wait_seconds / 60))
    narrating.tell(tx, changed, "waking up", f"Meta is still waking this template up; going on in {minutes} min.", now)


def _evidence(row: Recipient) -> str:
    """Name a refused message, which has no id of Meta's."""
    return f"message {row.id}, attempt {row.attempt}"


def _after_permanent(tx: Transaction, campaign: Campaign, row: Recipient, failure: Failure, now: Millis) -> None:
    if not failure.is_known and tx.campaigns.tallies(campaign.id).get(f"refused:{failure.code}", 0) >= UNKNOWN_LIMIT:
        reason = f"Meta refuses with an error it does not explain ({failure.code}: {failure.detail or 'no details'})."
        controlling.pause_by_machine(tx, campaign, reason, now)
    if failure.code == UNDELIVERABLE:
        consenting.suppress_undeliverable(tx, {row.person_id: _evidence(row)}, at=now, now=now)


def _learn_ids(
    tx: Transaction, rows: dict[RecipientId, Recipient], settlements: Sequence[Settlement], now: Millis
) -> None:
    """Remember what Meta calls people, where it says something new."""
    for settlement in settlements:
        row, outcome = rows.get(settlement.recipient_id), settlement.outcome
        if row is not None and isinstance(outcome, Accepted) and (outcome.user_id or outcome.wa_id):
            tx.people.learn(row.person_id, wa_id=outcome.wa_id, bsuid=outcome.user_id)
            if outcome.user_id:  # of somebody who may be on record under it alone
                recognising.learn_user_ids(tx, {row.person_id: outcome.user_id}, now)
