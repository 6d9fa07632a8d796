"""Copying a whole database from one engine to the other: resumable, and proved row by row before it may be used."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from bot.domain.errors import ConfigurationError
from storage.sqlite.copying import SqliteSource, source
from storage.tables import KEYS, digest

if TYPE_CHECKING:
    from storage.postgres.copying import PostgresTarget

#: Rows that become durable together.
PAGE: Final = 5_000

#: Called with a table and the rows of it that are safe by now.
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Copied:
    """One table that is the same on both sides: how many rows, and their SHA-256 in the order of the key."""

    table: str
    rows: int
    sha256: str


def copy(path: str, url: str, on_progress: Progress) -> list[Copied]:
    """Copy the SQLite file at `path` into an empty PostgreSQL database and prove it.

    Broken off anywhere, it goes on behind the last page when it is called again. Raises ConfigurationError for a
    source somebody serves from, a target that is not empty, and a copy that is not the same in the end.
    """
    from storage.postgres.copying import target

    with source(path) as old, target(url) as new:
        for table in KEYS:
            _copy_table(old, new, table, on_progress)
        copied = [_compared(old, new, table) for table in KEYS]
        new.finish()
    return copied


def _copy_table(old: SqliteSource, new: "PostgresTarget", table: str, on_progress: Progress) -> None:
    columns, done = old.columns(table), 0
    rows = old.rows(table, new.last_key(table))
    while page := list(islice(rows, PAGE)):
        new.put(table, columns, page)
        done += len(page)
        on_progress(table, done)


def _compared(old: SqliteSource, new: "PostgresTarget", table: str) -> Copied:
    columns = old.columns(table)
    there, here = digest(_as_stored(old, table)), digest(new.rows(table, columns))
    if there != here:
        raise ConfigurationError(
            f"The copy of table {table} is not the same: {there[0]} rows at the source, {here[0]} at the target. "
            "The source changed between two runs; copy into a new, empty database."
        )
    return Copied(table, *here)


def _as_stored(old: SqliteSource, table: str) -> Iterator[tuple[object, ...]]:
    from storage.postgres.copying import adapted

    columns = old.columns(table)
    return (adapted(columns, row) for row in old.rows(table, None))
