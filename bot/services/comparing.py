"""What changed since the last card: a new version says how it differs from the one that was shown before."""

import json

from bot.domain.campaign import Campaign
from bot.domain.instants import Millis, to_iso
from bot.domain.schedule import in_words
from bot.domain.sheet import Difference
from bot.domain.template import Template
from bot.ports.storage import Transaction

#: Stands where one of two versions has nothing.
NOTHING = "none"


def remember(tx: Transaction, campaign: Campaign, now: Millis) -> None:
    """Keep what a card showed, before a new version takes its place; a version without a card changes nothing."""
    if campaign.digest is not None:
        tx.switches.set(_key(campaign), json.dumps(_shown(tx, campaign)), now)


def changes(tx: Transaction, campaign: Campaign) -> list[Difference]:
    """List what differs from the version shown before, in the card's order; none for a first version."""
    known = tx.switches.get(_key(campaign))
    if known is None or campaign.digest is None:
        return []
    before: dict[str, str] = json.loads(known)
    after = _shown(tx, campaign)
    pairs = [(what, before.get(what, NOTHING), after.get(what, NOTHING)) for what in {**after, **before}]
    return [Difference(what, was, becomes) for what, was, becomes in pairs if was != becomes]


def _key(campaign: Campaign) -> str:
    return f"shown campaign {campaign.id}"


def _shown(tx: Transaction, campaign: Campaign) -> dict[str, str]:
    """Write what an approver decides on, each part as a text."""
    spec, template, plan = campaign.spec, campaign.template, campaign.plan
    audience = tx.audiences.get(spec.audience_id)
    shown = {
        "Name": spec.name,
        "Template": f"{template.name} ({template.language})" if template else NOTHING,
        "Template text": _text(template),
        "Template buttons": _buttons(template),
        "Audience": audience.name if audience else NOTHING,
        "People": f"{plan.recipients:,}" if plan else NOTHING,
        "Cost ceiling": f"{plan.cost_ceiling} {plan.currency}" if plan else NOTHING,
        "Lifetime": in_words(spec.ttl_seconds) if spec.ttl_seconds else "as the template has it",
        "Start": to_iso(spec.scheduled_at) or "once approved",
        "Offer ends": to_iso(spec.offer_ends_at) or NOTHING,
        "Route": str(spec.policy),
        "Channel": spec.channel,
        "Sender number": spec.phone_number_id,
    }
    return shown | {f"Variable {key}": typed for key, typed in spec.bindings.items()}


def _text(template: Template | None) -> str:
    body = template.component("BODY") if template else None
    return str(body.get("text", NOTHING)) if body else NOTHING


def _buttons(template: Template | None) -> str:
    buttons = template.buttons if template else ()
    found = [f"{one.get('text', one.get('type'))} {one.get('url', '')}".strip() for one in buttons]
    return ", ".join(found) or NOTHING
