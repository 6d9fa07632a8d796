"""What the chat is to show: cards that keep themselves true, and notices posted once."""

from collections.abc import Sequence

from bot.domain.campaign import CampaignId
from bot.domain.instants import Millis
from bot.ports.records import Card, Notice
from storage.books.book import Book, insertion
from storage.rows import records as rows

_CREATE = """
INSERT INTO cards (campaign_id, kind, channel, wanted, drawn, content_hash, stale_since)
VALUES (:campaign_id, :kind, :channel, 1, 0, '', :now) ON CONFLICT DO NOTHING
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
  ts = :ts, content_hash = :content_hash, drawn_at = :now,
  stale_since = CASE WHEN wanted > drawn AND wanted > :shown THEN :now END
WHERE campaign_id = :campaign_id AND kind = :kind
"""
_DIED = "UPDATE cards SET dead = ? WHERE campaign_id = ? AND kind = ?"

_ADD = f"""
{
    insertion("notices", ("key", "channel", "campaign_id", "in_thread", "broadcast", "text", "blocks", "queued_at"))
} ON CONFLICT DO NOTHING
"""
_WAITING = "SELECT * FROM notices WHERE posted_at IS NULL AND gave_up_at IS NULL ORDER BY id LIMIT ?"
_POSTED = "UPDATE notices SET ts = ?, posted_at = ? WHERE id = ?"
_GAVE_UP = "UPDATE notices SET gave_up_reason = ?, gave_up_at = ? WHERE id = ? AND posted_at IS NULL"


class CardsBook(Book):
    """The port `Cards`."""

    def want(self, campaign_id: CampaignId, kind: str, channel: str | None = None) -> None:
        """Ask for a redraw; with a channel, also create the card if there is none."""
        values = {"campaign_id": campaign_id, "kind": kind, "channel": channel, "now": self._clock.now()}
        if channel is None or not self._run(_CREATE, values).rowcount:
            self._run(_WANT, values)

    def get(self, campaign_id: CampaignId, kind: str) -> Card | None:
        """Give a card."""
        row = self._one(_GET, (campaign_id, kind))
        return None if row is None else rows.card(row)

    def stale(self) -> Sequence[Card]:
        """List the living cards that show less than is wanted, the longest waiting first."""
        return [rows.card(row) for row in self._all(_STALE)]

    def drew(self, card: Card, *, ts: str, content_hash: str, now: Millis) -> None:
        """Record that `card.wanted` is what the message now shows."""
        values = {"shown": card.wanted, "ts": ts, "content_hash": content_hash, "now": now}
        self._run(_DREW, {**values, "campaign_id": card.campaign_id, "kind": card.kind})

    def died(self, campaign_id: CampaignId, kind: str, reason: str) -> None:
        """Record why a card can never be edited again."""
        self._run(_DIED, (reason, campaign_id, kind))


class NoticesBook(Book):
    """The port `Notices`."""

    def add(self, notice: Notice, now: Millis) -> bool:
        """Queue a notice, unless its key was ever queued."""
        return bool(self._run(_ADD, {**rows.notice_values(notice), "queued_at": now}).rowcount)

    def waiting(self, limit: int) -> list[tuple[int, Notice]]:
        """List what is to be posted, in the order it was queued."""
        return [(row["id"], rows.notice(row)) for row in self._all(_WAITING, (limit,))]

    def posted(self, notice_id: int, ts: str, now: Millis) -> None:
        """Record that it was posted."""
        self._run(_POSTED, (ts, now, notice_id))

    def gave_up(self, notice_id: int, reason: str, now: Millis) -> None:
        """Record why it will never be posted."""
        self._run(_GAVE_UP, (reason, now, notice_id))
