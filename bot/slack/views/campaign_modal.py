"""The modal in which a marketer describes a campaign; choosing a template redraws it with that template's values."""

import json
from collections.abc import Sequence

from bot.domain.campaign import ProductPolicy
from bot.domain.instants import SECOND, Millis
from bot.domain.sheet import CampaignForm
from bot.domain.template import DEFAULT_TTL_SECONDS, Template, Variable
from bot.slack import ids
from bot.slack.views import template_parts
from bot.slack.views.parts import (
    Block,
    context,
    divider,
    field,
    modal,
    option,
    search_select,
    section,
    select,
    text_field,
)
from bot.slack.views.phrases import lifetime, safe

#: The lifetimes offered, in seconds.
TTL_CHOICES = (43_200, 86_400, 259_200, 604_800, DEFAULT_TTL_SECONDS)

NAME_LENGTH = 100
_VALUE_LENGTH = 1_000

_HINTS = {
    "text": "A text, or an attribute: {{first_name|friend}} writes “friend” to people whose first name is not known.",
    "media": "An https link to the file, or the id of a file already uploaded to Meta.",
    "code": "The code people copy. An attribute such as {{coupon}} gives everyone their own.",
}
_LANDING_HINT = (
    "The full address of the page to open. Everyone gets a link of their own, so that clicks can be counted."
)
_SUFFIX_HINT = (
    "Only the part that replaces {{1}} at the end of the link. Attributes such as {{first_name}} work here too."
)


def campaign_modal(
    *,
    template: Template | None = None,
    variables: Sequence[Variable] = (),
    initial: CampaignForm | None = None,
    campaign_id: str | None = None,
    notice: str | None = None,
    has_offer: bool = False,
    warnings: Sequence[str] = (),
    click_url: str | None = None,
) -> Block:
    """Build the modal; `campaign_id` (a token) means an existing campaign is edited.

    `has_offer`: the template shows a limited-time offer, so an offer end is required. `notice` is a sentence on top,
    `warnings` come from `template_parts.warnings`. `click_url` is the template URL that counts clicks for us
    (`PUBLIC_URL/c/{{1}}`).
    """
    form = initial or CampaignForm()
    blocks = [
        *([section(f"⚠️ {safe(notice)}")] if notice else []),
        *_what(form),
        *_template_blocks(template, variables, form, warnings, click_url),
        divider(),
        *_when(template, form, has_offer=has_offer),
        _policy(form),
        _channel(form),
    ]
    title, metadata = ("Edit campaign", json.dumps({"id": campaign_id})) if campaign_id else ("New campaign", "")
    return modal(title, blocks, callback_id=ids.CAMPAIGN_NEW, submit="Ask for approval", metadata=metadata)


def template_option(template: Template) -> Block:
    """Make the choice of a template in the searchable list."""
    return option(f"{template.name} ({template.language})", template.id)


def audience_option(audience_id: int, name: str) -> Block:
    """Make the choice of an audience in the searchable list."""
    return option(name, str(audience_id))


def _what(form: CampaignForm) -> list[Block]:
    audience = audience_option(form.audience_id, form.audience_label) if form.audience_id is not None else None
    template = option(form.template_label or form.template_id, form.template_id) if form.template_id else None
    name = text_field(max_length=NAME_LENGTH, initial=form.name, placeholder="Spring sale, returning customers")
    return [
        field(ids.NAME, "Name", name, hint="Seen by your team only."),
        field(ids.AUDIENCE, "Audience", search_select(placeholder="Search audiences", initial=audience)),
        field(
            ids.TEMPLATE,
            "Template",
            search_select(placeholder="Search approved templates", initial=template),
            hint="Only marketing templates that Meta has approved are listed.",
            dispatch=True,
        ),
    ]


def _template_blocks(
    template: Template | None,
    variables: Sequence[Variable],
    form: CampaignForm,
    warnings: Sequence[str],
    click_url: str | None,
) -> list[Block]:
    if template is None:
        return [context("Choose a template to see its message and fill in its values.")]
    return [
        section(f"*The message*\n{template_parts.preview(template)}"),
        *([section(template_parts.as_list(warnings))] if warnings else []),
        *(_value(variable, form, click_url) for variable in variables),
    ]


def _value(variable: Variable, form: CampaignForm, click_url: str | None) -> Block:
    key = ids.var_key(variable.component, variable.name)
    box = text_field(max_length=_VALUE_LENGTH, initial=form.bindings.get(variable.key, ""))
    return field(key, variable.label, box, hint=_hint(variable, click_url))


def _hint(variable: Variable, click_url: str | None) -> str:
    if variable.kind != "url":
        return _HINTS[variable.kind]
    return _LANDING_HINT if variable.example == click_url else _SUFFIX_HINT


def _when(template: Template | None, form: CampaignForm, *, has_offer: bool) -> list[Block]:
    return [
        _ttl(template, form),
        field(
            ids.SCHEDULE,
            "Send at",
            _moment(form.scheduled_at),
            hint="Your own time zone. Leave it empty to send as soon as the campaign is approved.",
            optional=True,
        ),
        field(
            ids.OFFER_ENDS,
            "Offer ends",
            _moment(form.offer_ends_at),
            hint="No message may arrive after this: sending stops one lifetime before it.",
            optional=not has_offer,
        ),
    ]


def _ttl(template: Template | None, form: CampaignForm) -> Block:
    as_it_is = (
        f"As the template has it ({lifetime(template.lifetime_seconds)})" if template else "As the template has it"
    )
    choices = [option(as_it_is, ids.TTL_AS_TEMPLATE), *(option(lifetime(s), str(s)) for s in TTL_CHOICES)]
    if form.ttl_seconds is not None and form.ttl_seconds not in TTL_CHOICES:
        choices.append(option(lifetime(form.ttl_seconds), str(form.ttl_seconds)))
    initial = ids.TTL_AS_TEMPLATE if form.ttl_seconds is None else str(form.ttl_seconds)
    hint = "How long WhatsApp keeps trying when a phone is off. Another lifetime changes the template for everyone."
    return field(ids.TTL, "Lifetime of each message", select(choices, initial=initial), hint=hint)


def _policy(form: CampaignForm) -> Block:
    choices = [
        option(
            "Marketing Messages only", ProductPolicy.STRICT, "Keeps the lifetime; what cannot go this way is refused"
        ),
        option(
            "Fall back to Cloud API",
            ProductPolicy.CLOUD_API_FALLBACK,
            "Reaches more; the fallback ignores the lifetime",
        ),
    ]
    hint = (
        "Messages that fall back to the Cloud API ignore the lifetime above and may arrive after the offer has ended."
    )
    return field(ids.POLICY, "Route", select(choices, initial=form.policy), hint=hint)


def _channel(form: CampaignForm) -> Block:
    element: Block = {
        "type": "conversations_select",
        "default_to_current_conversation": True,
        "filter": {
            "include": ["public", "private"],
            "exclude_external_shared_channels": True,
            "exclude_bot_users": True,
        },
    }
    if form.channel:
        element["initial_conversation"] = form.channel
    return field(ids.CHANNEL, "Channel for the live figures", element, hint="Arauto must be a member of it.")


def _moment(instant: Millis | None) -> Block:
    element: Block = {"type": "datetimepicker"}
    return element if instant is None else {**element, "initial_date_time": instant // SECOND}
