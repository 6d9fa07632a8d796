"""The numbered steps from an empty file to the newest schema."""

import sqlite3
from collections.abc import Iterable, Iterator

from sqlite_utils import Database, Migrations

from storage.schema import STEP_NAMES, SchemaState
from storage.sqlite import schema

STEPS = Migrations("arauto")


@STEPS(name=STEP_NAMES[0])
def _first_schema(db: Database) -> None:
    _run(db, schema.V1)


@STEPS(name=STEP_NAMES[1])
def _audience_cells(db: Database) -> None:
    _run(db, schema.V2)


@STEPS(name=STEP_NAMES[2])
def _open_messages(db: Database) -> None:
    _run(db, schema.V3)


@STEPS(name=STEP_NAMES[3])
def _lean_people(db: Database) -> None:
    _run(db, schema.V4)


@STEPS(name=STEP_NAMES[4])
def _chat_troubles(db: Database) -> None:
    _run(db, schema.V5)


@STEPS(name=STEP_NAMES[5])
def _digest_figures(db: Database) -> None:
    _run(db, schema.V6)


@STEPS(name=STEP_NAMES[6])
def _posts_under_way(db: Database) -> None:
    _run(db, schema.V7)


@STEPS(name=STEP_NAMES[7])
def _sealed_rows(db: Database) -> None:
    _run(db, schema.V8)


def state_of(db: Database) -> SchemaState:
    """Read which steps a database has; writes nothing."""
    found = tuple(step.name for step in STEPS.applied(db))
    return SchemaState(found, is_foreign=not found and bool(db.table_names()))


def apply_all(db: Database) -> list[str]:
    """Apply what is missing, all in one transaction, and name the steps; two processes at once take turns."""
    # A step may build a table anew to which others refer; this can only be switched outside of a transaction. And what
    # the old table held must not stay in the file, where nobody could erase it; FAST leaves the pages of a table alone.
    db.conn.execute("PRAGMA foreign_keys = OFF")
    db.conn.execute("PRAGMA secure_delete = ON")
    try:
        return _apply_all(db)
    finally:
        db.conn.execute("PRAGMA secure_delete = FAST")
        db.conn.execute("PRAGMA foreign_keys = ON")


def _apply_all(db: Database) -> list[str]:
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        missing = [step.name for step in STEPS.pending(db)]
        STEPS.apply(db)
        db.conn.execute("COMMIT")
    except BaseException:
        db.conn.rollback()
        raise
    return missing


def _run(db: Database, parts: Iterable[str]) -> None:
    for part in parts:
        for statement in _statements(part):
            db.conn.execute(statement)


def _statements(script: str) -> Iterator[str]:
    """Split a script; `executescript` would not do, because it commits the transaction it is called in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
