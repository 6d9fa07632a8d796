"""A few reading connections, each with a thread of its own while it works; every read sees one snapshot."""

import asyncio
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlite_utils import Database

from bot.ports.storage import Transaction
from storage.results import check_result
from storage.sqlite.errors import translated

T = TypeVar("T")


class Readers:
    """Runs reads beside the writer, as many at a time as there are connections."""

    def __init__(self, connections: Sequence[tuple[Database, Transaction]]) -> None:
        self._all = connections
        self._idle: queue.SimpleQueue[tuple[Database, Transaction]] = queue.SimpleQueue()
        for connection in connections:
            self._idle.put(connection)
        self._threads = ThreadPoolExecutor(len(connections), thread_name_prefix="arauto-reader")

    async def read(self, run: Callable[[Transaction], T]) -> T:
        """Run a read in one deferred transaction, which keeps the snapshot of its first statement."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, run)

    def close(self) -> None:
        """Wait for reads under way and close the connections."""
        self._threads.shutdown()
        for db, _ in self._all:
            db.close()

    def _run(self, run: Callable[[Transaction], T]) -> T:
        db, transaction = self._idle.get()
        try:
            db.conn.execute("BEGIN")
            return check_result(run(transaction))
        except Exception as error:  # the edge of the thread; only vendor errors change on their way out
            found = translated(error)
            if found is error:
                raise
            raise found from error
        finally:
            db.rollback()
            self._idle.put((db, transaction))
