"""Every table of the schema as a copy sees it: in the order of what refers to what, each with the key it is read by."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Final

#: Table to the columns that name a row. Reading in their order, a copy can go on from the last row that arrived.
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "people": ("id",),
    "tags": ("id",),
    "person_tags": ("person_id", "tag_id"),
    "cells": ("id",),
    "members": ("person_id",),
    "consents": ("person_id", "id"),
    "imports": ("id",),
    "audiences": ("id",),
    "templates": ("id",),
    "template_sync": ("id",),
    "template_edits": ("id",),
    "campaigns": ("id",),
    "tallies": ("campaign_id", "fact"),
    "meta_clicks": ("click_key",),
    "recipients": ("id",),
    "attempts": ("recipient_id", "attempt"),
    "links": ("token",),
    "parked": ("id",),
    "trials": ("id",),
    "audit": ("seq",),
    "audit_head": ("id",),
    "quarantine": ("id",),
    "cards": ("campaign_id", "kind"),
    "notices": ("id",),
    "chat_troubles": ("place",),
    "digests": ("id",),
    "digest_periods": ("digest_id", "period_end"),
    "digest_shown": ("digest_id", "campaign_id", "fact"),
    "leases": ("name",),
    "numbers": ("phone_number_id",),
    "switches": ("name",),
}

#: Key columns that are texts; engines must be told to compare them by their bytes.
TEXT_KEYS: Final = frozenset(
    {
        *(("templates", "id"), ("tallies", "fact"), ("meta_clicks", "click_key"), ("links", "token")),
        *(
            ("cards", "kind"),
            ("chat_troubles", "place"),
            ("digest_shown", "fact"),
            ("leases", "name"),
            ("numbers", "phone_number_id"),
            ("switches", "name"),
        ),
    }
)

#: Columns that are 0 or 1 where an engine has no booleans.
BOOLEANS: Final = frozenset({"has_bid", "activity_sharing", "free", "in_thread", "broadcast"})


def digest(rows: Iterable[Sequence[object]]) -> tuple[int, str]:
    """Count rows and hash them in their order; the same rows give the same on every engine."""
    count, seen = 0, hashlib.sha256()
    for row in rows:
        count += 1
        seen.update(json.dumps([_plain(value) for value in row], separators=(",", ":")).encode())
    return count, seen.hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, bytes):
        return value.hex()
    return value
