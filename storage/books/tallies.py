"""The counters of campaigns: moved by differences, in the same transaction as the messages that move them."""

from collections.abc import Iterable, Mapping

from bot.domain.funnel import FACTS_OF_PLANNED, movements
from storage.books.alike import Alike
from storage.books.connection import Connection

_BEGIN = "INSERT INTO tallies (campaign_id, fact, n) VALUES (?, ?, 0) ON CONFLICT DO NOTHING"
_MOVE = "UPDATE tallies SET n = n + ? WHERE campaign_id = ? AND fact = ?"


def move_tallies(connection: Connection, groups: Iterable[Alike]) -> None:
    """Add up what changes mean for the counters and write each counter once."""
    _add_up(connection, movements((group.before, group.after, len(group.changes)) for group in groups))


def count_planned(connection: Connection, campaign_id: int, messages: int) -> None:
    """Count messages that were just frozen: they are alike, so none of them has to be looked at."""
    _add_up(connection, {(campaign_id, fact): messages for fact in FACTS_OF_PLANNED})


def _add_up(connection: Connection, moved: Mapping[tuple[int, str], int]) -> None:
    keys = sorted(key for key, by in moved.items() if by)
    connection.executemany(_BEGIN, keys)
    connection.executemany(_MOVE, [(moved[key], *key) for key in keys])
