"""The audit chain, and its end remembered apart."""

from collections.abc import Iterator

from bot.domain.audit import GENESIS, entry_hash
from bot.domain.plan import canonical
from bot.ports.records import AuditEntry, AuditRow
from storage.books.book import Book
from storage.rows import records as rows

_HEAD = "SELECT seq, hash FROM audit_head"
_APPEND = """
INSERT INTO audit (seq, at, actor, action, subject, detail, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_MOVE_HEAD = """
INSERT INTO audit_head (id, seq, hash) VALUES (1, ?, ?)
ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash
"""
_ROWS = "SELECT * FROM audit WHERE subject = :subject OR :subject IS NULL ORDER BY seq"


class AuditBook(Book):
    """The port `Audit`."""

    def append(self, entry: AuditEntry) -> None:
        """Add one line to the end of the chain."""
        last, previous = self.head() or (0, GENESIS)
        seq, link = last + 1, entry_hash(previous, last + 1, entry)
        detail = canonical(entry.detail).decode()
        values = (seq, entry.at, entry.actor, entry.action, entry.subject, detail, previous, link)
        self._run(_APPEND, values)
        self._run(_MOVE_HEAD, (seq, link))

    def rows(self, subject: str | None = None) -> Iterator[AuditRow]:
        """Walk the chain from its beginning."""
        return (rows.audit_row(row) for row in self._each(_ROWS, {"subject": subject}))

    def head(self) -> tuple[int, str] | None:
        """Give number and hash of the last line as remembered apart from the chain."""
        row = self._one(_HEAD)
        return None if row is None else (row["seq"], row["hash"])
