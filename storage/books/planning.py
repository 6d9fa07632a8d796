"""A plan's rows: frozen once per person and identity, discarded as long as nothing left, chained for the digest."""

from collections.abc import Sequence

from bot.domain.campaign import CampaignId
from bot.domain.errors import ConflictError
from bot.domain.message import Recipient
from bot.domain.plan import EMPTY_CHAIN, PlannedRecipient, chain
from storage.books.connection import Connection
from storage.books.tallies import move_tallies
from storage.rows.recipients import MESSAGE, recipient

_ADD = f"""
INSERT INTO recipients (campaign_id, person_id, identity, address, parameters, market, country)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING {MESSAGE}
"""
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
_FROZEN = "SELECT identity, address, parameters FROM recipients WHERE campaign_id = ? ORDER BY id"


def add(connection: Connection, campaign_id: CampaignId, planned: Sequence[PlannedRecipient]) -> list[bool]:
    """Freeze rows; one whose identity or person the campaign already has is left out (False)."""
    added = [_add_one(connection, campaign_id, row) for row in planned]
    stored = [(message, row) for message, row in zip(added, planned, strict=True) if message is not None]
    links = [(token, message.id, button, url) for message, row in stored for token, button, url in row.links]
    connection.executemany(_ADD_LINK, links)
    move_tallies(connection, [(None, message) for message, _ in stored])
    return [message is not None for message in added]


def _add_one(connection: Connection, campaign_id: CampaignId, row: PlannedRecipient) -> Recipient | None:
    values = (campaign_id, row.person_id, row.identity, row.address, row.parameters, row.market, row.country)
    stored = connection.execute(_ADD, values).fetchone()
    return None if stored is None else recipient(stored)


def discard(connection: Connection, campaign_id: CampaignId) -> None:
    """Remove rows, links and counters; raises ConflictError when anything may have left."""
    left = connection.execute(_LEFT, (campaign_id,)).fetchone()["messages"]
    if left:
        raise ConflictError(f"The plan cannot be discarded: {left} of its messages may have left already.")
    for statement in _DISCARD:
        connection.execute(statement, (campaign_id,))


def chain_of(connection: Connection, campaign_id: CampaignId) -> str:
    """Chain the rows as they are stored now."""
    value = EMPTY_CHAIN
    for row in connection.each(_FROZEN, (campaign_id,)):
        value = chain(value, row["identity"], row["address"], row["parameters"])
    return value
