"""What time alone does to a campaign: messages expire, campaigns close."""

from bot.domain.campaign import Campaign, CampaignId, CampaignState
from bot.domain.instants import SECOND, Millis
from bot.domain.message import Delivery
from bot.domain.policy import Policy
from bot.ports.storage import Transaction
from bot.services import narrating, pending, recording
from bot.services.sending import lifetime_of

CHUNK = 2_000
#: States in which accepted messages may still be on their way.
_UNDER_WAY = frozenset(
    {
        CampaignState.SENDING,
        CampaignState.PAUSED,
        CampaignState.SENT,
        CampaignState.FAILED,
        CampaignState.CANCELLED,
    }
)


#: What a message whose lifetime is not over may be; Meta's `sent`, which starts it, may come late.
_STILL_OPEN = (Delivery.NONE, Delivery.HELD, Delivery.SENT)


def ageing(tx: Transaction) -> list[CampaignId]:
    """List the campaigns time may still change."""
    return [campaign.id for campaign in tx.campaigns.list(states=_UNDER_WAY, limit=10_000)]


#: From so many recipients on, the thread hears when half have left.
HALF_WORTH_TELLING = 100


def tell_half(tx: Transaction, campaign_id: CampaignId, now: Millis) -> None:
    """Say once when half of a campaign's messages have left."""
    campaign = tx.campaigns.get(campaign_id)
    if campaign is None or campaign.state is not CampaignState.SENDING:
        return
    tallies = tx.campaigns.tallies(campaign_id)
    planned, waiting = tallies.get("planned", 0), tallies.get("waiting", 0)
    if planned >= HALF_WORTH_TELLING and 0 < waiting <= planned // 2:
        narrating.tell(tx, campaign, "half", "Half of the messages have left.", now)


def expire(tx: Transaction, campaign_id: CampaignId, policy: Policy, now: Millis) -> int:
    """Infer that messages undelivered past their lifetime were dropped; a late `delivered` undoes it."""
    campaign = tx.campaigns.get(campaign_id)
    if campaign is None or campaign.template is None:
        return 0
    start = Millis(now - lifetime_of(campaign) * SECOND - policy.expiry_buffer)
    overdue = tx.recipients.overdue(campaign_id, start, CHUNK)
    tx.recipients.save([(row, row._replace(expired_at=now)) for row in overdue])
    if overdue:
        narrating.redraw(tx, campaign)
    return len(overdue)


def close(tx: Transaction, campaign_id: CampaignId, policy: Policy, now: Millis) -> bool:
    """Close a sent campaign when nothing of it can arrive, expire or be tried again any more."""
    campaign = tx.campaigns.get(campaign_id)
    if campaign is None or campaign.state is not CampaignState.SENT or not _is_over(tx, campaign, policy, now):
        return False
    changed = tx.campaigns.change(campaign, state=CampaignState.CLOSED)
    recording.record(tx, changed, "closed", "arauto", now)
    narrating.redraw(tx, changed)
    narrating.tell(tx, changed, "closed", _summary(tx, campaign), now)
    return True


def _is_over(tx: Transaction, campaign: Campaign, policy: Policy, now: Millis) -> bool:
    ends = (campaign.sent_at or now) + lifetime_of(campaign) * SECOND + policy.expiry_buffer
    tallies = tx.campaigns.tallies(campaign.id)
    if now < ends or any(tallies.get(f"delivery:{state}", 0) for state in _STILL_OPEN):
        return False
    if any(row.reason != pending.ASSUMED_SENT for row in pending.doubts(tx, campaign)):
        return False
    return not pending.pending(tx, campaign, now).people


def _summary(tx: Transaction, campaign: Campaign) -> str:
    tallies = tx.campaigns.tallies(campaign.id)
    parts = [f"{tallies.get(fact, 0):,} {fact}" for fact in ("sent", "delivered", "read", "clicked", "expired")]
    return f"Closed: nothing more can arrive. {', '.join(parts)}."
