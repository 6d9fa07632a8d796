"""Digests: when each channel gets one, which periods were taken, and what there is to tell.

What a digest tells is how far the campaigns' counters have moved since the last one: Meta may report anything late, and
by its own times whatever comes after a boundary from before it would be in no digest.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

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
_KNOWN = "SELECT 1 FROM digests WHERE channel = ? AND kind = ?"
_LAST_TAKEN = "SELECT max(taken_at) AS value FROM digest_periods WHERE digest_id = ?"
_MARK = "INSERT INTO digest_periods (digest_id, period_end, taken_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"

# The counters of a channel's campaigns that are not as this digest showed them last.
_MOVED = """
FROM campaigns AS c JOIN tallies AS t ON t.campaign_id = c.id
LEFT JOIN digest_shown AS s ON s.digest_id = :digest_id AND s.campaign_id = t.campaign_id AND s.fact = t.fact
WHERE c.channel = :channel AND t.n <> coalesce(s.n, 0)
  AND (t.fact IN ('sent', 'delivered', 'read', 'clicked', 'failed', 'refused') OR substr(t.fact, 1, 7) = 'billed:')
"""
_NEWS = f"SELECT t.campaign_id, t.fact, t.n - coalesce(s.n, 0) AS n {_MOVED} ORDER BY t.campaign_id, t.fact"
_SHOW = f"""
INSERT INTO digest_shown (digest_id, campaign_id, fact, n) SELECT :digest_id, t.campaign_id, t.fact, t.n {_MOVED}
ON CONFLICT (digest_id, campaign_id, fact) DO UPDATE SET n = excluded.n
"""

_ARRIVED = "CASE WHEN read_at < delivered_at THEN read_at ELSE coalesce(delivered_at, read_at) END"
#: Figure to the instant at which a message began to count for it. A message read counts as delivered from the earlier
#: of the two reports; a refusal has no time of its own, so it counts when its request left.
_FIGURES = {
    "sent": "CASE WHEN dispatch = 'accepted' THEN accepted_at END",
    "delivered": f"CASE WHEN dispatch = 'accepted' THEN {_ARRIVED} END",
    "read": "CASE WHEN dispatch = 'accepted' THEN read_at END",
    "clicked": "clicked_at",
    "billed": f"CASE WHEN dispatch = 'accepted' AND NOT free THEN {_ARRIVED} END",
    "failed": "CASE WHEN dispatch = 'accepted' AND delivery = 'failed' THEN failed_at END",
    "refused": "CASE WHEN dispatch = 'refused' THEN sending_at END",
}
_COUNTED = "count(*) FILTER (WHERE {at} >= :since AND {at} < :until) AS {name}"
# A message that no longer counts (NULL) fits no span. One scan of all messages, where no digest was posted yet.
_FIGURES_IN_SPAN = f"""
SELECT campaign_id, market, {", ".join(_COUNTED.format(at=at, name=name) for name, at in _FIGURES.items())}
FROM recipients GROUP BY campaign_id, market ORDER BY campaign_id, market
"""


class DigestsBook(Book):
    """The port `Digests`."""

    def set(self, channel: str, kind: str, at: str, zone: str, by: str, now: Millis) -> DigestSchedule:
        """Store or replace the channel's schedule of that kind; its periods stay taken, its figures shown."""
        is_new = self._one(_KNOWN, (channel, kind)) is None
        schedule = rows.digest_schedule(self._run(_SET, (channel, kind, at, zone, by, now)).fetchone())
        if is_new:
            self.show(schedule)
        return schedule

    def remove(self, channel: str) -> int:
        """Remove a channel's schedules; say how many."""
        return self._run(_REMOVE, (channel,)).rowcount

    def list(self, channel: str | None = None) -> Sequence[DigestSchedule]:
        """List the schedules, of one channel or all."""
        return [rows.digest_schedule(row) for row in self._all(_LIST, {"channel": channel})]

    def last_taken(self, digest_id: int) -> Millis | None:
        """Say when the last period was taken."""
        at = self._value(_LAST_TAKEN, (digest_id,))
        return None if at is None else Millis(at)

    def mark_period(self, digest_id: int, period_end: Millis, now: Millis) -> bool:
        """Take a period; False when it was taken before."""
        return bool(self._run(_MARK, (digest_id, period_end, now)).rowcount)

    def news(self, schedule: DigestSchedule) -> Sequence[tuple[CampaignId, Mapping[str, int]]]:
        """Give, per campaign of its channel, by how much the counters moved since they were last shown."""
        return _by_campaign((row["campaign_id"], row["fact"], row["n"]) for row in self._all(_NEWS, _of(schedule)))

    def show(self, schedule: DigestSchedule) -> None:
        """Remember the counters of its channel's campaigns as shown by this digest."""
        self._run(_SHOW, _of(schedule))

    def figures(self, since: Millis, until: Millis) -> Sequence[tuple[CampaignId, Mapping[str, int]]]:
        """Give, per campaign with anything to tell, what happened by Meta's time (`until` not included)."""
        found = self._all(_FIGURES_IN_SPAN, {"since": since, "until": until})
        return _by_campaign(
            (row["campaign_id"], f"billed:{row['market']}" if name == "billed" else name, row[name])
            for row in found
            for name in _FIGURES
        )


def _of(schedule: DigestSchedule) -> dict[str, object]:
    return {"digest_id": schedule.id, "channel": schedule.channel}


def _by_campaign(counted: Iterable[tuple[int, str, int]]) -> list[tuple[CampaignId, Mapping[str, int]]]:
    """Add up (campaign, fact, number), what came to nothing left out."""
    added: dict[CampaignId, Counter[str]] = {}
    for campaign_id, fact, n in counted:
        if n:
            added.setdefault(CampaignId(campaign_id), Counter())[fact] += n
    return list(added.items())
