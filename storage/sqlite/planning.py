"""A plan's rows: frozen once per person and identity, discarded as long as nothing left, chained for the digest."""

import sqlite3
from collections.abc import Sequence

from bot.domain.campaign import CampaignId
from bot.domain.errors import ConflictError
from bot.domain.plan import EMPTY_CHAIN, PlannedRecipient, chain
from storage.rows.recipients import recipient
from storage.sqlite.tallies import move_tallies

_ADD = """
INSERT INTO recipients (campaign_id, person_id, identity, address, parameters, market, country)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING *
"""
_ADD_LINK = "INSERT INTO links (token, recipient_id, button, url) VALUES (?, ?, ?, ?)"
# What may have left, or did in an earlier attempt.
_LEFT = """
SELECT count(*) FROM recipients AS r WHERE r.campaign_id = ? AND (
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
_FROZEN = "SELECT identity, address, parameters FROM recipients WHERE campaign_id = ? ORDER BY id"


def add(connection: sqlite3.Connection, campaign_id: CampaignId, planned: Sequence[PlannedRecipient]) -> list[bool]:
    """Freeze rows; one whose identity or person the campaign already has is left out (False)."""
    added = []
    for row in planned:
        values = (row.person_id, row.identity, row.address, row.parameters, row.market, row.country)
        stored = connection.execute(_ADD, (campaign_id, *values)).fetchone()
        added.append(None if stored is None else recipient(stored))
        if stored is not None:
            connection.executemany(_ADD_LINK, [(token, stored["id"], button, url) for token, button, url in row.links])
    move_tallies(connection, [(None, message) for message in added if message is not None])
    return [message is not None for message in added]


def discard(connection: sqlite3.Connection, campaign_id: CampaignId) -> None:
    """Remove rows, links and counters; raises ConflictError when anything may have left."""
    left = connection.execute(_LEFT, (campaign_id,)).fetchone()[0]
    if left:
        raise ConflictError(f"The plan cannot be discarded: {left} of its messages may have left already.")
    for statement in _DISCARD:
        connection.execute(statement, (campaign_id,))


def chain_of(connection: sqlite3.Connection, campaign_id: CampaignId) -> str:
    """Chain the rows as they are stored now."""
    value = EMPTY_CHAIN
    for row in connection.execute(_FROZEN, (campaign_id,)):
        value = chain(value, row["identity"], row["address"], row["parameters"])
    return value
