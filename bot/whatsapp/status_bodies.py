"""Reads the bodies that are nearly all of the traffic, nothing but plain statuses, several times faster.

It gives up on anything out of the ordinary and leaves the whole body to the careful reader (`webhooks`); a property
test holds the two against each other. `benchmarks/webhooks.py` shows what it is worth.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final

import msgspec

from bot.domain.delivery import StatusEvent
from bot.domain.inbound import WebhookBatch
from bot.domain.instants import SECOND, Millis
from bot.domain.message import Route
from bot.whatsapp.messages_field import ROUTES, STATUSES, first_error
from bot.whatsapp.reading import digits

_LATEST_SECONDS: Final = 2**32 - 1
_DIGITS_OF_SECONDS: Final = 10
_ESCAPED_NUL: Final = b"\\u0000"


_NULL: Final = msgspec.Raw(b"null")


class _Pricing(msgspec.Struct):
    category: Any = None
    billable: Any = None
    type: Any = None


class _Status(msgspec.Struct):
    id: str
    status: str
    timestamp: str
    recipient_id: str | None = None
    recipient_user_id: str | None = None
    biz_opaque_callback_data: str | None = None
    errors: Any = None
    pricing: msgspec.Raw = _NULL


class _Metadata(msgspec.Struct):
    phone_number_id: str


class _Value(msgspec.Struct):
    metadata: _Metadata
    statuses: list[_Status]
    # Whatever else a change may hold is for the careful reader.
    user_actions: Any = msgspec.UNSET
    user_preferences: Any = msgspec.UNSET
    messages: Any = msgspec.UNSET
    errors: Any = msgspec.UNSET

    @property
    def is_plain(self) -> bool:
        return self.user_actions is self.user_preferences is self.messages is self.errors is msgspec.UNSET


class _Change(msgspec.Struct):
    field: str
    value: _Value


class _Entry(msgspec.Struct):
    id: str
    changes: list[_Change]


class _Body(msgspec.Struct):
    object: str
    entry: list[_Entry]


class _UnusualError(Exception):
    """Something is not plain."""


_decode = msgspec.json.Decoder(_Body).decode
_decode_pricing = msgspec.json.Decoder(_Pricing | None).decode


def read_plain(raw: bytes, *, waba_id: str, numbers: Collection[str]) -> WebhookBatch | None:
    """Read a body of plain statuses about this account and these numbers; None for every other body."""
    # What is skipped while decoding is not looked at; in plain ASCII nothing can hide there.
    if not raw.isascii() or _ESCAPED_NUL in raw:
        return None
    try:
        body = _decode(raw)
        return WebhookBatch(statuses=_events(body, waba_id, numbers))
    except (msgspec.DecodeError, RecursionError, _UnusualError):
        return None


def _events(body: _Body, waba_id: str, numbers: Collection[str]) -> list[StatusEvent]:
    if body.object != "whatsapp_business_account":
        raise _UnusualError
    events: list[StatusEvent] = []
    for entry in body.entry:
        if entry.id != waba_id:
            raise _UnusualError
        for change in entry.changes:
            number = change.value.metadata.phone_number_id
            if change.field != "messages" or number not in numbers or not change.value.is_plain:
                raise _UnusualError
            events += [_event(status, number) for status in change.value.statuses]
    return events


def _event(status: _Status, number: str) -> StatusEvent:
    kind = STATUSES.get(status.status)
    if kind is None or not status.id:
        raise _UnusualError
    code, detail = first_error(status.errors) if status.errors else (None, None)
    route, is_free = _billing(bytes(status.pricing))
    # By place, in the order of `StatusEvent`: by name it takes twice as long.
    return StatusEvent(
        number,
        status.id,
        kind,
        _at(status.timestamp),
        status.biz_opaque_callback_data or None,
        digits(status.recipient_id) if status.recipient_id else None,
        status.recipient_user_id or None,
        code,
        detail,
        route,
        is_free,
    )


# The same few prices stand in thousands of statuses, and so do the same few seconds (benchmarks/webhooks.py).
@lru_cache(maxsize=256)
def _billing(raw: bytes) -> tuple[Route | None, bool]:
    pricing = _decode_pricing(raw)
    if pricing is None:
        return None, False
    category = pricing.category
    route = ROUTES.get(category) if isinstance(category, str) else None
    return route, pricing.billable is False or str(pricing.type).startswith("free_")


@lru_cache(maxsize=1024)
def _at(timestamp: str) -> Millis:
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > _DIGITS_OF_SECONDS:
        raise _UnusualError
    seconds = int(timestamp)
    if not 0 < seconds <= _LATEST_SECONDS:
        raise _UnusualError
    return Millis(seconds * SECOND)
