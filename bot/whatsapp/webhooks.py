"""Reads one webhook body of Meta. It never raises for content: what cannot be understood is quarantined alone.

Every entry, change and item is read by itself, because Meta batches up to 1,000 updates in a body (Meta, "Webhooks:
overview", read 2026-09-11) and one bad item must not hide the good ones beside it.
"""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import msgspec

from bot.domain.delivery import StatusEvent
from bot.domain.inbound import (
    AccountEvent,
    IdentityChange,
    Inbound,
    MetaClick,
    NumberEvent,
    Preference,
    Quarantined,
    TemplateEvent,
    WebhookBatch,
)
from bot.domain.instants import Millis
from bot.whatsapp.account_fields import account_alert, account_event, account_review, number_event, template_event
from bot.whatsapp.messages_field import click, inbound, preference, status
from bot.whatsapp.reading import Item, UnreadableError, identifier, instant, mapping, text
from bot.whatsapp.status_bodies import read_plain

_OBJECT: Final = "whatsapp_business_account"
_TEMPLATE_FIELDS: Final = frozenset(
    {
        "message_template_status_update",
        "message_template_quality_update",
        "message_template_components_update",
        "template_category_update",
    }
)
_NUMBER_FIELDS: Final = frozenset({"phone_number_quality_update", "business_capability_update"})
#: Fields we are subscribed to, or may be by mistake, that change nothing for campaigns.
_NOTED_FIELDS: Final = frozenset({"phone_number_name_update", "security", "template_correct_category_detection"})
_LONGEST_REASON: Final = 300
_ESCAPED_NUL: Final = b"\\u0000"

_Event = (
    StatusEvent | MetaClick | Preference | Inbound | IdentityChange | TemplateEvent | AccountEvent | NumberEvent | str
)
_decode = msgspec.json.Decoder().decode


def read(raw: bytes, *, waba_id: str, numbers: Collection[str]) -> WebhookBatch:
    """Read a body whose signature was proved; what is about another account or number is quarantined, too."""
    plain = read_plain(raw, waba_id=waba_id, numbers=numbers)
    return plain if plain is not None else read_carefully(raw, waba_id=waba_id, numbers=numbers)


def read_carefully(raw: bytes, *, waba_id: str, numbers: Collection[str]) -> WebhookBatch:
    """Read a body of any shape, each item by itself."""
    reading = _Reading(raw, waba_id, frozenset(numbers))
    reading.read_body()
    return reading.batch


