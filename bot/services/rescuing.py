"""Putting right what a dead process held, and letting a person decide what nobody can know."""

from dataclasses import dataclass

from bot.domain.campaign import CampaignId, CampaignState
from bot.domain.errors import InvalidInputError
from bot.domain.instants import MINUTE, Millis
from bot.domain.message import Dispatch, Recipient
from bot.domain.policy import Policy
from bot.domain.roles import Actor, Role, require
from bot.ports.storage import Transaction
from bot.services import narrating, pending, recording, rehearsing
from bot.services.drafting import require_campaign
from bot.services.sending import is_lapsed

CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Rescued:
    """How many rows went back to wait, and how many nobody can know about."""

    released: int
    in_doubt: int


def rescue(tx: Transaction, phone_number_id: str, now: Millis) -> Rescued:
    """Clear up after the previous holder of a number: `claimed` goes back, `sending` becomes in doubt.

    Call it right after taking the number's lease, before anything is claimed under it.
    """
    released = 0
    while claimed := tx.recipients.with_dispatch(Dispatch.CLAIMED, phone_number_id=phone_number_id, limit=CHUNK):
        tx.recipients.release([row.id for row in claimed])
        released += len(claimed)
    lost = _all_sending(tx, phone_number_id)
    _rescue_trials(tx, phone_number_id, now)
    for campaign_id in sorted({row.campaign_id for row in lost}):
        _tell(tx, campaign_id, sum(row.campaign_id == campaign_id for row in lost), now)
    return Rescued(released, len(lost))


def _all_sending(tx: Transaction, phone_number_id: str) -> list[Recipient]:
    lost: list[Recipient] = []
    while rows := tx.recipients.with_dispatch(Dispatch.SENDING, phone_number_id=phone_number_id, limit=CHUNK):
        reason = "Arauto stopped before the answer came."
        tx.recipients.save([(row, row._replace(dispatch=Dispatch.IN_DOUBT, reason=reason)) for row in rows])
        lost += rows
    return lost


def _rescue_trials(tx: Transaction, phone_number_id: str, now: Millis) -> None:
    for trial in tx.trials.with_dispatch(Dispatch.SENDING):
        if trial.phone_number_id == phone_number_id:
            rehearsing.doubt(tx, trial, now)


def _tell(tx: Transaction, campaign_id: int, count: int, now: Millis) -> None:
    campaign = require_campaign(tx, CampaignId(campaign_id))
    people = "1 person is" if count == 1 else f"{count:,} people are"
    text = (
        f"Arauto was interrupted and goes on. {people} *in doubt*: their message may or may not have left. "
        "Nobody in doubt is sent to again by itself; Meta’s reports usually clear this up within minutes."
    )
    narrating.tell(tx, campaign, f"rescued {now}", text, now)
    narrating.redraw(tx, campaign)


def open_doubts(tx: Transaction, campaign_id: CampaignId, policy: Policy, now: Millis) -> list[Recipient]:
    """List the messages in doubt that webhooks had time enough to heal, and nobody decided: a person may."""
    rows = pending.doubts(tx, require_campaign(tx, campaign_id))
    open_rows = [row for row in rows if row.reason not in pending.DECIDED]
    return [row for row in open_rows if now - (row.sending_at or 0) >= policy.doubt_patience]


def assume_sent(tx: Transaction, campaign_id: CampaignId, actor: Actor, policy: Policy, now: Millis) -> int:
    """Close the doubts as they are: nobody is sent to again. They stay counted as in doubt, and are never inflated."""
    rows = _decidable(tx, campaign_id, actor, policy, now)
    campaign = require_campaign(tx, campaign_id)
    decided = [(row, row._replace(reason=pending.ASSUMED_SENT)) for row in rows]
    tx.recipients.save(decided)
    recording.record(tx, campaign, "assumed_sent", actor.user, now, people=len(rows))
    narrating.tell(tx, campaign, f"assumed {now}", f"<@{actor.user}> assumed {len(rows):,} in doubt as sent.", now)
    narrating.redraw(tx, campaign)
    return len(rows)


def send_again(tx: Transaction, campaign_id: CampaignId, actor: Actor, policy: Policy, now: Millis) -> int:
    """Plan the doubts once more, because a person took the risk that it may be the second message.

    Of a sent campaign they are only marked: they leave once the template was read again (`relaunching`).
    """
    require(actor, Role.APPROVER)
    rows = _decidable(tx, campaign_id, actor, policy, now)
    campaign = require_campaign(tx, campaign_id)
    if campaign.state not in (CampaignState.SENDING, CampaignState.PAUSED, CampaignState.SENT):
        raise InvalidInputError(f"Campaign “{campaign.spec.name}” is {campaign.state}; nothing can be sent again.")
    if is_lapsed(campaign, now):
        raise InvalidInputError("Nobody can be sent to again: messages could arrive after the offer has ended.")
    is_over = campaign.state is CampaignState.SENT
    tx.recipients.save([(row, row._replace(reason=pending.WANTED) if is_over else next_attempt(row)) for row in rows])
    recording.record(tx, campaign, "sent_again", actor.user, now, people=len(rows))
    check = " The template is read at Meta first." if is_over else ""
    text = f"<@{actor.user}> sends {len(rows):,} in doubt again; for some it may be the second message.{check}"
    narrating.tell(tx, campaign, f"again {now}", text, now)
    narrating.redraw(tx, campaign)
    return len(rows)


def _decidable(tx: Transaction, campaign_id: CampaignId, actor: Actor, policy: Policy, now: Millis) -> list[Recipient]:
    require(actor, Role.APPROVER)
    rows = open_doubts(tx, campaign_id, policy, now)
    if not rows:
        raise InvalidInputError(nothing_open(tx, campaign_id, policy))
    return rows


def nothing_open(tx: Transaction, campaign_id: CampaignId, policy: Policy) -> str:
    """Say why there is no doubt to decide about: none is left, all are decided, or webhooks still have time."""
    rows = pending.doubts(tx, require_campaign(tx, campaign_id))
    if not rows:
        return "Nobody is in doubt any more."
    if all(row.reason in pending.DECIDED for row in rows):
        return "Everybody in doubt is decided already; nothing is left to decide."
    minutes = policy.doubt_patience // MINUTE
    return f"Nobody is in doubt for longer than {minutes} minutes. Meta’s reports may still clear the others up."


def next_attempt(row: Recipient) -> Recipient:
    """Give the row as it waits for another attempt: everything the last one learnt is gone."""
    return Recipient(
        id=row.id,
        campaign_id=row.campaign_id,
        person_id=row.person_id,
        market=row.market,
        attempt=row.attempt + 1,
        clicked_at=row.clicked_at,
    )
