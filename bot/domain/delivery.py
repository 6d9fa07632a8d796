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
    changes = _changes(recipient, event)
    if not changes:
        return recipient
    # Collected first and copied once, by place: `_replace` takes three times as long (benchmarks/webhooks.py).
    values: list[Any] = list(recipient)
    for place, value in changes.items():
        values[place] = value
    return Recipient._make(values)


_PLACES: Final = {name: place for place, name in enumerate(Recipient._fields)}
_CODE, _FAILED_AT, _ROUTE, _FREE = (_PLACES[name] for name in ("code", "failed_at", "route", "free"))
_TIME_OF: Final[Mapping[Status, int]] = {
    Status.HELD: _PLACES["held_at"],
    Status.SENT: _PLACES["sent_at"],
    Status.DELIVERED: _PLACES["delivered_at"],
    Status.READ: _PLACES["read_at"],
}


def _changes(recipient: Recipient, event: StatusEvent) -> dict[int, Any]:
    """List the places of the fields that a status changes, with their new values."""
    changes: dict[int, Any] = {}
    if event.status is Status.FAILED:
        changes = _failure(recipient, event)
    else:
        place = _TIME_OF[event.status]
        known: Any = recipient[place]
        if known is None or event.at < known:
            changes[place] = event.at
    # The lower of two routes, so that order never shows.
    if event.route is not None and (recipient.route is None or event.route < recipient.route):
        changes[_ROUTE] = event.route
    if event.free and not recipient.free:
        changes[_FREE] = True
    return changes


def _failure(recipient: Recipient, event: StatusEvent) -> dict[int, Any]:
    """Keep the earliest failure and its code; of two at one instant the lower code, so that order never shows."""
    known = (recipient.failed_at, -1 if recipient.code is None else recipient.code)
    new = (event.at, -1 if event.code is None else event.code)
    if recipient.failed_at is not None and known <= new:
        return {}
    return {_FAILED_AT: event.at, _CODE: event.code}
