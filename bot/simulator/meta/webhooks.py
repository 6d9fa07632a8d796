"""The shapes of what Meta posts: items, values, changes, entries, and the signature over their bytes."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.simulator.meta.errors import status_error
from bot.simulator.meta.people import user_id_of

if TYPE_CHECKING:
    from random import Random

    from bot.simulator.meta.account import SenderNumber
    from bot.simulator.meta.behaviour import Knobs
    from bot.simulator.meta.ledger import Message

Json = dict[str, Any]


@dataclass(slots=True)
class Update:
    """One thing to tell. With a `number`, `item` is one element of the list `key`; without, it is the whole value."""

    topic: str  # the subscribed webhook field
    item: Json
    at: float
    number: SenderNumber | None = None
    key: str = ""
    contacts: list[Json] = field(default_factory=list)


def contact(message: Message, knobs: Knobs, *, hidden: bool = False) -> Json:
    """Build a recipient's contact; the phone of a username user is left out."""
    shown: Json = {"profile": {"name": f"Person {message.wa_id[-4:]}"}}
    if not hidden and not message.is_user_id:
        shown["wa_id"] = message.wa_id
    if hidden or message.is_user_id or knobs.webhook_user_ids:
        shown["user_id"] = _user_id(message)
    return shown


def _user_id(message: Message) -> str:
    return message.phone if message.is_user_id else user_id_of(message.phone[1:])


def status(message: Message, name: str, at: float, knobs: Knobs, *, priced: bool, hidden: bool = False) -> Json:
    """Build one element of `statuses`; a failed one carries the message's code."""
    failed = name == "failed"
    item: Json = {"id": message.wamid, "status": name, "timestamp": str(int(at))}
    if not hidden and not message.is_user_id:
        item["recipient_id"] = message.wa_id
    if message.is_user_id or (not failed and (hidden or knobs.webhook_user_ids)):
        item["recipient_user_id"] = _user_id(message)
    if message.callback_data is not None:
        item["biz_opaque_callback_data"] = message.callback_data
    if failed and message.code is not None:
        item["errors"] = [status_error(message.code)]
    if priced:
        item["pricing"] = {"billable": True, "pricing_model": "PMP", "category": message.route, "type": "regular"}
    if knobs.webhook_extras:
        item["delivery_hints"] = {"revision": 3, "labels": []}
    return item


def click(at: float, click_id: str, token: str) -> Json:
    """Build one element of `user_actions`: it names no message and no person."""
    data = {"click_component": "cta", "click_id": click_id, "tracking_token": token}
    return {
        "timestamp": str(int(at)),
        "action_type": "marketing_messages_link_click",
        "marketing_messages_link_click_data": data,
    }


def preference(wa_id: str, value: str, at: float) -> Json:
    """Build one element of `user_preferences`; its timestamp is a number."""
    detail = f"User requested to {value} marketing messages"
    return {
        "wa_id": wa_id,
        "detail": detail,
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(at),
    }


def inbound(message_id: str, sender: Json, at: float, kind: str, content: Json) -> Json:
    """Build one element of `messages`: a typed text or a tapped quick reply."""
    return {**sender, "id": message_id, "timestamp": str(int(at)), "type": kind, kind: content}


def envelope(waba_id: str, updates: list[Update], rng: Random) -> Json:
    """Put updates into one body, as one of the groupings Meta is free to choose."""
    changes = [_change(group) for group in _groups(updates, merge=rng.random() < 0.5)]  # noqa: PLR2004  even odds
    cut = rng.randint(0, len(changes)) if len(changes) > 1 else 0
    entries = [part for part in (changes[:cut], changes[cut:]) if part]
    at = int(max(update.at for update in updates))
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": waba_id, "time": at, "changes": part} for part in entries],
    }


def _groups(updates: list[Update], *, merge: bool) -> list[list[Update]]:
    if not merge:
        return [[update] for update in updates]
    groups: dict[tuple[object, ...], list[Update]] = {}
    for order, update in enumerate(updates):
        key = (update.topic, update.number.id, update.key) if update.number else (order,)
        groups.setdefault(key, []).append(update)
    return list(groups.values())


def _change(group: list[Update]) -> Json:
    first = group[0]
    if first.number is None:
        return {"field": first.topic, "value": first.item}
    value: Json = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": first.number.display, "phone_number_id": first.number.id},
    }
    contacts = [known for update in group for known in update.contacts]
    if contacts:
        value["contacts"] = contacts
    value[first.key] = [update.item for update in group]
    return {"field": first.topic, "value": value}


def signature(secret: str, body: bytes) -> str:
    """Sign raw bytes as the header X-Hub-Signature-256 wants it."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
