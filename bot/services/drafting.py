"""From a filled-in modal to a campaign that is being planned."""

from bot.domain.campaign import Campaign, CampaignId, CampaignSpec, CampaignState
from bot.domain.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from bot.domain.instants import Millis
from bot.domain.plan import PlanSummary
from bot.domain.roles import Actor, Role
from bot.domain.template import Template, unsendable_reason
from bot.ports.storage import Transaction
from bot.services import comparing, narrating, recording

#: States whose plan may be replaced by a new submission.
EDITABLE = frozenset({CampaignState.DRAFT, CampaignState.IN_REVIEW, CampaignState.CHANGES_REQUESTED})


def require_campaign(tx: Transaction, campaign_id: CampaignId) -> Campaign:
    """Load a campaign or say that it is gone."""
    campaign = tx.campaigns.get(campaign_id)
    if campaign is None:
        raise NotFoundError("This campaign is gone. `/campaign list` shows the ones there are.")
    return campaign


def find_campaign(tx: Transaction, text: str) -> Campaign:
    """Find a campaign by its ID or by its exact name where that is unique."""
    wanted = text.strip()
    if not wanted:
        raise InvalidInputError("Which campaign? Give its ID; `/campaign list` shows them.")
    found = tx.campaigns.find(wanted) or tx.campaigns.find(wanted.upper())  # an ID typed in small letters
    if not found:
        raise NotFoundError(f"There is no campaign “{wanted}”. `/campaign list` shows the ones there are.")
    if len(found) > 1:
        ids = ", ".join(f"`{campaign.token}`" for campaign in found[:5])
        raise InvalidInputError(f"{len(found)} campaigns are called “{wanted}”. Use an ID: {ids}.")
    return found[0]


def require_template(tx: Transaction, template_id: str) -> Template:
    """Load a template that can be sent, or say at the modal's `template` field why it cannot."""
    template = tx.templates.get(template_id)
    if template is None:
        raise InvalidInputError("This template is gone. Pick another one.", field="template")
    reason = unsendable_reason(template)
    if reason is not None:
        raise InvalidInputError(f"“{template.name}” cannot be sent: {reason}.", field="template")
    return template


def submit(tx: Transaction, spec: CampaignSpec, actor: Actor, token: str, now: Millis) -> Campaign:
    """Store a new campaign and hand it to planning."""
    template = _check_parts(tx, spec)
    campaign = tx.campaigns.add(spec, token=token, created_by=actor.user, team=actor.team, now=now)
    return _to_planning(tx, campaign, template, actor, now)


def resubmit(tx: Transaction, campaign_id: CampaignId, spec: CampaignSpec, actor: Actor, now: Millis) -> Campaign:
    """Replace what a campaign asked for; its plan and every card drawn for it lose their force."""
    campaign = editable(tx, campaign_id, actor)
    template = _check_parts(tx, spec)
    comparing.remember(tx, campaign, now)
    tx.recipients.discard(campaign.id)
    if campaign.state is CampaignState.IN_REVIEW:
        campaign = tx.campaigns.change(campaign, state=CampaignState.CHANGES_REQUESTED)
    campaign = tx.campaigns.change(campaign, spec=spec)
    return _to_planning(tx, campaign, template, actor, now)


def editable(tx: Transaction, campaign_id: CampaignId, actor: Actor) -> Campaign:
    """Load a campaign this person may still edit."""
    campaign = require_campaign(tx, campaign_id)
    if campaign.created_by != actor.user and Role.ADMIN not in actor.roles:
        raise NotAllowedError(f"Only <@{campaign.created_by}> or an admin can edit “{campaign.spec.name}”.")
    if campaign.state not in EDITABLE:
        state = str(campaign.state).replace("_", " ")
        raise ConflictError(f"Campaign “{campaign.spec.name}” is {state} and can no longer be edited.")
    return campaign


def _check_parts(tx: Transaction, spec: CampaignSpec) -> Template:
    if tx.audiences.get(spec.audience_id) is None:
        raise InvalidInputError("This audience is gone. Pick another one.", field="audience")
    return require_template(tx, spec.template_id)


def _to_planning(tx: Transaction, campaign: Campaign, template: Template, actor: Actor, now: Millis) -> Campaign:
    campaign = tx.campaigns.change(
        campaign,
        state=CampaignState.PLANNING,
        version=campaign.version + 1,
        template=template,
        plan=PlanSummary(planned_at=now),
        digest=None,
        submitted_at=now,
        # Whoever approved an earlier version has not seen this one.
        approved_by=None,
        approved_at=None,
        approval_expires_at=None,
        reason=None,
    )
    recording.record(tx, campaign, "submitted", actor.user, now, name=campaign.spec.name)
    narrating.redraw(tx, campaign)
    return campaign
