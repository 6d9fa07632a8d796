"""Four eyes: approve, reject, ask for changes, expire. Each decision is one conditional write and one audit line."""

from bot.domain.approval import Shown, check_decision, check_four_eyes, digest_of
from bot.domain.campaign import Campaign, CampaignId, CampaignState
from bot.domain.errors import ConflictError, InvalidInputError, NotAllowedError
from bot.domain.instants import MINUTE, Millis
from bot.domain.policy import Policy
from bot.domain.roles import Actor, Role, require
from bot.domain.schedule import in_words
from bot.ports.storage import Transaction
from bot.services import narrating, recording
from bot.services.drafting import require_campaign


def review(tx: Transaction, shown: Shown, actor: Actor, now: Millis) -> Campaign:
    """Check that this person may decide on exactly what the card showed; raises with the sentence to show."""
    campaign = require_campaign(tx, CampaignId(shown.campaign_id))
    require(actor, Role.APPROVER)
    check_decision(campaign, shown, now)
    return campaign


def check_other_eyes(tx: Transaction, campaign: Campaign, actor: Actor) -> None:
    """Raise NotAllowedError for somebody's own campaign, and for one that they edited and submitted for its author."""
    check_four_eyes(campaign, actor.user)
    lines = (row.entry for row in tx.audit.rows(recording.subject(campaign)))
    if any((line.action, line.actor) == ("submitted", actor.user) for line in lines):
        raise NotAllowedError("You cannot approve what you submitted. Somebody else on the approvers' list has to.")


def check_in_time(campaign: Campaign, policy: Policy, now: Millis) -> None:
    """Raise ConflictError for a start long over: it is part of what an approval covers, and people sleep at night."""
    starts_at = campaign.spec.scheduled_at
    if starts_at is not None and now - starts_at > policy.late_launch:
        late = in_words((now - starts_at) // MINUTE * 60)
        raise ConflictError(
            f"“{campaign.spec.name}” was to start {late} ago. Request changes, so that its author picks another start."
        )


def approve(tx: Transaction, shown: Shown, actor: Actor, policy: Policy, now: Millis) -> Campaign:
    """Give the approval: to this plan, for this template, until the lifetime of the approval ends."""
    campaign = review(tx, shown, actor, now)
    check_other_eyes(tx, campaign, actor)
    check_in_time(campaign, policy, now)
    if digest_of(campaign) != campaign.digest:
        raise ConflictError(f"The plan of “{campaign.spec.name}” no longer matches its digest; submit it again.")
    due = max(now, campaign.spec.scheduled_at or now)
    campaign = tx.campaigns.change(
        campaign,
        state=CampaignState.APPROVED,
        approved_by=actor.user,
        approved_at=now,
        approval_expires_at=Millis(due + policy.approval_lifetime),
    )
    if campaign.spec.scheduled_at is not None and campaign.spec.scheduled_at > now:
        campaign = tx.campaigns.change(campaign, state=CampaignState.SCHEDULED)
    recording.record(tx, campaign, "approved", actor.user, now, recipients=campaign.plan and campaign.plan.recipients)
    narrating.redraw(tx, campaign, create_live=True)
    narrating.tell(tx, campaign, "approved", f"Approved by <@{actor.user}>.", now)
    return campaign


def let_start(tx: Transaction, campaign_id: CampaignId, actor: Actor, now: Millis) -> Campaign:
    """Let a campaign start now that was held because its time is long over; everything is checked again at launch."""
    require(actor, Role.APPROVER)
    campaign = require_campaign(tx, campaign_id)
    if not campaign.is_held:
        raise ConflictError(f"Campaign “{campaign.spec.name}” does not wait for somebody to start it.")
    check_other_eyes(tx, campaign, actor)
    campaign = tx.campaigns.change(campaign, approved_by=actor.user, approved_at=now, reason=None)
    recording.record(tx, campaign, "started_late", actor.user, now)
    narrating.redraw(tx, campaign)
    narrating.tell(tx, campaign, f"r{campaign.revision} started late", f"<@{actor.user}> lets it start now.", now)
    return campaign


def reject(tx: Transaction, shown: Shown, actor: Actor, reason: str, now: Millis) -> Campaign:
    """Turn the campaign down for good, with a reason its author reads."""
    campaign = _decide(tx, shown, actor, CampaignState.REJECTED, reason, now)
    _tell_author(tx, campaign, f"was rejected by <@{actor.user}>: {campaign.reason}", now)
    return campaign


def request_changes(tx: Transaction, shown: Shown, actor: Actor, reason: str, now: Millis) -> Campaign:
    """Send the campaign back to its author."""
    campaign = _decide(tx, shown, actor, CampaignState.CHANGES_REQUESTED, reason, now)
    what = f"needs changes, says <@{actor.user}>: {campaign.reason}\n`/campaign edit {campaign.token}` opens it again."
    _tell_author(tx, campaign, what, now)
    return campaign


def expire(tx: Transaction, now: Millis) -> int:
    """Send back every request nobody decided in time, and every approval that could not be launched in time."""
    waiting = (CampaignState.IN_REVIEW, CampaignState.APPROVED, CampaignState.SCHEDULED)
    late = [
        campaign
        for campaign in tx.campaigns.list(states=waiting, limit=1000)
        if campaign.approval_expires_at is not None and campaign.approval_expires_at <= now
    ]
    for campaign in late:
        reason = "The approval was not used in time." if campaign.approved_by else "Nobody decided in time."
        changed = tx.campaigns.change(campaign, state=CampaignState.CHANGES_REQUESTED, reason=reason)
        recording.record(tx, changed, "expired", "arauto", now)
        narrating.redraw(tx, changed)
        what = f"has expired: {reason} `/campaign edit {campaign.token}` opens it to submit it again."
        _tell_author(tx, changed, what, now)
    return len(late)


def _decide(tx: Transaction, shown: Shown, actor: Actor, state: CampaignState, reason: str, now: Millis) -> Campaign:
    if not reason.strip():
        raise InvalidInputError("Give a reason; the author reads it.", field="reason")
    campaign = review(tx, shown, actor, now)
    campaign = tx.campaigns.change(campaign, state=state, reason=reason.strip())
    recording.record(tx, campaign, str(state), actor.user, now, reason=campaign.reason)
    narrating.redraw(tx, campaign)
    return campaign


def _tell_author(tx: Transaction, campaign: Campaign, what: str, now: Millis) -> None:
    key = f"campaign {campaign.id} v{campaign.version}: {campaign.state}"
    text = f"*{campaign.spec.name}* (`{campaign.token}`) {what}"
    narrating.tell_person(tx, campaign.created_by, key, text, now)
