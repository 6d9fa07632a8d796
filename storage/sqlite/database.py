"""Opening connections: WAL, full durability, foreign keys, and no transaction that nobody asked for."""

import sqlite3
from typing import cast

from sqlite_utils import Database

from bot.domain.errors import ConfigurationError
from bot.ports.clock import Clock
from storage.sqlite.aggregates import LowestIds
from storage.sqlite.transaction import SqliteBooks

#: STRICT tables came with this version.
OLDEST_SQLITE = (3, 37, 0)
#: How long a write waits for another process (a command beside `serve`) before it gives up.
BUSY_TIMEOUT_MS = 5_000
_CACHED_STATEMENTS = 512
#: Pages of a file kept in memory by its writer, in KiB: a campaign's statuses come back to pages all over its table.
WRITER_CACHE_KIB = 65_536
READER_CACHE_KIB = 8_192
#: An import comes back to the pages of an index in their order, so that a large cache would hold what is not needed.
COMMAND_CACHE_KIB = 16_384
# How many pages may wait in the log before they are put in their place. Under load the same pages are written again and
# again; at SQLite's 1,000 they were put in place every few commits and took a quarter of all processor time
# (benchmarks/webhooks.py). More would make the one commit that does it wait longer.
_CHECKPOINT_PAGES = 8_000
# What a burst may leave the log at; it is 32 MiB at its checkpoint.
_LOG_BYTES = 64 * 1024 * 1024

# isolation_level=None: the sqlite3 module opens no transaction by itself, ours begin and end in writer.py, readers.py
# and migrations.py. Mind that `with connection:` then opens none either; `Database.atomic()` does.


class SqliteConnection(sqlite3.Connection):
    """A connection as the books want it (`storage.books.connection`)."""

    #: SQLite's cursors hold one row at a time by themselves.
    each = sqlite3.Connection.execute


def books(db: Database, clock: Clock) -> SqliteBooks:
    """Open the books over a connection made here."""
    return SqliteBooks(cast("SqliteConnection", db.conn), clock)


def connect(path: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS, cache_kib: int = WRITER_CACHE_KIB) -> Database:
    """Open a file for reading and writing; an SQLite that is too old raises ConfigurationError.

    The connection may be handed to another thread, but only one at a time may use it.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise ConfigurationError(f"Arauto needs SQLite {wanted} or newer; this Python has {sqlite3.sqlite_version}.")
    return _configured(path, busy_timeout_ms, cache_kib)


def connect_reader(path: str) -> Database:
    """Open a file for reading only."""
    db = connect(path, cache_kib=READER_CACHE_KIB)
    db.conn.execute("PRAGMA query_only = ON")
    return db


def _configured(path: str, busy_timeout_ms: int, cache_kib: int) -> Database:
    connection = sqlite3.connect(
        path,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_CACHED_STATEMENTS,
        factory=SqliteConnection,
    )
    try:
        # First of all, so that the others wait for a busy file as well.
        connection.execute(f"PRAGMA busy_timeout = {busy_timeout_ms}")
        connection.execute("PRAGMA journal_mode = WAL")
        # A commit is on the disk when it returns: `sending` must survive a power cut before its request leaves.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # What an erased person leaves behind is overwritten, not just forgotten.
        connection.execute("PRAGMA secure_delete = FAST")
        connection.execute(f"PRAGMA cache_size = {-cache_kib}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
        connection.row_factory = sqlite3.Row
        # The standard library's stub asks for a step with one exact signature, which no aggregate of one value has.
        connection.create_aggregate("lowest_ids", 1, LowestIds)  # type: ignore[arg-type]
        # Other programs' sqlite-utils plugins have no business here.
        return Database(connection, execute_plugins=False)
    except sqlite3.Error:
        connection.close()
        raise
