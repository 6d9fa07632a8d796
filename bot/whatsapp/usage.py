"""Reads how much of Meta's call budget is used, from the header that comes with management answers.

Source: Meta, "Graph API: rate limiting" (undated copy): `X-Business-Use-Case-Usage`, percentages and minutes.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.whatsapp.reading import whole

_HEADER: Final = "X-Business-Use-Case-Usage"
_PERCENTAGES: Final = ("call_count", "total_cputime", "total_time")
#: Above this share of the budget management calls should slow down.
_BUSY_PERCENT: Final = 80


@dataclass(frozen=True, slots=True)
class Usage:
    """The fullest of Meta's budgets: `percent` used, and `wait_seconds` until calls are taken again (0: they are)."""

    percent: int
    wait_seconds: int

    @property
    def is_busy(self) -> bool:
        """Tell whether to slow down."""
        return self.percent > _BUSY_PERCENT or self.wait_seconds > 0


def read_usage(headers: Mapping[str, str]) -> Usage | None:
    """Read the header; None when it is absent or says nothing we can read."""
    try:
        found = json.loads(headers.get(_HEADER, ""))
    except (ValueError, RecursionError):
        return None
    entries = list(_entries(found))
    if not entries:
        return None
    percent = max(whole(entry.get(key)) or 0 for entry in entries for key in _PERCENTAGES)
    minutes = max(whole(entry.get("estimated_time_to_regain_access")) or 0 for entry in entries)
    return Usage(percent, minutes * 60)


def _entries(found: Any) -> Iterator[Mapping[str, Any]]:
    for entries in found.values() if isinstance(found, Mapping) else ():
        yield from (entry for entry in (entries if isinstance(entries, list) else ()) if isinstance(entry, Mapping))
