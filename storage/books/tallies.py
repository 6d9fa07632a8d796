"""The counters of campaigns: moved by differences, in the same transaction as the messages that move them."""

from collections.abc import Iterable

from bot.domain.funnel import movements
from bot.domain.message import Recipient
from storage.books.connection import Connection

_BEGIN = "INSERT INTO tallies (campaign_id, fact, n) VALUES (?, ?, 0) ON CONFLICT DO NOTHING"
_MOVE = "UPDATE tallies SET n = n + ? WHERE campaign_id = ? AND fact = ?"


def move_tallies(connection: Connection, changes: Iterable[tuple[Recipient | None, Recipient]]) -> None:
    """Add up what changes (before, after) mean for the counters and write each counter once."""
    moved = movements(changes)
    keys = sorted(key for key, by in moved.items() if by)
    connection.executemany(_BEGIN, keys)
    connection.executemany(_MOVE, [(moved[key], *key) for key in keys])
