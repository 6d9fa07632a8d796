"""The numbered steps from an empty file to the newest schema, and the judgement whether a file is at it."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from sqlite_utils import Database, Migrations

from storage.sqlite import schema

STEPS = Migrations("arauto")
#: Every step this program knows, in order.
STEP_NAMES = ("0001_first_schema",)


@STEPS(name=STEP_NAMES[0])
def _first_schema(db: Database) -> None:
    for part in schema.V1:
        for statement in _statements(part):
            db.conn.execute(statement)


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Which steps a database has (`found`) and which this program knows; foreign: it holds tables, but none of ours."""

    found: tuple[str, ...]
    wanted: tuple[str, ...] = STEP_NAMES
    is_foreign: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing was ever created here."""
        return not self.found and not self.is_foreign

    @property
    def is_newer(self) -> bool:
        """A newer Arauto made it: it has steps that this one does not know."""
        return bool(set(self.found) - set(self.wanted))

    @property
    def is_older(self) -> bool:
        """It lacks steps."""
        return not self.is_newer and self.found != self.wanted

    @property
    def version(self) -> str:
        """Name the last step found."""
        return self.found[-1] if self.found else "none"

    @property
    def wanted_version(self) -> str:
        """Name the last step this program knows."""
        return self.wanted[-1]


def state_of(db: Database) -> SchemaState:
    """Read which steps a database has; writes nothing."""
    found = tuple(step.name for step in STEPS.applied(db))
    return SchemaState(found, is_foreign=not found and bool(db.table_names()))


def apply_all(db: Database) -> list[str]:
    """Apply what is missing, all in one transaction, and name the steps; two processes at once take turns."""
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        missing = [step.name for step in STEPS.pending(db)]
        STEPS.apply(db)
        db.conn.execute("COMMIT")
    except BaseException:
        db.conn.rollback()
        raise
    return missing


def _statements(script: str) -> Iterator[str]:
    """Split a script; `executescript` would not do, because it commits the transaction it is called in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
