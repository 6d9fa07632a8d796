"""What the machine itself must remember: numbers, switches, and webhook bodies nobody understood."""

from collections.abc import Sequence

from bot.domain.instants import Millis
from bot.ports.records import NumberStatus
from storage.books.book import Book, insertion
from storage.rows import records as rows

_NUMBER_COLUMNS = (
    *("phone_number_id", "display", "granted_mps", "messaging_limit", "quality", "pace", "rests_until", "blocked"),
    "checked_at",
)
_PUT_NUMBER = f"""
{insertion("numbers", _NUMBER_COLUMNS)} ON CONFLICT (phone_number_id) DO UPDATE SET
  {", ".join(f"{name} = excluded.{name}" for name in _NUMBER_COLUMNS[1:])}
"""
_GET_NUMBER = "SELECT * FROM numbers WHERE phone_number_id = ?"
_NUMBERS = "SELECT * FROM numbers ORDER BY phone_number_id"

_GET_SWITCH = "SELECT value FROM switches WHERE name = ?"
_SET_SWITCH = """
INSERT INTO switches (name, value, set_at) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, set_at = excluded.set_at
"""

_KEEP = "INSERT INTO quarantine (reason, body, kept_at) VALUES (?, ?, ?)"
_COUNT = "SELECT count(*) AS value FROM quarantine"
_PURGE = "DELETE FROM quarantine WHERE kept_at < ?"


class NumbersBook(Book):
    """The port `Numbers`."""

    def get(self, phone_number_id: str) -> NumberStatus | None:
        """Give a number's status."""
        row = self._one(_GET_NUMBER, (phone_number_id,))
        return None if row is None else rows.number_status(row)

    def put(self, status: NumberStatus) -> None:
        """Store a number's status, whole."""
        self._run(_PUT_NUMBER, rows.number_values(status))

    def list(self) -> Sequence[NumberStatus]:
        """List all numbers."""
        return [rows.number_status(row) for row in self._all(_NUMBERS)]


class SwitchesBook(Book):
    """The port `Switches`."""

    def get(self, name: str) -> str | None:
        """Give a fact by name."""
        row = self._one(_GET_SWITCH, (name,))
        return None if row is None else str(row["value"])

    def set(self, name: str, value: str, now: Millis) -> None:
        """Store a fact."""
        self._run(_SET_SWITCH, (name, value, now))


class QuarantineBook(Book):
    """The port `Quarantine`."""

    def keep(self, reason: str, body: bytes, now: Millis) -> None:
        """Keep a body that cannot be understood."""
        self._run(_KEEP, (reason, body, now))

    def count(self) -> int:
        """Count what is kept."""
        return int(self._value(_COUNT))

    def purge(self, before: Millis) -> int:
        """Drop what was kept before then; say how many."""
        return self._run(_PURGE, (before,)).rowcount
