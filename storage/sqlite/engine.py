"""The engine: opens a file only when its schema fits, and runs works on one writer and a few readers."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlite_utils import Database

from bot.ports.clock import Clock
from bot.ports.storage import Transaction
from storage.schema import SchemaState, refuse_misfit, refuse_unknown
from storage.sqlite.database import WRITER_CACHE_KIB, books, connect, connect_reader
from storage.sqlite.errors import opening
from storage.sqlite.lock import exclusive
from storage.sqlite.migrations import apply_all, state_of
from storage.sqlite.readers import Readers
from storage.sqlite.writer import Writer

T = TypeVar("T")

READERS = 3


class SqliteStorage:
    """The port `Storage` over one SQLite file."""

    def __init__(self, path: str, *, clock: Clock, cache_kib: int = WRITER_CACHE_KIB) -> None:
        """Open a file; an empty one gets the whole schema, an older, newer or foreign one raises ConfigurationError."""
        with opening(path):
            db = _fitting(path, cache_kib)
            readers = [connect_reader(path) for _ in range(READERS)]
        self._writer = Writer(db, books(db, clock))
        self._readers = Readers([(reader, books(reader, clock)) for reader in readers])

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run a work and return once its commit is on the disk."""
        return await self._writer.write(work)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run a read beside the writer, on a snapshot of its own."""
        return await self._readers.read(work)

    async def close(self) -> None:
        """Finish what was handed over and close every connection."""
        await asyncio.to_thread(self._readers.close)
        await asyncio.to_thread(self._writer.close)


def migrate(path: str) -> list[str]:
    """Bring a file to the newest schema and name the steps applied.

    A newer or foreign one raises ConfigurationError, and so does an older one that somebody serves from: a program made
    for the old tables could not record a stop in the new ones, and would go on sending.
    """
    with _opened(path) as db:
        state = state_of(db)
        refuse_unknown(path, state)
        if state.is_empty or not state.is_older:
            return apply_all(db)
        with exclusive(path):
            return apply_all(db)


def schema_state(path: str) -> SchemaState:
    """Read which schema a file has."""
    with _opened(path) as db:
        return state_of(db)


@contextmanager
def _opened(path: str) -> Iterator[Database]:
    with opening(path):
        db = connect(path)
        try:
            yield db
        finally:
            db.close()


def _fitting(path: str, cache_kib: int) -> Database:
    db = connect(path, cache_kib=cache_kib)
    try:
        if state_of(db).is_empty:
            apply_all(db)
        refuse_misfit(path, state_of(db))
    except BaseException:
        db.close()
        raise
    return db
