"""What time alone does to a campaign: messages expire, capped people get one more try, campaigns close."""

from bot.domain.campaign import Campaign, CampaignId, CampaignState
from bot.domain.instants import SECOND, Millis
from bot.domain.message import Delivery, Dispatch
from bot.domain.policy import Policy
from bot.ports.storage import Transaction
from bot.services import narrating, recording
from bot.services.controlling import STOPPED_ALL
from bot.services.rescuing import ASSUMED_SENT, next_attempt
from bot.services.sending import is_lapsed, lifetime_of

#: Meta keeps this person below a limit of theirs (Meta, "Per-user limits"): wait a day, try at most once more.
PER_USER_LIMIT = 131049
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


def retry_capped(tx: Transaction, campaign_id: CampaignId, policy: Policy, now: Millis) -> int:
    """Plan people over Meta's per-user limit once more after a day, if the offer still stands then.

    The approval covers it: they are in its plan, and their first message never arrived.
    """
    campaign = tx.campaigns.get(campaign_id)
    if campaign is None or campaign.state is not CampaignState.SENT or is_lapsed(campaign, now):
        return 0
    if (campaign.started_at or 0) <= int(tx.switches.get(STOPPED_ALL) or 0):
        return 0
    before = Millis(now - policy.cap_retry_after)
    capped = tx.recipients.failed_with(campaign_id, PER_USER_LIMIT, before, CHUNK)
    first = [row for row in capped if row.attempt == 1]
    for row in first:
        tx.recipients.archive_attempt(row)
    tx.recipients.save([(row, next_attempt(row)) for row in first])
    if first:
        changed = tx.campaigns.change(campaign, state=CampaignState.SENDING)
        recording.record(tx, changed, "retry_capped", "arauto", now, people=len(first))
        text = f"A day has passed: {len(first):,} people over Meta’s limit get their one more try."
        narrating.tell(tx, changed, f"retry {now}", text, now)
        narrating.redraw(tx, changed)
    return len(first)


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
    doubts = tx.recipients.with_dispatch(Dispatch.IN_DOUBT, campaign_id=campaign.id, limit=100_000)
    if any(row.reason != ASSUMED_SENT for row in doubts):
        return False
    pending = tx.recipients.capped_codes_pending(campaign.id, PER_USER_LIMIT)
    return not pending or is_lapsed(campaign, now)


def _summary(tx: Transaction, campaign: Campaign) -> str:
    tallies = tx.campaigns.tallies(campaign.id)
    parts = [f"{tallies.get(fact, 0):,} {fact}" for fact in ("sent", "delivered", "read", "clicked", "expired")]
    return f"Closed: nothing more can arrive. {', '.join(parts)}."
