"""An approval is bound to exactly what it showed: version and digest of the plan, and an end."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.campaign import Campaign, CampaignSpec, CampaignState
from bot.domain.errors import ConflictError, NotAllowedError
from bot.domain.instants import Millis
from bot.domain.plan import PlanSummary, plan_digest
from bot.domain.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the button somebody clicked was drawn for."""

    campaign_id: int
    version: int
    digest: str


def plan_head(spec: CampaignSpec, template: Template, plan: PlanSummary, version: int) -> Mapping[str, object]:
    """Gather everything but the recipients that an approval covers."""
    return {
        "version": version,
        "template": template.snapshot(),
        "template_ttl": template.lifetime_seconds,
        "ttl": spec.ttl_seconds,
        "bindings": dict(spec.bindings),
        "policy": str(spec.policy),
        "sharing": spec.activity_sharing,
        "number": spec.phone_number_id,
        "scheduled_at": spec.scheduled_at,
        "offer_ends_at": spec.offer_ends_at,
        "channel": spec.channel,
        "recipients": plan.recipients,
        "cost_ceiling": f"{plan.cost_ceiling} {plan.currency}",
    }


def digest_of(campaign: Campaign) -> str:
    """Compute the digest of a planned campaign from its parts."""
    if campaign.template is None or campaign.plan is None:
        raise ConflictError(f"Campaign {campaign.token} has no finished plan yet.")
    head = plan_head(campaign.spec, campaign.template, campaign.plan, campaign.version)
    return plan_digest(head, campaign.plan.chain)


_DECIDED = {
    CampaignState.REJECTED: "was rejected",
    CampaignState.CHANGES_REQUESTED: "was sent back for changes",
    CampaignState.CANCELLED: "was cancelled",
    CampaignState.PLANNING: "is being planned anew",
    CampaignState.DRAFT: "is being edited",
}


def check_decision(campaign: Campaign, shown: Shown, now: Millis) -> None:
    """Raise ConflictError unless the campaign still waits for a decision on exactly what the button showed."""
    if campaign.state is not CampaignState.IN_REVIEW:
        raise ConflictError(_already(campaign))
    if (campaign.version, campaign.digest) != (shown.version, shown.digest):
        raise ConflictError(
            f"Campaign “{campaign.spec.name}” changed after this card was drawn. Decide on the newest card."
        )
    if campaign.approval_expires_at is not None and now >= campaign.approval_expires_at:
        raise ConflictError(f"The request for “{campaign.spec.name}” has expired. Its author can submit it again.")


def check_four_eyes(campaign: Campaign, user: str) -> None:
    """Raise NotAllowedError for somebody's own campaign."""
    if campaign.created_by == user:
        raise NotAllowedError("You cannot approve your own campaign. Somebody else on the approvers' list has to.")


def _already(campaign: Campaign) -> str:
    what = _DECIDED.get(campaign.state)
    if what is not None:
        return f"Campaign “{campaign.spec.name}” {what}; nothing more can be decided on this card."
    who = f" by <@{campaign.approved_by}>" if campaign.approved_by else ""
    return f"Campaign “{campaign.spec.name}” was already approved{who}."
