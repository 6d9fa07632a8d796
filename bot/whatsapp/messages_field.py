"""Reads what the webhook fields `messages` and `user_preferences` carry: statuses, clicks, inbound, preferences.

Shapes from Meta, "Webhooks: messages/status", "messages/button", "user_preferences", "Track click events" (2026-09).
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from bot.domain.delivery import Status, StatusEvent
from bot.domain.inbound import IdentityChange, Inbound, MetaClick, Preference
from bot.domain.instants import Millis
from bot.domain.message import Route
from bot.whatsapp.reading import Item, UnreadableError, digits, instant, mapping, required, text, whole

#: Meta's words for the statuses we count. The set is open (`played` is for voice messages): others go to quarantine.
STATUSES: Final = {
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "failed": Status.FAILED,
    "held_for_quality_assessment": Status.HELD,
}
ROUTES: Final = {"marketing_lite": Route.MM, "marketing": Route.CLOUD}
_LINK_CLICK: Final = "marketing_messages_link_click"
_PAGE_VIEW: Final = "landing_page_view"
_MARKETING: Final = "marketing_messages"
_LARGEST_CODE: Final = 2**31 - 1


def status(item: Item, number: str) -> StatusEvent:
    """Read one of `statuses[]`; raises UnreadableError."""
    name = item.get("status")
    kind = STATUSES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise UnreadableError(f"the status {name!r} is not one Arauto counts")
    errors = item.get("errors")
    code, detail = first_error(errors) if errors else (None, None)
    pricing = mapping(item.get("pricing"))
    category = pricing.get("category")
    return StatusEvent(
        phone_number_id=number,
        wamid=required(text(item.get("id")), "the message id"),
        status=kind,
        at=_at(item),
        tracker=text(item.get("biz_opaque_callback_data")),
        recipient=digits(item.get("recipient_id")),
        recipient_user_id=text(item.get("recipient_user_id")),
        code=code,
        detail=detail,
        route=ROUTES.get(category) if isinstance(category, str) else None,
        free=pricing.get("billable") is False or str(pricing.get("type")).startswith("free_"),
    )


def click(item: Item, number: str) -> MetaClick | str:
    """Read one of `user_actions[]`: a click, or the name of an action without effect; raises UnreadableError."""
    action = item.get("action_type")
    if action == _PAGE_VIEW:
        return _PAGE_VIEW
    if action != _LINK_CLICK:
        raise UnreadableError(f"the action {action!r} is not one Arauto knows")
    data = mapping(item.get(f"{_LINK_CLICK}_data"))
    click_id = text(data.get("click_id"))
    return MetaClick(
        phone_number_id=number,
        key=click_id or text(data.get("tracking_token")) or _fingerprint(item, number),
        at=_at(item),
        component=text(data.get("click_component")),
        click_id=click_id,
    )


def preference(item: Item, number: str, contacts: Sequence[Item]) -> Preference | str:
    """Read one of `user_preferences[]`; preferences about anything but marketing are only named."""
    category = item.get("category")
    if category != _MARKETING:
        return f"preference {category}"
    value = item.get("value")
    if value not in ("stop", "resume"):
        raise UnreadableError(f"the preference {value!r} is neither stop nor resume")
    phone = digits(item.get("wa_id")) or _phone(contacts, text(item.get("user_id")))
    user_id = text(item.get("user_id")) or _user_id(contacts, phone)
    _require_somebody(phone, user_id)
    return Preference(phone_number_id=number, digits=phone, user_id=user_id, is_stop=value == "stop", at=_at(item))


def inbound(item: Item, number: str, contacts: Sequence[Item]) -> Inbound | IdentityChange | str:
    """Read one of `messages[]`: something a person sent, or the news that a person moved to another number or id."""
    kind = required(text(item.get("type")), "the type")
    if kind == "system":
        return _system(item, number)
    phone = digits(item.get("from")) or _phone(contacts, text(item.get("from_user_id")))
    user_id = text(item.get("from_user_id")) or _user_id(contacts, phone)
    _require_somebody(phone, user_id)
    said, payload = _content(item, kind)
    return Inbound(
        phone_number_id=number,
        message_id=required(text(item.get("id")), "the message id"),
        digits=phone,
        user_id=user_id,
        at=_at(item),
        kind=kind,
        text=said,
        payload=payload,
        context_id=text(mapping(item.get("context")).get("id")),
    )


def _at(item: Item) -> Millis:
    at = instant(item.get("timestamp"))
    if at is None:
        raise UnreadableError("the timestamp is missing or out of range")
    return at


def first_error(errors: Any) -> tuple[int | None, str | None]:
    """Read the code and the words of the first of `errors[]`, where there is one."""
    first = mapping(errors[0]) if isinstance(errors, list) else {}
    code = whole(first.get("code"))
    words = text(mapping(first.get("error_data")).get("details")) or text(first.get("message"))
    is_code = code is not None and 0 <= code <= _LARGEST_CODE
    return code if is_code else None, words or text(first.get("title"))


def _fingerprint(item: Item, number: str) -> str:
    """Name a click that carries no id of its own: Meta repeats it with the very same content."""
    content = json.dumps([number, item], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _user_id(contacts: Sequence[Item], phone: str | None) -> str | None:
    """Find the user id that goes with a number; without numbers the only contact of a body is the person."""
    for contact in contacts:
        known = digits(contact.get("wa_id"))
        if known == phone if known and phone else len(contacts) == 1:
            return text(contact.get("user_id"))
    return None


def _phone(contacts: Sequence[Item], user_id: str | None) -> str | None:
    """Find the number that goes with a user id; without user ids the only contact of a body is the person."""
    for contact in contacts:
        known = text(contact.get("user_id"))
        if known == user_id if known and user_id else len(contacts) == 1:
            return digits(contact.get("wa_id"))
    return None


def _require_somebody(phone: str | None, user_id: str | None) -> None:
    if phone is None and user_id is None:
        raise UnreadableError("neither a phone number nor a user id says who it was")


def _content(item: Item, kind: str) -> tuple[str, str | None]:
    """Give what was said, and the payload of a tapped button."""
    body = mapping(item.get(kind))
    match kind:
        case "text":
            return required(text(body.get("body")), "the text"), None
        case "button":
            return text(body.get("text")) or "", text(body.get("payload"))
        case "interactive":
            reply = mapping(body.get("button_reply")) or mapping(body.get("list_reply"))
            return text(reply.get("title")) or "", text(reply.get("id"))
        case _:
            return text(body.get("caption")) or "", None


def _system(item: Item, number: str) -> IdentityChange | str:
    """Read a system message. The keys of a changed user id are known second-hand only, so two spellings are taken."""
    body = mapping(item.get("system"))
    kind = text(body.get("type")) or ""
    if "changed" not in kind or kind == "customer_identity_changed":
        return f"system {kind}".rstrip()
    update = mapping(body.get("user_id_update"))
    new_digits = digits(body.get("wa_id")) or digits(body.get("new_wa_id"))
    new_user_id = text(body.get("user_id")) or text(body.get("new_user_id")) or text(update.get("user_id"))
    _require_somebody(new_digits, new_user_id)
    old_digits, old_user_id = digits(item.get("from")), text(item.get("from_user_id"))
    _require_somebody(old_digits, old_user_id)
    return IdentityChange(
        phone_number_id=number,
        at=_at(item),
        old_digits=old_digits,
        new_digits=new_digits,
        old_user_id=old_user_id,
        new_user_id=new_user_id,
    )
