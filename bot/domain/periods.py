"""Digest periods: spans between wall-clock boundaries of a zone, exactly one boundary a day or a week.

A boundary that a clock change skips falls when the clocks have jumped; one that happens twice counts the first time.
"""

import difflib
import re
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.errors import InvalidInputError
from bot.domain.instants import Millis, from_datetime, to_datetime

DAILY = "daily"
WEEKLY = "weekly"
_MONDAY = 0
#: Far enough to hold three boundaries of a week, a day that a zone left out (Samoa, 2011-12-30) included.
_REACH_DAYS = 23


class Period(NamedTuple):
    """A span of time, `start` included and `end` not."""

    start: Millis
    end: Millis


def latest_due(kind: str, at: str, zone: str, now: Millis) -> Period:
    """Give the last period that has ended by now.

    `kind` is daily or weekly (Mondays), `at` HH:MM, `zone` an IANA name, each as the parsers below give them.
    """
    past = [boundary for boundary in _boundaries(kind, at, zone, now) if boundary <= now]
    return Period(past[-2], past[-1])


def next_due(kind: str, at: str, zone: str, now: Millis) -> Millis:
    """Give the first boundary after now."""
    return next(boundary for boundary in _boundaries(kind, at, zone, now) if boundary > now)


def parse_kind(text: str) -> str:
    """Read `daily` or `weekly`; raises InvalidInputError for anything else."""
    kind = text.strip().lower()
    if kind not in (DAILY, WEEKLY):
        raise InvalidInputError(f"“{text.strip()}” is not a rhythm; use daily or weekly.")
    return kind


def parse_at(text: str) -> str:
    """Read a time of day and write it as HH:MM (`9:05` becomes `09:05`); raises InvalidInputError."""
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text.strip())
    if found is None:
        raise InvalidInputError(f"“{text.strip()}” is not a time of day; write it as HH:MM, as in 08:30 or 17:00.")
    return f"{int(found[1]):02}:{found[2]}"


def parse_zone(text: str) -> str:
    """Read the name of a time zone, ignoring case; raises InvalidInputError that suggests the closest names."""
    wanted = text.strip().casefold().replace(" ", "_")
    zones = _zones()
    if wanted in zones:
        return zones[wanted]
    close = _close_zones(wanted)
    hint = (
        f"did you mean {' or '.join(close)}?" if close else "use a name such as Europe/Amsterdam or America/Sao_Paulo."
    )
    raise InvalidInputError(f"“{text.strip()}” is not a time zone; {hint}")


def _boundaries(kind: str, at: str, zone: str, now: Millis) -> list[Millis]:
    """List the boundaries around now in order. A set, because two dates share one where a zone left out a day."""
    tz, clock = ZoneInfo(zone), time.fromisoformat(at)
    today = to_datetime(now).astimezone(tz).date()
    days = (today + timedelta(days=n) for n in range(-_REACH_DAYS, _REACH_DAYS))
    return sorted({_instant(day, clock, tz) for day in days if kind == DAILY or day.weekday() == _MONDAY})


def _instant(day: date, clock: time, tz: ZoneInfo) -> Millis:
    return from_datetime(datetime.combine(day, clock, tzinfo=tz))


@cache
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in sorted(available_timezones())}


def _close_zones(wanted: str) -> list[str]:
    """Suggest up to three zones: by their city alone first, then by likeness of the whole name or the city."""
    zones = _zones()
    by_city: dict[str, list[str]] = {}
    for folded, name in zones.items():
        by_city.setdefault(folded.rsplit("/", 1)[-1], []).append(name)
    city = wanted.rsplit("/", 1)[-1]
    likely = [*by_city.get(city, [])]
    likely += [zones[name] for name in difflib.get_close_matches(wanted, zones, n=3, cutoff=0.8)]
    likely += [name for close in difflib.get_close_matches(city, by_city, n=3, cutoff=0.8) for name in by_city[close]]
    return list(dict.fromkeys(likely))[:3]
