"""What a post is known by until its answer is there: a mark that is written down before and goes along with it.

An answer may be lost, and the process may die before it is written down. The mark then tells whether the message is
there already; it says nothing to anybody else.
"""

import hashlib

from bot.domain.instants import Millis
from bot.ports.records import Card, Notice

_DIGITS = 32


def mark_of_card(card: Card, at: Millis) -> str:
    """Give the mark of a card's message that was to be posted at that instant."""
    return _mark(f"{card.kind} card of campaign {card.campaign_id}", at)


def mark_of_notice(notice: Notice, at: Millis) -> str:
    """Give the mark of a notice that was to be posted at that instant."""
    return _mark(notice.key, at)


def _mark(name: str, at: Millis) -> str:
    return hashlib.sha256(f"{name} at {at}".encode()).hexdigest()[:_DIGITS]
