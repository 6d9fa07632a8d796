"""What the chat is to show: cards that keep themselves true, notices posted once, and what keeps them out."""

from collections.abc import Sequence
from dataclasses import asdict

from bot.domain.campaign import CampaignId
from bot.domain.instants import Millis
from bot.ports.records import EVERYWHERE, Card, Notice, Trouble
from storage.books.book import Book, insertion
from storage.rows import records as rows

_CREATE = """
INSERT INTO cards (campaign_id, kind, channel, wanted, drawn, content_hash, stale_since)
VALUES (:campaign_id, :kind, :channel, 1, 0, '', :now)
ON CONFLICT (campaign_id, kind) DO UPDATE SET
  wanted = cards.wanted + 1, stale_since = coalesce(cards.stale_since, excluded.stale_since), dead = NULL,
  ts = CASE WHEN cards.dead IS NULL AND cards.channel = excluded.channel THEN cards.ts END, channel = excluded.channel
"""
_WANT = """
UPDATE cards SET wanted = wanted + 1, stale_since = coalesce(stale_since, :now)
WHERE campaign_id = :campaign_id AND kind = :kind
"""
_GET = "SELECT * FROM cards WHERE campaign_id = ? AND kind = ?"
_STALE = """
SELECT * FROM cards WHERE stale_since IS NOT NULL AND dead IS NULL ORDER BY stale_since, campaign_id, kind
"""
# A change wanted while the card was being drawn leaves it stale, from now on.
_DREW = """
UPDATE cards SET drawn = CASE WHEN drawn > :shown THEN drawn ELSE :shown END,
  ts = :ts, content_hash = :content_hash, drawn_at = :now, dead = NULL, posting_at = NULL,
  stale_since = CASE WHEN wanted > drawn AND wanted > :shown THEN :now END
WHERE campaign_id = :campaign_id AND kind = :kind
"""
_POSTING_CARD = "UPDATE cards SET posting_at = ? WHERE campaign_id = ? AND kind = ?"
_DIED = "UPDATE cards SET dead = ? WHERE campaign_id = ? AND kind = ?"

_NOTICE = ("key", "channel", "campaign_id", "in_thread", "broadcast", "text", "blocks", "asked_by", "queued_at")
_ADD = f"{insertion('notices', _NOTICE)} ON CONFLICT DO NOTHING"
_WAITING = "SELECT * FROM notices WHERE posted_at IS NULL AND gave_up_at IS NULL ORDER BY id LIMIT ?"
_POSTING = "UPDATE notices SET posting_at = ? WHERE id = ?"
_POSTED = "UPDATE notices SET ts = ?, posted_at = ?, posting_at = NULL WHERE id = ?"
_GAVE_UP = "UPDATE notices SET gave_up_reason = ?, gave_up_at = ? WHERE id = ? AND posted_at IS NULL"

_TROUBLES = "SELECT * FROM chat_troubles ORDER BY since, place"
_PUT = """
INSERT INTO chat_troubles (place, why, since, tries, retry_at) VALUES (:place, :why, :since, :tries, :retry_at)
ON CONFLICT (place) DO UPDATE SET
  why = excluded.why, since = excluded.since, tries = excluded.tries, retry_at = excluded.retry_at
"""
_END = "DELETE FROM chat_troubles WHERE place = ?"
_RETRY_ALL = "UPDATE chat_troubles SET retry_at = :now WHERE retry_at > :now"
_RETRY = f"{_RETRY_ALL} AND place = :place"
_FORGET = "DELETE FROM chat_troubles WHERE retry_at < ?"


class CardsBook(Book):
    """The port `Cards`."""

    def want(self, campaign_id: CampaignId, kind: str, channel: str | None = None) -> None:
        """Ask for a redraw; with a channel, post it there if it is not, and try again whatever kept it out."""
        values = {"campaign_id": campaign_id, "kind": kind, "now": self._clock.now()}
        if channel is None:
            self._run(_WANT, values)
            return
        self._run(_CREATE, {**values, "channel": channel})
        for place in (channel, EVERYWHERE):
            self._run(_RETRY, {"place": place, "now": self._clock.now()})

    def get(self, campaign_id: CampaignId, kind: str) -> Card | None:
        """Give a card."""
        row = self._one(_GET, (campaign_id, kind))
        return None if row is None else rows.card(row)

    def stale(self) -> Sequence[Card]:
        """List the living cards that show less than is wanted, the longest waiting first."""
        return [rows.card(row) for row in self._all(_STALE)]

    def drew(self, card: Card, *, ts: str, content_hash: str, now: Millis) -> None:
        """Record that `card.wanted` is what the message now shows; a dead card that was drawn lives again."""
        values = {"shown": card.wanted, "ts": ts, "content_hash": content_hash, "now": now}
        self._run(_DREW, {**values, "campaign_id": card.campaign_id, "kind": card.kind})

    def posting(self, card: Card, at: Millis | None) -> None:
        """Record that the card is about to be posted, or that it surely was not."""
        self._run(_POSTING_CARD, (at, card.campaign_id, card.kind))

    def died(self, campaign_id: CampaignId, kind: str, reason: str) -> None:
        """Record why a card can never be edited again."""
        self._run(_DIED, (reason, campaign_id, kind))


class TroublesBook(Book):
    """The port `Troubles`."""

    def list(self) -> Sequence[Trouble]:
        """List the places that take nothing, the longest in trouble first."""
        return [rows.trouble(row) for row in self._all(_TROUBLES)]

    def put(self, trouble: Trouble) -> None:
        """Store or replace the trouble of a place."""
        self._run(_PUT, asdict(trouble))

    def end(self, place: str) -> None:
        """Drop the trouble of a place, if there is one."""
        self._run(_END, (place,))

    def retry_now(self, now: Millis) -> None:
        """Let every place be tried again at once."""
        self._run(_RETRY_ALL, {"now": now})

    def forget(self, before: Millis) -> None:
        """Drop the troubles that were to be tried again before then."""
        self._run(_FORGET, (before,))


class NoticesBook(Book):
    """The port `Notices`."""

    def add(self, notice: Notice, now: Millis) -> bool:
        """Queue a notice, unless its key was ever queued."""
        return bool(self._run(_ADD, {**rows.notice_values(notice), "queued_at": now}).rowcount)

    def waiting(self, limit: int) -> list[tuple[int, Notice]]:
        """List what is to be posted, in the order it was queued."""
        return [(row["id"], rows.notice(row)) for row in self._all(_WAITING, (limit,))]

    def posting(self, notice_id: int, at: Millis | None) -> None:
        """Record that it is about to be posted, or that it surely was not."""
        self._run(_POSTING, (at, notice_id))

    def posted(self, notice_id: int, ts: str, now: Millis) -> None:
        """Record that it was posted."""
        self._run(_POSTED, (ts, now, notice_id))

    def gave_up(self, notice_id: int, reason: str, now: Millis) -> None:
        """Record why it will never be posted."""
        self._run(_GAVE_UP, (reason, now, notice_id))
