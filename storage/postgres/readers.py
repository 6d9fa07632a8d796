"""A few reading connections, each with a thread of its own while it works; every read sees one snapshot."""

import asyncio
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import psycopg

from bot.ports.storage import Transaction
from storage.postgres.errors import translated
from storage.postgres.session import Session
from storage.results import check_result

T = TypeVar("T")

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Readers:
    """Runs reads beside the writers, as many at a time as there are connections."""

    def __init__(self, sessions: Sequence[tuple[Session, Transaction]]) -> None:
        self._all = sessions
        self._idle: queue.SimpleQueue[tuple[Session, Transaction]] = queue.SimpleQueue()
        for session in sessions:
            self._idle.put(session)
        self._threads = ThreadPoolExecutor(len(sessions), thread_name_prefix="arauto-reader")

    async def read(self, run: Callable[[Transaction], T]) -> T:
        """Run a read in one transaction, which keeps the snapshot of its first statement."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, run)

    def close(self) -> None:
        """Wait for reads under way and close the connections."""
        self._threads.shutdown()
        for session, _ in self._all:
            session.close()

    def _run(self, run: Callable[[Transaction], T]) -> T:
        session, transaction = self._idle.get()
        try:
            return self._read(session, transaction, run)
        except Exception as error:  # the edge of the thread; only vendor errors change on their way out
            found = translated(error)
            if found is error:
                raise
            raise found from error
        finally:
            self._idle.put((session, transaction))

    def _read(self, session: Session, transaction: Transaction, run: Callable[[Transaction], T]) -> T:
        """Read; a connection found lost is made anew once, because reading twice harms nobody."""
        try:
            return _attempt(session, transaction, run)
        except psycopg.Error:
            if not session.is_lost:
                raise
        session.reconnect()
        return _attempt(session, transaction, run)


def _attempt(session: Session, transaction: Transaction, run: Callable[[Transaction], T]) -> T:
    session.raw.execute(_BEGIN)
    try:
        return check_result(run(transaction))
    finally:
        with suppress(psycopg.Error):  # nothing was written; a connection that is gone is found so by the next read
            session.raw.execute("ROLLBACK")
