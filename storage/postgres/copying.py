"""A database as the target of a copy: filled page by page, each page durable, and marked until all of it is proved."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bot.domain.errors import ConfigurationError
from storage.postgres.engine import name_of
from storage.postgres.errors import opening
from storage.postgres.migrations import apply_all, state_of
from storage.postgres.session import Session
from storage.postgres.spelling import storable
from storage.postgres.staging import copy_rows
from storage.tables import BOOLEANS, KEYS, TEXT_KEYS

_MARK = "CREATE TABLE copy_under_way (source TEXT NOT NULL)"
_UNMARK = "DROP TABLE copy_under_way"
# Ids given from now on continue behind the ones that came.
_CONTINUE = """
SELECT setval(pg_get_serial_sequence('{table}', 'id'), greatest(max(id), 1), max(id) IS NOT NULL) FROM {table}
"""
_HAS_SEQUENCE = "SELECT pg_get_serial_sequence(%s, 'id') IS NOT NULL AS has_sequence"


class PostgresTarget:
    """Takes what is copied."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def last_key(self, table: str) -> tuple[object, ...] | None:
        """Give the key of the last row that arrived."""
        order = ", ".join(f"{column} DESC" for column in _ordered(table))
        row = self._session.raw.execute(f"SELECT * FROM {table} ORDER BY {order} LIMIT 1".encode()).fetchone()
        return None if row is None else tuple(row[column] for column in KEYS[table])

    def put(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Add one page, whole or not at all."""
        quoted = [f'"{column}"' for column in columns]
        with self._session.raw.transaction():
            copy_rows(self._session, table, quoted, (adapted(columns, row) for row in rows))

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[tuple[object, ...]]:
        """Walk a table by its key."""
        with self._session.raw.transaction():
            for row in self._session.each(f"SELECT * FROM {table} ORDER BY {', '.join(_ordered(table))}"):
                yield tuple(row[column] for column in columns)

    def finish(self) -> None:
        """Let new ids continue behind those that came, and take the mark away: from now on it may be served from."""
        with self._session.raw.transaction():
            for table in KEYS:
                if "id" in KEYS[table] and self._has_sequence(table):
                    self._session.raw.execute(_CONTINUE.format(table=table).encode())
            self._session.raw.execute(_UNMARK)
        # Until the server has looked at what came, it walks whole tables where an index would do.
        self._session.raw.execute("ANALYZE")

    def _has_sequence(self, table: str) -> bool:
        row = self._session.raw.execute(_HAS_SEQUENCE, (table,)).fetchone()
        return row is not None and bool(row["has_sequence"])


def adapted(columns: Sequence[str], row: Sequence[object]) -> tuple[object, ...]:
    """Give a row as it is stored here: booleans are booleans, and no text holds a NUL."""
    return tuple(_adapted(column, value) for column, value in zip(columns, row, strict=True))


def _adapted(column: str, value: object) -> object:
    if isinstance(value, str):
        return storable(value)
    return bool(value) if column in BOOLEANS and value is not None else value


@contextmanager
def target(url: str) -> Iterator[PostgresTarget]:
    """Open an empty database, or one into which a copy was begun; raises ConfigurationError for any other."""
    with opening(name_of(url)):
        session = Session(url)
        try:
            session.raw.execute("SET statement_timeout = 0")  # sorting a big table once may take its time
            _prepare(session, name_of(url))
            yield PostgresTarget(session)
        finally:
            session.close()


def _prepare(session: Session, name: str) -> None:
    state = state_of(session.raw)
    if state.is_partial:
        if state.found != state.wanted:
            raise ConfigurationError(
                f"The copy into {name} was begun by another version of Arauto; copy into a new, empty database."
            )
        return
    if not state.is_empty:
        raise ConfigurationError(f"The database {name} is not empty; copy into one that nobody has used yet.")
    with session.raw.transaction():
        session.raw.execute(_MARK)
        apply_all(session.raw)


def _ordered(table: str) -> list[str]:
    """Give the columns of a table's key as SQLite compares them: texts by their bytes."""
    return [f'{name} COLLATE "C"' if (table, name) in TEXT_KEYS else name for name in KEYS[table]]
