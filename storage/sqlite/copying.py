"""A file as the source of a copy: one snapshot, read table by table in the order of its keys."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from storage.schema import refuse_misfit
from storage.sqlite.database import SqliteConnection, connect
from storage.sqlite.errors import opening
from storage.sqlite.lock import exclusive
from storage.sqlite.migrations import state_of
from storage.tables import KEYS


class SqliteSource:
    """Reads what is to be copied."""

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection

    def columns(self, table: str) -> tuple[str, ...]:
        """Name a table's columns in their order."""
        return tuple(row["name"] for row in self._connection.execute(f"PRAGMA table_info({table})"))

    def rows(self, table: str, after: Sequence[object] | None) -> Iterator[tuple[object, ...]]:
        """Walk a table by its key, from behind a key or from the beginning."""
        key = ", ".join(KEYS[table])
        behind = f"WHERE ({key}) > ({', '.join('?' * len(KEYS[table]))})" if after is not None else ""
        for row in self._connection.each(f"SELECT * FROM {table} {behind} ORDER BY {key}", tuple(after or ())):
            yield tuple(row)


@contextmanager
def source(path: str) -> Iterator[SqliteSource]:
    """Open a file that no process serves from, and keep it so; raises ConfigurationError where one does.

    Leases of dead processes are dropped, so that whoever serves from the copy takes them at once.
    """
    with exclusive(path), opening(path):
        db = connect(path)
        try:
            refuse_misfit(path, state_of(db))
            db.conn.execute("UPDATE leases SET holder = NULL")
            db.conn.execute("BEGIN")
            yield SqliteSource(db.conn)  # type: ignore[arg-type]  # `connect` makes no other kind
        finally:
            db.close()
