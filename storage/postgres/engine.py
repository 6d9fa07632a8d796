"""The engine: opens a database only when its schema fits, and runs works on one writer and a few readers."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TypeVar

from psycopg.conninfo import conninfo_to_dict

from bot.domain.errors import ConfigurationError
from bot.ports.clock import Clock
from bot.ports.storage import Transaction
from storage.postgres.errors import opening
from storage.postgres.migrations import apply_all, state_of
from storage.postgres.readers import Readers
from storage.postgres.session import Session
from storage.postgres.transaction import PostgresBooks
from storage.postgres.writer import PostgresWriter
from storage.schema import SchemaState, refuse_misfit, refuse_unknown

T = TypeVar("T")

READERS = 3
_IS_SERVED = """
SELECT EXISTS (
  SELECT 1 FROM leases WHERE holder IS NOT NULL AND expires_at > extract(epoch FROM clock_timestamp()) * 1000
) AS is_served
"""


class PostgresStorage:
    """The port `Storage` over one PostgreSQL database, which other processes may use at the same time."""

    def __init__(self, url: str, *, clock: Clock) -> None:
        """Open a database; an empty one gets the schema, an older, newer or foreign one raises ConfigurationError."""
        with opening(name_of(url)), ExitStack() as opened:
            session = _fitting(url)
            opened.callback(session.close)
            readers = [opened.enter_context(closing(Session(url, read_only=True))) for _ in range(READERS)]
            self._writer = PostgresWriter(session, PostgresBooks(session, clock))
            opened.pop_all()
        self._readers = Readers([(reader, PostgresBooks(reader, clock)) for reader in readers])

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run a work and return once its commit is durable."""
        return await self._writer.write(work)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run a read beside the writers, on a snapshot of its own."""
        return await self._readers.read(work)

    async def close(self) -> None:
        """Finish what was handed over and close every connection."""
        await asyncio.to_thread(self._readers.close)
        await asyncio.to_thread(self._writer.close)


def migrate(url: str) -> list[str]:
    """Bring a database to the newest schema and name the steps applied.

    A newer or foreign one raises ConfigurationError, and so does an older one that somebody serves from: a program made
    for the old tables could not record a stop in the new ones, and would go on sending.
    """
    with _opened(url) as session:
        state = state_of(session.raw)
        refuse_unknown(name_of(url), state)
        if not state.is_empty and state.is_older:
            _refuse_served(name_of(url), session)
        return apply_all(session.raw)


def _refuse_served(name: str, session: Session) -> None:
    row = session.raw.execute(_IS_SERVED).fetchone()
    if row is not None and row["is_served"]:
        raise ConfigurationError(
            f"Somebody serves from the database {name}: stop every `arauto serve` first. "
            "The leases of one that died end within a minute."
        )


def schema_state(url: str) -> SchemaState:
    """Read which schema a database has."""
    with _opened(url) as session:
        return state_of(session.raw)


def name_of(url: str) -> str:
    """Name a database for people: never the whole address, which may hold a password."""
    parts = conninfo_to_dict(url)
    return f"{parts.get('host') or 'localhost'}/{parts.get('dbname') or parts.get('user') or ''}"


@contextmanager
def _opened(url: str) -> Iterator[Session]:
    with opening(name_of(url)):
        session = Session(url)
        try:
            yield session
        finally:
            session.close()


def _fitting(url: str) -> Session:
    session = Session(url)
    try:
        if state_of(session.raw).is_empty:
            apply_all(session.raw)
        refuse_misfit(name_of(url), state_of(session.raw))
    except BaseException:
        session.close()
        raise
    return session
