"""The portfolio's messaging limit: people per rolling 24 hours (Meta, "Messaging limits"); Meta tells no remainder."""

from bot.domain.instants import DAY, Millis
from bot.ports.storage import Transaction


def limit_of(tx: Transaction) -> int | None:
    """Give the people the portfolio may write to in 24 hours: the smallest that any number names; None: no limit."""
    limits = [status.messaging_limit for status in tx.numbers.list() if status.messaging_limit is not None]
    return min(limits, default=None)


def headroom(tx: Transaction, now: Millis) -> int | None:
    """Give how many more people may be written to in the running 24 hours, never less than none; None: no limit."""
    limit = limit_of(tx)
    return None if limit is None else max(0, limit - tx.recipients.people_messaged_since(Millis(now - DAY)))
