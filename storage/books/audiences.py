"""Audiences and imports."""

from bot.domain.audience import Audience, AudienceRule
from bot.domain.errors import ConflictError
from bot.domain.instants import Millis
from bot.ports.people import ImportRun
from storage.books.book import Book, assignments, insertion, like
from storage.rows import people as rows

_IMPORT_COLUMNS = (
    *("source", "wording", "file_name", "file_sha256", "actor", "started_at", "rows", "added", "updated", "refused"),
    "finished_at",
)
_START = f"{insertion('imports', _IMPORT_COLUMNS)} RETURNING id"
_FINISH = f"UPDATE imports SET {assignments(_IMPORT_COLUMNS)} WHERE id = :id"

_ADD = """
INSERT INTO audiences (name, rule, created_by, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING *
"""
_BY_ID = "SELECT * FROM audiences WHERE id = ?"
_BY_NAME = "SELECT * FROM audiences WHERE name = ?"
_SEARCH = "SELECT * FROM audiences WHERE name LIKE ? ESCAPE '!' ORDER BY id DESC LIMIT ?"


class ImportsBook(Book):
    """The port `Imports`."""

    def start(self, run: ImportRun) -> int:
        """Open an import and give its id."""
        return int(self._run(_START, rows.import_values(run)).fetchone()["id"])

    def finish(self, import_id: int, run: ImportRun) -> None:
        """Write down what became of it."""
        self._run(_FINISH, {**rows.import_values(run), "id": import_id})


class AudiencesBook(Book):
    """The port `Audiences`."""

    def add(self, name: str, rule: AudienceRule, created_by: str, now: Millis) -> Audience:
        """Store a rule under a new name."""
        row = self._run(_ADD, (name, rows.rule_json(rule), created_by, now)).fetchone()
        if row is None:
            raise ConflictError(f"There is an audience named “{name}” already; choose another name.")
        return rows.audience(row)

    def get(self, audience_id: int) -> Audience | None:
        """Give an audience by id."""
        row = self._one(_BY_ID, (audience_id,))
        return None if row is None else rows.audience(row)

    def by_name(self, name: str) -> Audience | None:
        """Give an audience by its exact name."""
        row = self._one(_BY_NAME, (name,))
        return None if row is None else rows.audience(row)

    def search(self, text: str, limit: int) -> list[Audience]:
        """Find by part of the name, the newest first."""
        return [rows.audience(row) for row in self._all(_SEARCH, (like(text), limit))]
