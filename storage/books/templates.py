"""Templates as Meta lists them, and our edits of their lifetimes."""

from collections.abc import Iterator, Sequence
from itertools import islice

from bot.domain.instants import MINUTE, Millis
from bot.domain.template import Template, unsendable_reason
from storage.books.book import Book, insertion, like
from storage.rows import campaigns as rows
from storage.rows.values import listed

_COLUMNS = (
    *("id", "name", "language", "status", "category", "components", "parameter_format", "ttl_seconds", "quality"),
    *("has_bid", "last_updated_at", "last_used_at", "changed_at"),
)
# Meta does not know when we last sent a template; what we know of it stays.
_PUT = f"""
{insertion("templates", _COLUMNS)} ON CONFLICT (id) DO UPDATE SET
  {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in ("id", "last_used_at"))},
  last_used_at = coalesce(excluded.last_used_at, templates.last_used_at)
"""
_MARK_DELETED = """
UPDATE templates SET status = 'DELETED', changed_at = ?
WHERE id NOT IN (SELECT value FROM json_each(?)) AND status <> 'DELETED'
"""
_SYNCED = "INSERT INTO template_sync (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at"
_SYNCED_AT = "SELECT max(at) AS value FROM template_sync"
_BY_ID = "SELECT * FROM templates WHERE id = ?"
_SEARCH = """
SELECT * FROM templates WHERE name LIKE :pattern ESCAPE '!' OR language LIKE :pattern ESCAPE '!'
ORDER BY name, language, id
"""
_SET_STATUS = "UPDATE templates SET status = ?, changed_at = ? WHERE id = ?"
_SET_QUALITY = "UPDATE templates SET quality = ?, changed_at = ? WHERE id = ?"
_SET_CATEGORY = "UPDATE templates SET category = ?, changed_at = ? WHERE id = ?"
_MARK_USED = """
UPDATE templates SET last_used_at = :now WHERE id = :id AND (last_used_at IS NULL OR last_used_at < :before)
"""
#: To the minute is enough for a template that falls asleep after days; otherwise all who send it at once would meet in
#: its row.
_USED_TO = MINUTE
_RECORD_EDIT = "INSERT INTO template_edits (template_id, ttl_seconds, at) VALUES (?, ?, ?)"
_FORGET_EDITS = "DELETE FROM template_edits WHERE template_id = ? AND ttl_seconds = ? AND at >= ?"
_EDITS_SINCE = """
SELECT count(*) AS value FROM template_edits WHERE template_id = ? AND at >= ? AND ttl_seconds <> ?
"""
#: No lifetime at all, so that every edit is of another one.
_NO_LIFETIME = 0


class TemplatesBook(Book):
    """The port `Templates`."""

    def replace_all(self, templates: Sequence[Template], now: Millis) -> None:
        """Store what Meta lists; what it no longer lists is DELETED."""
        for template in templates:
            self.put(template, now)
        self._run(_MARK_DELETED, (now, listed([template.id for template in templates])))
        self._run(_SYNCED, (now,))

    def put(self, template: Template, now: Millis) -> None:
        """Store one template as Meta describes it."""
        self._run(_PUT, {**rows.template_values(template), "changed_at": now})

    def get(self, template_id: str) -> Template | None:
        """Give a template by Meta's id."""
        row = self._one(_BY_ID, (template_id,))
        return None if row is None else rows.template(row)

    def search(self, text: str, limit: int, *, sendable_only: bool = False) -> list[Template]:
        """Find by part of name or language, by name."""
        return list(islice(self._matching(text, sendable_only=sendable_only), limit))

    def _matching(self, text: str, *, sendable_only: bool) -> Iterator[Template]:
        for row in self._each(_SEARCH, {"pattern": like(text)}):
            template = rows.template(row)
            if not sendable_only or unsendable_reason(template) is None:
                yield template

    def set_status(self, template_id: str, status: str, now: Millis) -> None:
        """Note a new status; a template we do not know is left to the next listing."""
        self._run(_SET_STATUS, (status, now, template_id))

    def set_quality(self, template_id: str, quality: str, now: Millis) -> None:
        """Note a new quality."""
        self._run(_SET_QUALITY, (quality, now, template_id))

    def set_category(self, template_id: str, category: str, now: Millis) -> None:
        """Note a new category."""
        self._run(_SET_CATEGORY, (category, now, template_id))

    def mark_used(self, template_id: str, now: Millis) -> None:
        """Note, to the minute, that a campaign sent it; never goes back in time."""
        self._run(_MARK_USED, {"now": now, "before": now - _USED_TO, "id": template_id})

    def record_edit(self, template_id: str, ttl_seconds: int, now: Millis) -> None:
        """Note an edit of its lifetime."""
        self._run(_RECORD_EDIT, (template_id, ttl_seconds, now))

    def forget_edits(self, template_id: str, ttl_seconds: int, since: Millis) -> None:
        """Drop the edits to this very lifetime since then."""
        self._run(_FORGET_EDITS, (template_id, ttl_seconds, since))

    def edits_since(self, template_id: str, since: Millis, *, besides: int | None = None) -> int:
        """Count the edits of its lifetime since then, leaving out those to the lifetime `besides`."""
        return int(self._value(_EDITS_SINCE, (template_id, since, besides or _NO_LIFETIME)))

    def synced_at(self) -> Millis | None:
        """Say when the whole list was last read."""
        at = self._value(_SYNCED_AT)
        return None if at is None else Millis(at)
