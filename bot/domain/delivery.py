"""Folding status webhooks into a message: any order, any repetition, same books.

Meta repeats statuses, reorders them and skips some ("Status webhooks", read 2026-09-11). The fold keeps the earliest
time of each status and derives the state from all of them, so it is commutative and idempotent by construction.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.instants import Millis
from bot.domain.message import Recipient, Route


class Status(StrEnum):
    """The statuses we count; the set is open at Meta's side, others are kept aside."""

    HELD = "held"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEvent:
    """One status of one message as reported by Meta, in our words.

    `at` is Meta's time of the status, `recipient` the digits Meta names (may be missing), `tracker` what we sent along.
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


def _earlier(known: Millis | None, new: Millis) -> Millis:
    return new if known is None or new < known else known


def fold(recipient: Recipient, event: StatusEvent) -> Recipient:
    """Add one status to what is known of a message; a repetition returns the very same object."""
    folded = _fold_status(recipient, event)
    if event.route is not None and (folded.route is None or event.route < folded.route):
        folded = replace(folded, route=event.route)  # the lower of two, so that order never shows
    if event.free and not folded.free:
        folded = replace(folded, free=True)
    return recipient if folded == recipient else folded


def _fold_status(recipient: Recipient, event: StatusEvent) -> Recipient:
    match event.status:
        case Status.HELD:
            return replace(recipient, held_at=_earlier(recipient.held_at, event.at))
        case Status.SENT:
            return replace(recipient, sent_at=_earlier(recipient.sent_at, event.at))
        case Status.DELIVERED:
            return replace(recipient, delivered_at=_earlier(recipient.delivered_at, event.at))
        case Status.READ:
            return replace(recipient, read_at=_earlier(recipient.read_at, event.at))
        case Status.FAILED:
            return _fold_failure(recipient, event)


def _fold_failure(recipient: Recipient, event: StatusEvent) -> Recipient:
    """Keep the earliest failure and its code; of two at one instant the lower code, so that order never shows."""
    known = (recipient.failed_at, -1 if recipient.code is None else recipient.code)
    new = (event.at, -1 if event.code is None else event.code)
    if recipient.failed_at is not None and known <= new:
        return recipient
    return replace(recipient, failed_at=event.at, code=event.code)
