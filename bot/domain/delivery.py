"""Folding status webhooks into a message: any order, any repetition, same books.

Meta repeats statuses, reorders them and skips some ("Status webhooks", read 2026-09-11). The fold keeps the earliest
time of each status and derives the state from all of them, so it is commutative and idempotent by construction.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from bot.domain.instants import Millis
from bot.domain.message import Recipient, Route


class Status(StrEnum):
    """The statuses we count; the set is open at Meta's side, others are kept aside."""

    HELD = "held"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class StatusEvent(NamedTuple):
    """One status of one message as reported by Meta, in our words.

    `at` is Meta's time of the status, `recipient` the digits Meta names (may be missing), `tracker` what we sent along.
    A tuple, because thousands are built in a second (benchmarks/webhooks.py).
    """

    phone_number_id: str
    wamid: str
    status: Status
    at: Millis
    tracker: str | None = None
    recipient: str | None = None
    recipient_user_id: str | None = None
    code: int | None = None
    detail: str | None = None
    route: Route | None = None
    free: bool = False


def fold(recipient: Recipient, event: StatusEvent) -> Recipient:
    """Add one status to what is known of a message; a repetition returns the very same object."""
    values: list[Any] = list(recipient)
    is_new = _fail(values, event) if event.status is Status.FAILED else _reach(values, event)
    # The lower of two routes, so that order never shows.
    if event.route is not None and (values[_ROUTE] is None or event.route < values[_ROUTE]):
        values[_ROUTE] = event.route
        is_new = True
    if event.free and not values[_FREE]:
        values[_FREE] = True
        is_new = True
    # By place and made directly: `_replace` takes several times as long (benchmarks/webhooks.py).
    return tuple.__new__(Recipient, values) if is_new else recipient


_PLACES: Final = {name: place for place, name in enumerate(Recipient._fields)}
_CODE, _FAILED_AT, _ROUTE, _FREE = (_PLACES[name] for name in ("code", "failed_at", "route", "free"))
_TIME_OF: Final[Mapping[Status, int]] = {
    Status.HELD: _PLACES["held_at"],
    Status.SENT: _PLACES["sent_at"],
    Status.DELIVERED: _PLACES["delivered_at"],
    Status.READ: _PLACES["read_at"],
}


def _reach(values: list[Any], event: StatusEvent) -> bool:
    """Keep the earliest time of a status; say whether that is news."""
    place = _TIME_OF[event.status]
    known = values[place]
    if known is not None and known <= event.at:
        return False
    values[place] = event.at
    return True


def _fail(values: list[Any], event: StatusEvent) -> bool:
    """Keep the earliest failure and its code; of two at one instant the lower code, so that order never shows."""
    failed_at, code = values[_FAILED_AT], values[_CODE]
    new = (event.at, -1 if event.code is None else event.code)
    if failed_at is not None and (failed_at, -1 if code is None else code) <= new:
        return False
    values[_FAILED_AT], values[_CODE] = event.at, event.code
    return True
