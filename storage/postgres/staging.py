"""Rows on their way in: copied as a stream into a temporary table, from where one statement takes them all."""

from collections.abc import Iterable, Sequence

from storage.postgres.session import Session
from storage.rows.recipients import STATE_COLUMNS

#: What a change writes: the state, and the delivery that restates it.
CHANGING_COLUMNS = (*STATE_COLUMNS, "delivery")
_TEXTS = ("dispatch", "delivery", "wamid", "reason", "route")


def _kind(column: str) -> str:
    if column in _TEXTS:
        return "text"
    return "boolean" if column == "free" else "bigint"


#: Staging table to its columns with their types. `place` keeps the order in which rows were given.
_TABLES: dict[str, dict[str, str]] = {
    "staged_people": {
        "place": "bigint",
        **dict.fromkeys(("phone", "identity", "country", "market", "name", "language", "attributes"), "text"),
    },
    "staged_consents": {
        "place": "bigint",
        "person_id": "bigint",
        "at": "bigint",
        **dict.fromkeys(("source", "wording", "evidence", "actor"), "text"),
    },
    "staged_recipients": {
        "place": "bigint",
        "person_id": "bigint",
        **dict.fromkeys(("identity", "address", "market", "country"), "text"),
        "parameters": "bytea",
        "seal": "bytea",
    },
    "staged_changes": {
        "id": "bigint",
        **{f"old_{name}": _kind(name) for name in STATE_COLUMNS},
        **{f"new_{name}": _kind(name) for name in CHANGING_COLUMNS},
    },
}


def stage(session: Session, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Fill a staging table anew, in the order of its columns; it is this connection's own and ends with the commit."""
    columns = _TABLES[table]
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    session.raw.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {table} ({typed}) ON COMMIT DELETE ROWS".encode())
    session.raw.execute(f"DELETE FROM {table}".encode())
    copy_rows(session, table, tuple(columns), rows)


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Stream rows into a table; they are made beforehand, so that a COPY that has begun waits for the network only."""
    made = list(rows)
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()
    with session.raw.cursor() as cursor, cursor.copy(statement) as copy:
        for row in made:
            copy.write_row(row)
