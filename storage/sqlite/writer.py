"""The one writer: a thread that runs what is queued in one transaction, each work in a savepoint of its own."""

import asyncio
import queue
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlite_utils import Database

from bot.domain.errors import StorageFullError
from bot.ports.storage import Transaction
from storage.sqlite.errors import translated
from storage.sqlite.results import check_result

T = TypeVar("T")

#: Works that share one commit at most; more would only make the first of them wait.
GROUP_LIMIT = 512


@dataclass(frozen=True, slots=True)
class _Work:
    run: Callable[[Transaction], Any]
    future: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop


#: What became of one work: its result or its error.
_Outcome = tuple[Any, BaseException | None]


class Writer:
    """Owns the writing connection and its thread; `write` may be called from any event loop."""

    def __init__(self, db: Database, transaction: Transaction) -> None:
        self._db = db
        self._transaction = transaction
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._is_closed = False
        self._thread = threading.Thread(target=self._serve, name="arauto-writer", daemon=True)
        self._thread.start()

    async def write(self, run: Callable[[Transaction], T]) -> T:
        """Run a work and return once its commit is durable; a work handed over runs even if nobody waits any more."""
        if self._is_closed:
            raise RuntimeError("the storage is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.put(_Work(run, future, loop))
        return await future

    def close(self) -> None:
        """Run what is queued, then end the thread and close the connection; blocks until both are done."""
        if not self._is_closed:
            self._is_closed = True
            self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (works := self._next_group()) is not None:
            if works:
                _resolve(works, self._run_group(works))
        self._db.close()

    def _next_group(self) -> list[_Work] | None:
        """Wait for one work and take all that are queued behind it; None once closed and empty."""
        first = self._queue.get()
        if first is None:
            return None
        works = [first]
        while len(works) < GROUP_LIMIT:
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                break
            if work is None:
                self._queue.put(None)  # ends the thread after this group; nothing is queued behind it
                break
            works.append(work)
        return works

    def _run_group(self, works: list[_Work]) -> list[_Outcome]:
        connection = self._db.conn
        try:
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._run_one(work) for work in works]
            connection.execute("COMMIT")
        except (sqlite3.Error, _TransactionLostError) as error:
            with suppress(sqlite3.Error):  # a disk that fails twice must not end the thread; the next BEGIN tells
                connection.rollback()
            return [(None, _group_error(error))] * len(works)
        return outcomes

    def _run_one(self, work: _Work) -> _Outcome:
        """Run one work in its savepoint (what `atomic` is inside a transaction)."""
        try:
            with self._db.atomic():
                return check_result(work.run(self._transaction)), None
        except Exception as error:
            if not self._db.conn.in_transaction:
                # A full disk can make SQLite undo the whole transaction, the works before this one included.
                raise _TransactionLostError from error
            return None, translated(error)


class _TransactionLostError(Exception):
    """The transaction is gone in the middle of a group."""


def _group_error(error: Exception) -> BaseException:
    cause = error.__cause__ if isinstance(error, _TransactionLostError) else error
    found = translated(cause) if cause is not None else error
    if isinstance(found, StorageFullError):
        return found
    full = StorageFullError(f"The database undid the whole transaction ({found}); nothing of it was recorded.")
    full.__cause__ = found
    return full


def _resolve(works: list[_Work], outcomes: list[_Outcome]) -> None:
    """Tell the callers, one wake-up for each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], _Outcome]]] = defaultdict(list)
    for work, outcome in zip(works, outcomes, strict=True):
        by_loop[work.loop].append((work.future, outcome))
    for loop, settled in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, settled)


def _settle(settled: list[tuple["asyncio.Future[Any]", _Outcome]]) -> None:
    for future, (result, error) in settled:
        if future.done():  # the caller was cancelled meanwhile
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)
