"""The campaign modal as values: read from what was typed, filled from a campaign, drawn for the template chosen."""

import json
from collections.abc import Mapping
from typing import Any

from bot.domain.binding import is_click_link
from bot.domain.campaign import Campaign, CampaignSpec, ProductPolicy
from bot.domain.composing import is_countdown
from bot.domain.errors import InvalidInputError
from bot.domain.instants import Millis
from bot.domain.policy import Policy
from bot.domain.sheet import CampaignForm
from bot.domain.template import Template, Variable, variables
from bot.ports.storage import Transaction
from bot.services.choosing import refusal
from bot.slack import ids
from bot.slack.views import template_parts
from bot.slack.views.campaign_modal import NAME_LENGTH, campaign_modal, template_option
from bot.slack.views.parts import Block
from commands.typed import Typed


def read_form(typed: Typed) -> CampaignForm:
    """Read the modal; raises InvalidInputError at a select whose value was never offered."""
    audience = typed.choice(ids.AUDIENCE)
    if audience and not audience.isdecimal():
        raise InvalidInputError("Pick an audience from the list.", field=ids.AUDIENCE)
    return CampaignForm(
        name=typed.text(ids.NAME),
        template_id=typed.choice(ids.TEMPLATE),
        template_label=typed.label(ids.TEMPLATE),
        audience_id=int(audience) if audience else None,
        audience_label=typed.label(ids.AUDIENCE),
        ttl_seconds=_ttl(typed.choice(ids.TTL)),
        scheduled_at=typed.moment(ids.SCHEDULE),
        offer_ends_at=typed.moment(ids.OFFER_ENDS),
        policy=_policy(typed.choice(ids.POLICY)),
        channel=typed.channel(ids.CHANNEL),
        bindings=typed.starting_with(ids.VAR_PREFIX),
    )


def form_of(tx: Transaction, campaign: Campaign) -> CampaignForm:
    """Fill the modal with what a campaign asks for."""
    spec = campaign.spec
    template, audience = tx.templates.get(spec.template_id), tx.audiences.get(spec.audience_id)
    return CampaignForm(
        name=spec.name,
        template_id=template.id if template else "",
        template_label=template_option(template)["text"]["text"] if template else "",
        audience_id=audience.id if audience else None,
        audience_label=audience.name if audience else "",
        ttl_seconds=spec.ttl_seconds,
        scheduled_at=spec.scheduled_at,
        offer_ends_at=spec.offer_ends_at,
        policy=spec.policy,
        channel=spec.channel,
        bindings=spec.bindings,
    )


def spec_of(form: CampaignForm, template: Template, phone_number_id: str) -> CampaignSpec:
    """Turn a form without complaints into what a campaign asks for; values of another template are left out."""
    wanted = {variable.key for variable in variables(template)}
    return CampaignSpec(
        name=form.name,
        template_id=template.id,
        audience_id=form.audience_id or 0,
        channel=form.channel,
        phone_number_id=phone_number_id,
        ttl_seconds=form.ttl_seconds,
        scheduled_at=form.scheduled_at,
        offer_ends_at=form.offer_ends_at,
        policy=form.policy,
        bindings={key: text for key, text in form.bindings.items() if key in wanted},
    )


def draw_form(
    tx: Transaction, form: CampaignForm, *, policy: Policy, now: Millis, editing: str | None, notice: str | None = None
) -> Block:
    """Draw the modal for the template the form has; `editing` is the ID of the campaign being changed."""
    template = tx.templates.get(form.template_id) if form.template_id else None
    if template is None:
        gone = "This template is gone. Pick another one." if form.template_id else None
        return campaign_modal(initial=form, campaign_id=editing, notice=notice or gone)
    found = variables(template)
    return campaign_modal(
        template=template,
        variables=found,
        initial=form,
        campaign_id=editing,
        notice=notice or _unsendable(template, policy),
        has_offer=is_countdown(template),
        warnings=template_parts.warnings(
            template, now=now, wait_seconds=policy.template_wait_seconds, ttl_seconds=form.ttl_seconds
        ),
        click_url=_click_url(found, policy),
    )


def editing_id(view: Mapping[str, Any]) -> str | None:
    """Give the ID of the campaign a modal edits, None for a new one; what travelled through Slack is not trusted."""
    try:
        metadata = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        metadata = None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("id", ""), str):
        raise InvalidInputError("This form is from an older version of Arauto. Close it and open a new one.")
    return metadata.get("id")


def name_complaint(name: str) -> str | None:
    """Say what is wrong with a campaign's name."""
    if not name:
        return "Give the campaign a name; your team finds it by that."
    if len(name) > NAME_LENGTH:
        return f"The name has {len(name)} characters; {NAME_LENGTH} at most."
    return None


def _unsendable(template: Template, policy: Policy) -> str | None:
    reason = refusal(template, policy.public_url)
    return f"“{template.name}” cannot be sent. {reason}" if reason else None


def _click_url(found: tuple[Variable, ...], policy: Policy) -> str | None:
    return next((one.example for one in found if is_click_link(one.example, policy.public_url)), None)


def _ttl(choice: str) -> int | None:
    if choice in ("", ids.TTL_AS_TEMPLATE):
        return None
    if not choice.isdecimal():
        raise InvalidInputError("Pick a lifetime from the list.", field=ids.TTL)
    return int(choice)


def _policy(choice: str) -> ProductPolicy:
    try:
        return ProductPolicy(choice or ProductPolicy.STRICT)
    except ValueError as cause:
        raise InvalidInputError("Pick a route from the list.", field=ids.POLICY) from cause
