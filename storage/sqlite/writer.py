"""The one writer of a file: each group of works is one transaction, each work in a savepoint of its own.

A savepoint costs a copy of every page before it changes, in a file beside the log: in an import three of four writes to
the disk (`benchmarks/optins_import.py`). A work that is alone has none, because the transaction is its own.
"""

import sqlite3
from collections.abc import Sequence
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
        connection = self._db.conn
        try:
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._run_one(work) for work in works] if len(works) > 1 else [self._run_alone(works[0])]
            if connection.in_transaction:
                connection.execute("COMMIT")
        except (sqlite3.Error, _TransactionLostError) as error:
            with suppress(sqlite3.Error):  # a disk that fails twice must not end the thread; the next BEGIN tells
                connection.rollback()
            return [(None, _group_error(error))] * len(works)
        return outcomes

    def _run_alone(self, work: Work) -> Outcome:
        """Run a work that has the transaction to itself; if it fails the transaction ends here, undone."""
        try:
            return check_result(work.run(self._transaction)), None
        except Exception as error:
            if not self._db.conn.in_transaction:
                raise _TransactionLostError from error
            self._db.conn.rollback()
            return None, translated(error)

    def _run_one(self, work: Work) -> Outcome:
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
