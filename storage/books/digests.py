"""Digests: when each channel gets one, which periods were taken, and what happened in a span."""

from collections.abc import Mapping, Sequence

from bot.domain.campaign import CampaignId
from bot.domain.instants import Millis
from bot.ports.records import DigestSchedule
from storage.books.book import Book
from storage.rows import records as rows

_SET = """
INSERT INTO digests (channel, kind, at, zone, created_by, created_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (channel, kind) DO UPDATE SET
  at = excluded.at, zone = excluded.zone, created_by = excluded.created_by, created_at = excluded.created_at
RETURNING *
"""
_REMOVE = "DELETE FROM digests WHERE channel = ?"
_LIST = "SELECT * FROM digests WHERE channel = :channel OR :channel IS NULL ORDER BY id"
_LAST_PERIOD = "SELECT max(period_end) AS value FROM digest_periods WHERE digest_id = ?"
_MARK = "INSERT INTO digest_periods (digest_id, period_end, taken_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"

_ARRIVED = "CASE WHEN read_at < delivered_at THEN read_at ELSE coalesce(delivered_at, read_at) END"
#: Figure to the instant at which a message began to count for it. A message read counts as delivered from the earlier
#: of the two reports; a refusal has no time of its own, so it counts when its request left.
_FIGURES = {
    "sent": "CASE WHEN dispatch = 'accepted' THEN accepted_at END",
    "delivered": f"CASE WHEN dispatch = 'accepted' THEN {_ARRIVED} END",
    "read": "CASE WHEN dispatch = 'accepted' THEN read_at END",
    "clicked": "clicked_at",
    "failed": "CASE WHEN dispatch = 'accepted' AND delivery = 'failed' THEN failed_at END",
    "refused": "CASE WHEN dispatch = 'refused' THEN sending_at END",
}
_COUNTED = "count(*) FILTER (WHERE {at} >= :since AND {at} < :until) AS {name}"
# A message that no longer counts (NULL) fits no span. One scan of all messages, once a digest, beside the writer.
_FIGURES_IN_SPAN = f"""
SELECT campaign_id, {", ".join(_COUNTED.format(at=at, name=name) for name, at in _FIGURES.items())}
FROM recipients GROUP BY campaign_id ORDER BY campaign_id
"""


class DigestsBook(Book):
    """The port `Digests`."""

    def set(self, channel: str, kind: str, at: str, zone: str, by: str, now: Millis) -> DigestSchedule:
        """Store or replace the channel's schedule of that kind; its periods stay taken."""
        return rows.digest_schedule(self._run(_SET, (channel, kind, at, zone, by, now)).fetchone())

    def remove(self, channel: str) -> int:
        """Remove a channel's schedules; say how many."""
        return self._run(_REMOVE, (channel,)).rowcount

    def list(self, channel: str | None = None) -> Sequence[DigestSchedule]:
        """List the schedules, of one channel or all."""
        return [rows.digest_schedule(row) for row in self._all(_LIST, {"channel": channel})]

    def last_period(self, digest_id: int) -> Millis | None:
        """Give the end of the last period posted."""
        end = self._value(_LAST_PERIOD, (digest_id,))
        return None if end is None else Millis(end)

    def mark_period(self, digest_id: int, period_end: Millis, now: Millis) -> bool:
        """Take a period; False when it was taken before."""
        return bool(self._run(_MARK, (digest_id, period_end, now)).rowcount)

    def figures(self, since: Millis, until: Millis) -> Sequence[tuple[CampaignId, Mapping[str, int]]]:
        """Give, per campaign with anything to tell, what happened in a span (`until` not included)."""
        found = self._all(_FIGURES_IN_SPAN, {"since": since, "until": until})
        figures = [(CampaignId(row["campaign_id"]), {name: row[name] for name in _FIGURES}) for row in found]
        return [(campaign_id, counted) for campaign_id, counted in figures if any(counted.values())]
