"""Pause, resume, cancel, stop everything: one write each, in force with the very next request."""

from dataclasses import replace

from bot.domain.campaign import ACTIVE, Campaign, CampaignId, CampaignState
from bot.domain.errors import ConflictError
from bot.domain.instants import Millis
from bot.domain.message import Dispatch
from bot.domain.roles import Actor, Role, require
from bot.ports.storage import Transaction
from bot.services import narrating, pending, recording
from bot.services.drafting import require_campaign

#: States from which a campaign can still be called off.
CANCELLABLE = frozenset(
    {
        CampaignState.DRAFT,
        CampaignState.PLANNING,
        CampaignState.IN_REVIEW,
        CampaignState.APPROVED,
        CampaignState.SCHEDULED,
        CampaignState.SENDING,
        CampaignState.PAUSED,
        CampaignState.CHANGES_REQUESTED,
        CampaignState.FAILED,
    }
)
#: Rows called off per transaction, so that other writers get their turn.
CHUNK = 5_000


def pause(tx: Transaction, campaign_id: CampaignId, actor: Actor, now: Millis) -> Campaign:
    """Stop sending until somebody resumes."""
    require(actor, Role.MARKETER)
    campaign = require_campaign(tx, campaign_id)
    _expect(campaign, {CampaignState.SENDING}, "paused")
    return _set(tx, campaign, CampaignState.PAUSED, actor.user, f"Paused by <@{actor.user}>.", now)


def resume(tx: Transaction, campaign_id: CampaignId, actor: Actor, now: Millis) -> Campaign:
    """Go on sending what the approval still covers.

    Only an approver resumes what a failure stopped, or lifts what Meta's news of the account blocked: if it still
    stands, Meta refuses the first message and the campaign fails again.
    """
    campaign = require_campaign(tx, campaign_id)
    number = tx.numbers.get(campaign.spec.phone_number_id)
    is_grave = campaign.state is CampaignState.FAILED or (number is not None and number.blocked is not None)
    require(actor, Role.APPROVER if is_grave else Role.MARKETER)
    _expect(campaign, {CampaignState.PAUSED, CampaignState.FAILED}, "resumed")
    if number is not None and number.blocked is not None:
        tx.numbers.put(replace(number, blocked=None))
    return _set(tx, campaign, CampaignState.SENDING, actor.user, f"Resumed by <@{actor.user}>.", now)


def cancel(tx: Transaction, campaign_id: CampaignId, actor: Actor, now: Millis) -> Campaign:
    """Call a campaign off for good. What has left has left; the rest is skipped (`finish_cancelling`).

    Of a sent campaign this drops what waits for another try; where nothing does, there is nothing to call off.
    """
    require(actor, Role.MARKETER)
    campaign = require_campaign(tx, campaign_id)
    if pending.pending(tx, campaign, now).people:
        count = pending.drop(tx, campaign, now)
        sentence = f"Cancelled by <@{actor.user}>: {_not_tried(count)}."
        return _set(tx, campaign, CampaignState.CANCELLED, actor.user, sentence, now)
    _expect(campaign, CANCELLABLE, "cancelled")
    return _set(tx, campaign, CampaignState.CANCELLED, actor.user, f"Cancelled by <@{actor.user}>.", now)


def stop_all(tx: Transaction, actor: Actor, now: Millis) -> list[Campaign]:
    """Pause everything that sends or is about to; one transaction. Nothing sent before is tried again by itself."""
    require(actor, Role.ADMIN)
    spared = _drop_tries(tx, actor, now)
    tx.switches.set(pending.STOPPED_ALL, str(now), now)
    sending = tx.campaigns.list(states={CampaignState.SENDING}, limit=1000)
    stopped = [
        _set(tx, campaign, CampaignState.PAUSED, actor.user, f"<@{actor.user}> stopped all sending.", now)
        for campaign in sending
    ]
    about_to = tx.campaigns.list(states={CampaignState.APPROVED, CampaignState.SCHEDULED}, limit=1000)
    for campaign in about_to:
        reason = f"<@{actor.user}> stopped all sending before it was launched."
        stopped.append(_set(tx, campaign, CampaignState.CHANGES_REQUESTED, actor.user, reason, now))
    return stopped + spared


def _drop_tries(tx: Transaction, actor: Actor, now: Millis) -> list[Campaign]:
    """Try nobody again of what was sent before; gives the campaigns of which somebody waited for it."""
    sent = tx.campaigns.list(states={CampaignState.SENT}, limit=1000)
    waiting = [campaign for campaign in sent if pending.pending(tx, campaign, now).people]
    for campaign in waiting:
        count = pending.drop(tx, campaign, now)
        recording.record(tx, campaign, "tries_dropped", actor.user, now, people=count)
        text = f"<@{actor.user}> stopped all sending: {_not_tried(count)}."
        narrating.tell(tx, campaign, f"no more tries {now}", text, now)
    return waiting


def _not_tried(count: int) -> str:
    return "1 person is not tried again" if count == 1 else f"{count:,} people are not tried again"


def pause_by_machine(
    tx: Transaction, campaign: Campaign, reason: str, now: Millis, *, is_told: bool = False
) -> Campaign:
    """Pause for a reason outside (a template paused by Meta, a number restricted); `is_told`: the thread knows it."""
    if campaign.state is not CampaignState.SENDING:
        return campaign
    return _set(tx, campaign, CampaignState.PAUSED, "arauto", reason, now, broadcast=True, is_told=is_told)


def fail(tx: Transaction, campaign: Campaign, reason: str, now: Millis) -> Campaign:
    """Stop for a fault in the set-up; the reason says what to mend."""
    if campaign.state in (CampaignState.PAUSED, *_NOT_FAILING):
        return campaign
    return _set(tx, campaign, CampaignState.FAILED, "arauto", reason, now, broadcast=True)


_NOT_FAILING = (CampaignState.FAILED, CampaignState.CANCELLED, CampaignState.SENT, CampaignState.CLOSED)


def finish_cancelling(tx: Transaction, campaign_id: CampaignId) -> bool:
    """Skip a chunk of what a cancelled campaign had left; tells whether there is more."""
    campaign = tx.campaigns.get(campaign_id)
    if campaign is None or campaign.state is not CampaignState.CANCELLED:
        return False
    waiting = tx.recipients.with_dispatch(Dispatch.PLANNED, campaign_id=campaign_id, limit=CHUNK)
    skipped = [(row, row._replace(dispatch=Dispatch.SKIPPED, reason="cancelled")) for row in waiting]
    tx.recipients.save(skipped)
    narrating.redraw(tx, campaign)
    return len(waiting) == CHUNK


def _expect(campaign: Campaign, states: set[CampaignState] | frozenset[CampaignState], verb: str) -> None:
    if campaign.state not in states:
        state = str(campaign.state).replace("_", " ")
        raise ConflictError(f"Campaign “{campaign.spec.name}” is {state}; it cannot be {verb}.")


def _set(
    tx: Transaction,
    campaign: Campaign,
    state: CampaignState,
    actor: str,
    sentence: str,
    now: Millis,
    *,
    broadcast: bool = False,
    is_told: bool = False,
) -> Campaign:
    was_active = campaign.state in ACTIVE
    reason = None if state is CampaignState.SENDING else sentence
    changed = tx.campaigns.change(campaign, state=state, reason=reason)
    recording.record(tx, changed, str(state), actor, now, was=str(campaign.state))
    narrating.redraw(tx, changed)
    if not is_told and (was_active or campaign.approved_by):
        narrating.tell(tx, changed, f"r{changed.revision} {state}", sentence, now, broadcast=broadcast)
    return changed