class _Reading:
    """One body being read into one batch."""

    def __init__(self, raw: bytes, waba_id: str, numbers: frozenset[str]) -> None:
        self.batch = WebhookBatch()
        self._raw = raw
        self._waba_id = waba_id
        self._numbers = numbers
        self._may_hold_nul = _ESCAPED_NUL in raw
        self._lists: Mapping[type, list[Any]] = {
            StatusEvent: self.batch.statuses,
            MetaClick: self.batch.clicks,
            Preference: self.batch.preferences,
            Inbound: self.batch.inbound,
            IdentityChange: self.batch.identity_changes,
            TemplateEvent: self.batch.template_events,
            AccountEvent: self.batch.account_events,
            NumberEvent: self.batch.number_events,
            str: self.batch.noted,
        }

    def read_body(self) -> None:
        try:
            body = _decoded(self._raw)
        except (ValueError, RecursionError) as error:  # of msgspec, of json, and of bytes that are no UTF-8
            self._quarantine_body(f"the body is not JSON: {error}")
            return
        if not isinstance(body, dict) or body.get("object") != _OBJECT:
            self._quarantine_body(f"the body is not an object about a {_OBJECT}")
        elif not isinstance(body.get("entry"), list):
            self._quarantine_body("the body has no list of entries")
        else:
            for entry in body["entry"]:
                self._read_entry(entry)

    def _read_entry(self, entry: Any) -> None:
        if not isinstance(entry, dict) or not isinstance(entry.get("changes"), list):
            self._quarantine("the entry has no list of changes", entry)
        elif identifier(entry.get("id")) != self._waba_id:
            self._quarantine("the entry is about another WhatsApp account", entry)
        else:
            for change in entry["changes"]:
                self._read_change(change, instant(entry.get("time")))

    def _read_change(self, change: Any, at: Millis | None) -> None:
        field = text(change.get("field")) if isinstance(change, dict) else None
        value = change.get("value") if field else None
        if field is None or not isinstance(value, dict):
            self._quarantine("the change has no field or no value", change)
        elif field in ("messages", "user_preferences"):
            self._read_messages(change, value)
        else:
            self._keep(change, lambda _: _account_side(field, value, at))

    def _read_messages(self, change: Item, value: Item) -> None:
        number = identifier(mapping(value.get("metadata")).get("phone_number_id"))
        if number not in self._numbers or number is None:
            self._quarantine("the change is about another sender number", change)
            return
        contacts = [contact for contact in _list(value.get("contacts")) if self._flaw(contact) is None]
        readers: dict[str, Callable[[Item], _Event]] = {
            "statuses": lambda item: status(item, number),
            "user_actions": lambda item: click(item, number),
            "user_preferences": lambda item: preference(item, number, contacts),
            "messages": lambda item: inbound(item, number, contacts),
            "errors": _foreign_error,
        }
        if readers.keys().isdisjoint(value):
            self._quarantine("the change holds nothing Arauto knows", change)
        for key, reader in readers.items():
            if key in value:
                self._read_items(key, value[key], reader)

    def _read_items(self, key: str, items: Any, reader: Callable[[Item], _Event]) -> None:
        if not isinstance(items, list):
            self._quarantine(f"{key} is not a list", {key: items})
            return
        for item in items:
            self._keep(item, reader)

    def _keep(self, item: Any, reader: Callable[[Item], _Event]) -> None:
        """Put one item where it belongs; exactly one list grows by one."""
        try:
            event = reader(self._sound(item))
        except (UnreadableError, RecursionError) as error:
            self._quarantine(str(error), item)
        else:
            self._lists[type(event)].append(event)

    def _sound(self, item: Any) -> Item:
        flaw = self._flaw(item)
        if flaw is not None:
            raise UnreadableError(flaw)
        return mapping(item)

    def _flaw(self, item: Any) -> str | None:
        if not isinstance(item, dict):
            return "the item is not an object"
        try:
            holds_nul = self._may_hold_nul and _ESCAPED_NUL in _json(item)
        except RecursionError:
            return "it is nested too deeply"
        return "it holds a NUL character, which no database takes as text" if holds_nul else None

    def _quarantine(self, reason: str, item: Any) -> None:
        try:
            body = _json(item)
        except RecursionError:
            body = self._raw  # nested too deeply to be written down alone
        self.batch.quarantined.append(Quarantined(reason[:_LONGEST_REASON], body))

    def _quarantine_body(self, reason: str) -> None:
        self.batch.quarantined.append(Quarantined(reason, self._raw))


def _decoded(raw: bytes) -> Any:
    """Decode fast, or tolerantly where one item would spoil the body: numbers without bound, halves of an emoji."""
    try:
        return _decode(raw)
    except msgspec.DecodeError:
        whole_text = json.dumps(json.loads(raw.decode()), ensure_ascii=False)
        return json.loads(whole_text.encode("utf-8", "replace"))


def _account_side(field: str, value: Item, at: Millis | None) -> _Event:
    if field in _TEMPLATE_FIELDS:
        return template_event(value, field, at)
    if field in _NUMBER_FIELDS:
        return number_event(value, field, at)
    match field:
        case "account_update":
            return account_event(value, at)
        case "account_alerts":
            return account_alert(value, at)
        case "account_review_update":
            return account_review(value, at)
    if field in _NOTED_FIELDS:
        return field
    raise UnreadableError(f"the field {field} is not one Arauto knows")


def _foreign_error(item: Item) -> _Event:
    raise UnreadableError(f"Meta reports error {item.get('code')!r} outside any message")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _json(item: Any) -> bytes:
    return json.dumps(item, separators=(",", ":")).encode()
