"""Claim, mark, settle: the three writes around one request, so that nobody ever gets two.

`claim` takes rows for a while and is harmless to undo. `mark` is committed durably just before the requests leave,
after one last look at each person. `settle` writes what came of them. A process that dies leaves `claimed` rows, which
go back, and `sending` rows, which become `in_doubt` and are never sent again by the machine (`rescuing`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from bot.domain.campaign import Campaign, CampaignId, CampaignState
from bot.domain.consent import verdict
from bot.domain.instants import Millis, plus_seconds
from bot.domain.message import Dispatch, Recipient, RecipientId
from bot.domain.policy import Policy
from bot.ports.recipients import Claim, Fence
from bot.ports.storage import Transaction
from bot.services import narrating
from bot.services.drafting import require_campaign

#: What a waiting row is skipped for when its campaign may not send at all any more.
CANCELLED = "cancelled"


@dataclass(slots=True)
class Marked:
    """Messages that must leave now, and what was taken out instead."""

    go: list[Claim] = field(default_factory=list)
    skipped: int = 0
    lapsed: int = 0
    #: The campaign may not send at the moment; its claims were given back.
    is_halted: bool = False


def sendable(tx: Transaction, phone_number_id: str, now: Millis) -> list[Campaign]:
    """List the campaigns of a number that may send now, the longest running first."""
    sending = tx.campaigns.list(states={CampaignState.SENDING}, limit=1000)
    mine = [campaign for campaign in sending if campaign.spec.phone_number_id == phone_number_id]
    ready = [campaign for campaign in mine if campaign.hold_until is None or campaign.hold_until <= now]
    return sorted(ready, key=lambda campaign: campaign.id)


def claim(tx: Transaction, campaign_id: CampaignId, limit: int, fence: Fence, now: Millis) -> list[RecipientId]:
    """Take up to `limit` due rows for this number's sender."""
    campaign = require_campaign(tx, campaign_id)
    if campaign.state is not CampaignState.SENDING:
        return []
    return [recipient.id for recipient in tx.recipients.claim(campaign_id, limit, fence, now)]


def mark(
    tx: Transaction, campaign_id: CampaignId, ids: Collection[RecipientId], fence: Fence, policy: Policy, now: Millis
) -> Marked:
    """Look at each person once more and mark those who may be sent to; committed before their requests leave.

    This only ever removes people. Whoever stopped, was suppressed or met the cap since the plan is skipped with the
    reason; whoever's offer would end before the message's lifetime does is lapsed.
    """
    campaign = require_campaign(tx, campaign_id)
    if not _may_send(campaign, now):
        tx.recipients.release(ids)
        return Marked(is_halted=True)
    claims = tx.recipients.load(ids, policy.cap, now)
    marked, changes = _judge(campaign, claims, now)
    tx.recipients.save(changes, fence)
    if marked.skipped or marked.lapsed:
        narrating.redraw(tx, campaign)
    return marked


def _may_send(campaign: Campaign, now: Millis) -> bool:
    is_held = campaign.hold_until is not None and campaign.hold_until > now
    return campaign.state is CampaignState.SENDING and not is_held


def _judge(
    campaign: Campaign, claims: Sequence[Claim], now: Millis
) -> tuple[Marked, list[tuple[Recipient, Recipient]]]:
    marked = Marked()
    changes = []
    for claimed in claims:
        row = claimed.recipient
        if row.dispatch is not Dispatch.CLAIMED:
            continue
        reason = verdict(claimed.facts)
        if reason is not None:
            after = row._replace(dispatch=Dispatch.SKIPPED, reason=str(reason))
            marked.skipped += 1
        elif is_lapsed(campaign, now):
            after = row._replace(dispatch=Dispatch.LAPSED)
            marked.lapsed += 1
        else:
            after = row._replace(dispatch=Dispatch.SENDING, sending_at=now, not_before=None)
            marked.go.append(replace(claimed, recipient=after))
        changes.append((row, after))
    return marked, changes


def is_lapsed(campaign: Campaign, now: Millis) -> bool:
    """Tell whether a message that left now could still arrive after the offer has ended."""
    ends = campaign.spec.offer_ends_at
    return ends is not None and plus_seconds(now, lifetime_of(campaign)) > ends


def lifetime_of(campaign: Campaign) -> int:
    """Give the seconds an undelivered message of this campaign lives."""
    if campaign.spec.ttl_seconds is not None:
        return campaign.spec.ttl_seconds
    if campaign.template is None:
        raise ValueError(f"campaign {campaign.token} sends without a template")
    return campaign.template.lifetime_seconds


def lapse(tx: Transaction, campaign_id: CampaignId, now: Millis, limit: int = 5_000) -> int:
    """Lapse a chunk of what waits once the last safe launch is over; returns how many."""
    campaign = require_campaign(tx, campaign_id)
    if campaign.state not in (CampaignState.SENDING, CampaignState.PAUSED) or not is_lapsed(campaign, now):
        return 0
    waiting = tx.recipients.with_dispatch(Dispatch.PLANNED, campaign_id=campaign_id, limit=limit)
    tx.recipients.save([(row, row._replace(dispatch=Dispatch.LAPSED)) for row in waiting])
    if waiting:
        narrating.redraw(tx, campaign)
    return len(waiting)


def finish(tx: Transaction, campaign_id: CampaignId, now: Millis) -> bool:
    """Declare a campaign sent when nothing waits and nothing is under way; people in doubt do not hold it back."""
    campaign = require_campaign(tx, campaign_id)
    tallies = tx.campaigns.tallies(campaign_id)
    if campaign.state is not CampaignState.SENDING or tallies.get("waiting", 0) or tallies.get("sending", 0):
        return False
    changed = tx.campaigns.change(campaign, state=CampaignState.SENT, sent_at=now, reason=None, hold_until=None)
    narrating.redraw(tx, changed)
    text = f"All sent: Meta accepted {tallies.get('sent', 0):,} of {tallies.get('planned', 0):,}."
    narrating.tell(tx, changed, f"sent {campaign.revision}", text, now, broadcast=True)
    return True
