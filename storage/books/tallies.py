"""The counters of campaigns: moved by differences, in the same transaction as the messages that move them."""

from collections import Counter
from collections.abc import Iterable

from bot.domain.funnel import FACTS_OF_PLANNED, difference
from bot.domain.message import Recipient
from storage.books.connection import Connection

_BEGIN = "INSERT INTO tallies (campaign_id, fact, n) VALUES (?, ?, 0) ON CONFLICT DO NOTHING"
_MOVE = "UPDATE tallies SET n = n + ? WHERE campaign_id = ? AND fact = ?"


def move_tallies(connection: Connection, changes: Iterable[tuple[Recipient | None, Recipient]]) -> None:
    """Add up what changes (before, after) mean for the counters and write each counter once."""
    moved: Counter[tuple[int, str]] = Counter()
    for before, after in changes:
        for fact, by in difference(before, after).items():
            moved[after.campaign_id, fact] += by
    _add_up(connection, moved)


def count_planned(connection: Connection, campaign_id: int, messages: int) -> None:
    """Count messages that were just frozen: they are alike, so none of them has to be looked at."""
    _add_up(connection, Counter({(campaign_id, fact): messages for fact in FACTS_OF_PLANNED}))


def _add_up(connection: Connection, moved: "Counter[tuple[int, str]]") -> None:
    keys = sorted(key for key, by in moved.items() if by)
    connection.executemany(_BEGIN, keys)
    connection.executemany(_MOVE, [(moved[key], *key) for key in keys])
