"""The second question before money is spent: it says again what an approval sets going."""

from bot.domain.sheet import CampaignSheet
from bot.slack import ids
from bot.slack.refs import CampaignRef
from bot.slack.views import approval_parts
from bot.slack.views.parts import Block, context, fields, modal, section
from bot.slack.views.phrases import date, line, people


def confirm_modal(sheet: CampaignSheet) -> Block:
    """Build the modal; its submission approves exactly the version and digest it carries."""
    campaign = sheet.campaign
    blocks = [
        section(f"You are about to approve *{line(campaign.spec.name)}*."),
        *fields(_pairs(sheet)),
        *approval_parts.warnings(sheet),
        context(
            "If anything of this changes before it is sent, the approval no longer counts and you are asked again."
        ),
    ]
    metadata = CampaignRef.of(campaign).encode()
    return modal("Approve campaign", blocks, callback_id=ids.CAMPAIGN_CONFIRM, submit="Approve", metadata=metadata)


def _pairs(sheet: CampaignSheet) -> list[tuple[str, str]]:
    plan = sheet.campaign.plan
    return [
        ("Recipients", people(plan.recipients) if plan else "not known yet"),
        ("Cost", approval_parts.cost(sheet)),
        ("Template", approval_parts.template(sheet)),
        ("Starts", approval_parts.launch(sheet)),
        ("Lifetime", approval_parts.ttl(sheet)),
        ("Until", _until(sheet)),
    ]


def _until(sheet: CampaignSheet) -> str:
    ends_at = sheet.campaign.spec.offer_ends_at
    return f"{date(ends_at, sheet.timezone)}, when the offer ends" if ends_at is not None else "No end set"
