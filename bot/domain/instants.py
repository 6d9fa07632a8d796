"""Instants and spans of time: whole milliseconds since 1970 UTC, always handed in, never asked for here."""

from datetime import UTC, datetime
from typing import NewType

Millis = NewType("Millis", int)

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def from_datetime(moment: datetime) -> Millis:
    """Turn an aware datetime into an instant; a naive one raises ValueError, because its zone would be a guess."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return Millis(round(moment.timestamp() * SECOND))


def to_datetime(instant: Millis) -> datetime:
    """Turn an instant into an aware UTC datetime."""
    return datetime.fromtimestamp(instant / SECOND, tz=UTC)


def to_iso(instant: Millis | None) -> str:
    """Write an instant as ISO 8601 in UTC with a `Z`; nothing becomes the empty string."""
    if instant is None:
        return ""
    return to_datetime(instant).isoformat(timespec="seconds").replace("+00:00", "Z")


def plus_seconds(instant: Millis, seconds: float) -> Millis:
    """Move an instant by seconds."""
    return Millis(instant + round(seconds * SECOND))
