"""Decides which stale cards may be drawn now: Slack allows 50 edits a minute for a whole workspace.

(Slack, "Rate limits": `chat.update` is tier 3, per app and workspace, read 2026-11.) 40 a minute and a small burst
leave room for edits that follow a click. Time is handed in; nothing here waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.instants import MINUTE, SECOND, Millis
from bot.ports.records import Card

EDITS_PER_MINUTE: Final = 40
BURST: Final = 8
#: The gap between two drawings of one card doubles from the first to the last; two or three cards at once stay true
#: within five seconds, more of them share the budget.
FIRST_GAP: Final = 1 * SECOND
LAST_GAP: Final = 4 * SECOND
#: A card left alone for so long begins with the first gap again.
CALM: Final = MINUTE

_TOKEN: Final = MINUTE

_Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class _Drawn:
    at: Millis
    gap: int


class EditBudget:
    """A token bucket for the workspace and a growing gap for each card."""

    def __init__(self, now: Millis, *, per_minute: int = EDITS_PER_MINUTE, burst: int = BURST) -> None:
        self._per_minute = per_minute
        # Counted in whole parts of a token, one per millisecond and edit a minute, so that nothing is lost by rounding.
        self._most = burst * _TOKEN
        self._parts = self._most
        self._filled_at = now
        self._parked_until = now
        self._drawn: dict[_Key, _Drawn] = {}

    def choose(self, stale: Sequence[Card], now: Millis) -> list[Card]:
        """Choose the cards to draw now, keeping their order (the longest waiting first), and spend their tokens."""
        self._fill(now)
        chosen: list[Card] = []
        for card in stale:
            if now < self._parked_until or self._parts < _TOKEN:
                break
            if now >= self._due(_key(card)):
                self._spend(card, now)
                chosen.append(card)
        return chosen

    def spend(self, card: Card, now: Millis) -> None:
        """Count a drawing that could not wait (somebody pressed a button); it may leave the bucket in debt."""
        self._fill(now)
        self._spend(card, now)

    def park(self, now: Millis, seconds: float) -> None:
        """Draw nothing for a while: Slack said so (429, Retry-After)."""
        self._parked_until = max(self._parked_until, Millis(now + round(seconds * SECOND)))

    def next_at(self, stale: Sequence[Card], now: Millis) -> Millis | None:
        """Say when `choose` can next choose something; None when nothing is stale."""
        if not stale:
            return None
        self._fill(now)
        due = min(self._due(_key(card)) for card in stale)
        missing = max(0, _TOKEN - self._parts)
        filled = now + -(-missing // self._per_minute)
        return Millis(max(due, filled, self._parked_until, now))

    def forget(self, card: Card) -> None:
        """Drop what is remembered of a card that is never drawn again."""
        self._drawn.pop(_key(card), None)

    def _fill(self, now: Millis) -> None:
        gained = max(0, now - self._filled_at) * self._per_minute
        self._parts = min(self._most, self._parts + gained)
        self._filled_at = now

    def _spend(self, card: Card, now: Millis) -> None:
        self._parts -= _TOKEN
        last = self._drawn.get(_key(card))
        is_fresh = last is None or now - last.at >= CALM
        gap = FIRST_GAP if last is None or is_fresh else min(2 * last.gap, LAST_GAP)
        self._drawn[_key(card)] = _Drawn(now, gap)

    def _due(self, key: _Key) -> Millis:
        last = self._drawn.get(key)
        return Millis(last.at + last.gap) if last else Millis(0)


def _key(card: Card) -> _Key:
    return (card.campaign_id, card.kind)
