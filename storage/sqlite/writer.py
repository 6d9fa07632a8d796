"""The one writer of a file: each group of works is one transaction, in which each work stands or falls alone."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress

from sqlite_utils import Database

from bot.domain.errors import StorageFullError
from bot.ports.storage import Transaction
from storage.results import check_result
from storage.sqlite.errors import translated
from storage.writer import GroupWriter, Outcome, Work


class Writer(GroupWriter):
    """Runs groups on the writing connection."""

    def __init__(self, db: Database, transaction: Transaction) -> None:
        super().__init__()
        self._db = db
        self._transaction = transaction
        self._thread.start()

    def _end(self) -> None:
        self._db.close()

    def _run_group(self, works: Sequence[Work]) -> list[Outcome]:
        """Run works in one transaction; only where one raises, all of them again, each in a savepoint.

        While a savepoint is open SQLite copies every page that is changed to a temporary file, which took a quarter of
        the time of a group of statuses (benchmarks/webhooks.py). A work may therefore run twice, as on PostgreSQL.
        """
        try:
            return self._commit(works, self._run_bare)
        except _WorkFailedError as failed:
            if len(works) == 1:
                return [(None, translated(failed.error))]
            return self._commit(works, self._run_in_savepoint)

    def _commit(self, works: Sequence[Work], run: Callable[[Work], Outcome]) -> list[Outcome]:
        connection = self._db.conn
        try:
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [run(work) for work in works]
            connection.execute("COMMIT")
        except _WorkFailedError:
            self._roll_back()
            raise
        except (sqlite3.Error, _TransactionLostError) as error:
            self._roll_back()
            return [(None, _group_error(error))] * len(works)
        return outcomes

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # a disk that fails twice must not end the thread; the next BEGIN tells
            self._db.conn.rollback()

    def _run_bare(self, work: Work) -> Outcome:
        try:
            return check_result(work.run(self._transaction)), None
        except Exception as error:
            self._require_transaction(error)
            raise _WorkFailedError(error) from error

    def _run_in_savepoint(self, work: Work) -> Outcome:
        """Run one work in its savepoint (what `atomic` is inside a transaction)."""
        try:
            with self._db.atomic():
                return check_result(work.run(self._transaction)), None
        except Exception as error:  # noqa: BLE001 - the edge of the thread: it must live, and the caller must be told
            self._require_transaction(error)
            return None, translated(error)

    def _require_transaction(self, error: Exception) -> None:
        """Raise when a work lost the transaction: a full disk can make SQLite undo all of it, other works included."""
        if not self._db.conn.in_transaction:
            raise _TransactionLostError from error


class _WorkFailedError(Exception):
    """A work raised, and the transaction is still there."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


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
