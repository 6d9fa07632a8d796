"""A plan's rows: frozen once per person and identity, discarded as long as nothing left, chained for the digest."""

from collections.abc import Sequence
from functools import cache
from itertools import chain

from bot.domain.campaign import CampaignId
from bot.domain.errors import ConflictError
from bot.domain.plan import EMPTY_CHAIN, PlannedRecipient, chain_all
from storage.books.connection import Connection
from storage.books.tallies import count_planned

#: The columns that a plan fills; `links` has a table of its own.
_COLUMNS = PlannedRecipient._fields[:-1]
_LAST = "SELECT coalesce(max(id), 0) AS id FROM recipients"
_ADD = f"INSERT INTO recipients (id, campaign_id, {', '.join(_COLUMNS)}) VALUES {{rows}} ON CONFLICT DO NOTHING"
_ROW = f"(?, ?{', ?' * len(_COLUMNS)})"
#: Rows in one statement: begun and ended for each, a statement takes as long as the row.
_TOGETHER = 50
_ADDED = "SELECT id FROM recipients WHERE id > ?"
_ADD_LINK = "INSERT INTO links (token, recipient_id, button, url) VALUES (?, ?, ?, ?)"
# What may have left, or did in an earlier attempt.
_LEFT = """
SELECT count(*) AS messages FROM recipients AS r WHERE r.campaign_id = ? AND (
  r.dispatch IN ('sending', 'accepted', 'refused', 'in_doubt')
  OR EXISTS (SELECT 1 FROM attempts WHERE recipient_id = r.id)
)
"""
_DISCARD = (
    "DELETE FROM links WHERE recipient_id IN (SELECT id FROM recipients WHERE campaign_id = ?)",
    "DELETE FROM recipients WHERE campaign_id = ?",
    "DELETE FROM tallies WHERE campaign_id = ?",
)
# The frozen rows in the order of the chain.
_FROZEN = "SELECT identity, address, parameters, seal FROM recipients WHERE campaign_id = ? ORDER BY id"


def add(connection: Connection, campaign_id: CampaignId, planned: Sequence[PlannedRecipient]) -> list[bool]:
    """Freeze rows; one whose identity or person the campaign already has is left out (False).

    The ids are given out here, for an engine whose transactions write one after another. So a statement takes many
    rows, and none comes back only to tell its id or to be counted (benchmarks/planning.py).
    """
    last = connection.execute(_LAST).fetchone()["id"]
    given = range(last + 1, last + 1 + len(planned))
    rows = list(zip(given, planned, strict=True))
    stored = _insert(connection, [(new, campaign_id, *row[:-1]) for new, row in rows])
    # Only where something was left out, the rows themselves say what.
    added = given if stored == len(rows) else {row["id"] for row in connection.execute(_ADDED, (last,))}
    links = ((token, new, *rest) for new, row in rows if row.links and new in added for token, *rest in row.links)
    connection.executemany(_ADD_LINK, links)
    count_planned(connection, campaign_id, stored)
    return [new in added for new in given]


def _insert(connection: Connection, rows: Sequence[tuple[object, ...]]) -> int:
    """Write rows and say how many are new."""
    parts = [rows[start : start + _TOGETHER] for start in range(0, len(rows), _TOGETHER)]
    return sum(connection.execute(_insertion(len(part)), [*chain.from_iterable(part)]).rowcount for part in parts)


@cache
def _insertion(rows: int) -> str:
    return _ADD.format(rows=", ".join([_ROW] * rows))


def discard(connection: Connection, campaign_id: CampaignId) -> None:
    """Remove rows, links and counters; raises ConflictError when anything may have left."""
    left = connection.execute(_LEFT, (campaign_id,)).fetchone()["messages"]
    if left:
        raise ConflictError(f"The plan cannot be discarded: {left} of its messages may have left already.")
    for statement in _DISCARD:
        connection.execute(statement, (campaign_id,))


def chain_of(connection: Connection, campaign_id: CampaignId) -> str:
    """Chain the rows as they are stored now."""
    rows = connection.each(_FROZEN, (campaign_id,))
    return chain_all(EMPTY_CHAIN, ((row["identity"], row["address"], row["parameters"], row["seal"]) for row in rows))
