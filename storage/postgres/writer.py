"""The writer of one process: groups of works in serializable transactions, repeated until they stand.

The services were written for a world in which one transaction follows another. SERIALIZABLE gives them that world while
several processes write: of two that could not have run one after the other, the server lets one commit and this
writer runs the other again, alone, so that it cannot meet anybody a second time. A work may therefore run more than
once; only what it did in the last run is committed and returned, so it must do nothing but read and write its
transaction (as on SQLite, where it must not wait either).
"""

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress

import psycopg
from psycopg import errors

from bot.ports.storage import Transaction
from storage.postgres.errors import CLASHES, full, translated
from storage.postgres.receipts import Receipts
from storage.postgres.session import APPLICATION, IDLE_WRITE_MS, LOCK_MS, Session
from storage.results import check_result
from storage.writer import GroupWriter, Outcome, Work

log = logging.getLogger(__name__)

#: How often a group is run before the caller is told that the server breaks off every time.
MOST_RUNS = 10
#: Seconds between tries to reach the server; after the last one the works fail, and the next group tries again.
RECONNECT_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 1.0, 1.0, 1.0)
#: Seconds between tries while a commit is neither known to stand nor to have failed.
PATIENT_SECONDS = 2.0

#: How long a group waits to be alone. Nobody else begins meanwhile, so that a long group of another process holds up
#: all of them; after that it is tried once more beside the others.
ALONE_MS = 2_000

# Whoever writes shares a lock on a table that nobody changes, and a group that runs again takes it alone: otherwise a
# long group (an import, a plan) would be beaten by short ones every time. The server grants locks in the order in which
# they were asked for. Unlike an advisory lock, LOCK TABLE takes no snapshot: what the group then sees is younger than
# its turn. It waits inside the transaction, so whoever freezes there is ended as everybody who freezes in one.
_BEGIN = "BEGIN ISOLATION LEVEL SERIALIZABLE"
_BEGIN_TOGETHER = f"{_BEGIN}; LOCK TABLE schema_steps IN ROW SHARE MODE".encode()
_BEGIN_ALONE = f"""
{_BEGIN}; SET LOCAL lock_timeout = {ALONE_MS}; LOCK TABLE schema_steps IN EXCLUSIVE MODE;
SET LOCAL lock_timeout = {LOCK_MS}
""".encode()
# No limit of the server's ends a process that froze in the middle of a COPY: while it waits for more rows, it puts a
# cancelled statement off. So whoever waits in vain ends those of us who hold the turn and keep the server waiting.
_END_FROZEN = f"""
SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a JOIN pg_locks AS l ON l.pid = a.pid
WHERE a.datname = current_database() AND a.usename = current_user AND a.application_name = '{APPLICATION}'
  AND l.relation = 'schema_steps'::regclass AND l.granted AND l.mode IN ('RowShareLock', 'ExclusiveLock')
  AND a.wait_event = 'ClientRead' AND a.state_change < clock_timestamp() - interval '{IDLE_WRITE_MS} milliseconds'
  AND a.pid <> pg_backend_pid()
""".encode()


class PostgresWriter(GroupWriter):
    """Runs groups on the writing connection."""

    # Each work is a savepoint, and the server keeps only 64 of them at hand.
    group_limit = 64

    def __init__(self, session: Session, transaction: Transaction) -> None:
        super().__init__()
        self._session = session
        self._transaction = transaction
        self._receipts = Receipts()
        self._receipts.begin(session.raw)
        self._closing = threading.Event()
        self._thread.start()

    def close(self) -> None:
        """Run what is queued, without waiting for a server that is away, then close the connection."""
        self._closing.set()
        super().close()

    def _end(self) -> None:
        self._session.close()

    def _run_group(self, works: Sequence[Work]) -> list[Outcome]:
        try:
            return self._insist(works)
        except Exception as error:  # noqa: BLE001 - the edge of the thread: it must live, and every caller must be told
            found = translated(error)
            return [(None, found)] * len(works)

    def _insist(self, works: Sequence[Work]) -> list[Outcome]:
        """Run a group until it is committed, or until it is certain that it is not."""
        for run in range(MOST_RUNS):
            try:
                return self._commit(works, is_alone=bool(run % 2))
            except _CommitUnknownError as unknown:
                if self._is_committed(unknown.serial):
                    return unknown.outcomes
            except CLASHES:
                continue
            except errors.LockNotAvailable:
                self._end_frozen()
            except psycopg.Error:
                if not self._session.is_lost:
                    raise
                self._reconnect()
        raise full(f"{MOST_RUNS} tries in a row were broken off or found no turn; look into the server's log")

    def _commit(self, works: Sequence[Work], *, is_alone: bool) -> list[Outcome]:
        raw = self._session.raw
        try:
            raw.execute(_BEGIN_ALONE if is_alone else _BEGIN_TOGETHER)
            outcomes = [self._run_one(work, is_alone=is_alone) for work in works]
            serial = self._receipts.issue(raw)
        except BaseException:
            self._undo()
            raise
        try:
            raw.execute("COMMIT")
        except psycopg.Error as error:
            if self._session.is_lost:
                raise _CommitUnknownError(outcomes, serial) from error
            self._undo()
            raise
        return outcomes

    def _run_one(self, work: Work, *, is_alone: bool) -> Outcome:
        """Run one work in its savepoint; what calls for another run of the whole group is raised.

        Beside others, a unique key in the way may be one that our snapshot does not see yet.
        """
        raw = self._session.raw
        raw.execute("SAVEPOINT work")
        try:
            result = check_result(work.run(self._transaction))
        except Exception as error:
            if self._session.is_lost or isinstance(error, CLASHES):
                raise
            if not is_alone and isinstance(error, errors.UniqueViolation):
                raise errors.SerializationFailure from error
            raw.execute("ROLLBACK TO SAVEPOINT work")
            if isinstance(error, errors.LockNotAvailable) and self._end_frozen():
                raise errors.SerializationFailure from error
            return None, translated(error)
        raw.execute("RELEASE SAVEPOINT work")
        return result, None

    def _end_frozen(self) -> int:
        """End the connections of processes that stopped in the middle of a write; gives how many there were."""
        ended = self._session.raw.execute(_END_FROZEN).rowcount
        if ended:
            log.warning("ended %d connections of processes that stopped in the middle of a write", ended)
        return ended

    def _undo(self) -> None:
        with suppress(psycopg.Error):  # a connection that is gone has undone everything already
            self._session.raw.execute("ROLLBACK")

    def _is_committed(self, serial: int) -> bool:
        """Ask, for as long as it takes, what became of a commit whose answer was lost."""
        while True:
            try:
                self._reconnect()
                return self._receipts.holds(self._session.raw, serial)
            except Exception as error:
                if self._closing.wait(PATIENT_SECONDS):
                    raise full("the connection was lost in the middle of a commit, and nobody knows of it") from error

    def _reconnect(self) -> None:
        """Connect anew; raises psycopg.OperationalError when the server stays away, or at once while closing."""
        for seconds in RECONNECT_SECONDS:
            try:
                self._session.reconnect()
                self._receipts.begin(self._session.raw)
            except psycopg.OperationalError:
                if self._closing.wait(seconds):
                    raise
            else:
                return
        self._session.reconnect()
        self._receipts.begin(self._session.raw)


class _CommitUnknownError(Exception):
    """The connection was lost after COMMIT was sent and before its answer came."""

    def __init__(self, outcomes: list[Outcome], serial: int) -> None:
        super().__init__("nobody knows whether it was committed")
        self.outcomes = outcomes
        self.serial = serial
