"""One connection to PostgreSQL: durable, impatient with what hangs, and able to begin anew after it was lost."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from bot.domain.errors import ConfigurationError
from storage.books.connection import Cursor, Values
from storage.postgres.spelling import bound, spelled

#: The oldest server whose behaviour the tests vouch for.
OLDEST_SERVER = 150_000
#: Rows fetched at once while walking a long result.
WALK_ROWS = 2_000
CONNECT_SECONDS = 5
#: What our connections are called in pg_stat_activity.
APPLICATION = "arauto"
#: A statement that takes longer is given up; the longest of ours reads a million people for a preview.
STATEMENT_MS = 60_000
#: A process that stops in the middle of a write (SIGSTOP, a frozen machine) loses it after this long: shorter than any
#: lease, so that what it had begun can neither block its successor nor be committed later.
IDLE_WRITE_MS = 5_000
#: How long a write waits for what another process holds: longer than a frozen one can hold anything.
LOCK_MS = 8_000
#: A read may pause for what it feeds (an export to a slow disk).
IDLE_READ_MS = 120_000

_NETWORK = {
    "connect_timeout": CONNECT_SECONDS,
    # A peer that vanished without a word is noticed in seconds, not in the hours that TCP would take.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# SERIALIZABLE remembers what was read: by a scan the whole table, by an index only the rows. Our small tables (leases,
# counters, cards) would all be scanned, and then whoever writes one row would meet everybody (benchmarks/fleet.py).
# Forbidden scans look so expensive that the server would compile the statement first.
_BY_INDEX = "SET enable_seqscan = off; SET jit = off"
# Whoever waits for a write relies on it: where the server would answer before the disk has it, we ask for more.
_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"


class Session:
    """A connection as the books want it (`storage.books.connection`); one thread at a time may use it."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """Connect; raises psycopg.Error where that fails, ConfigurationError for a server that is too old."""
        self._url = url
        self._read_only = read_only
        self._walks = count()
        self._raw = self._connect()

    @property
    def raw(self) -> psycopg.Connection[DictRow]:
        """Give psycopg's connection, for what the books do not know: COPY, BEGIN, COMMIT."""
        return self._raw

    @property
    def is_lost(self) -> bool:
        """Tell whether the connection is of no more use."""
        return self._raw.closed

    def reconnect(self) -> None:
        """Connect anew; raises psycopg.Error where that fails."""
        self._raw.close()
        self._raw = self._connect()

    def close(self) -> None:
        """Close the connection."""
        self._raw.close()

    def execute(self, sql: str, values: Values = (), /) -> Cursor:
        """Run a statement of the books."""
        return self._raw.execute(spelled(sql).encode(), bound(values))

    def executemany(self, sql: str, values: Iterable[Any], /) -> Cursor:
        """Run a statement once for each set of values, without waiting for one answer before the next."""
        cursor = self._raw.cursor()
        cursor.executemany(spelled(sql).encode(), [bound(one) for one in values])
        return cursor

    def each(self, sql: str, values: Values = (), /) -> Iterator[Any]:
        """Walk a result on the server's side: a client of PostgreSQL otherwise receives all rows at once."""
        with self._raw.cursor(name=f"walk_{next(self._walks)}") as cursor:
            cursor.itersize = WALK_ROWS
            yield from cursor.execute(spelled(sql).encode(), bound(values))

    def _connect(self) -> psycopg.Connection[DictRow]:
        raw = psycopg.connect(
            self._url,
            autocommit=True,  # our transactions begin and end in writer.py, readers.py and migrations.py
            row_factory=dict_row,
            application_name=APPLICATION,
            **_NETWORK,  # type: ignore[arg-type]  # libpq's own keywords
        )
        try:
            _refuse_old(raw.info.server_version)
            self._configure(raw)
        except BaseException:
            raw.close()
            raise
        return raw

    def _configure(self, raw: psycopg.Connection[DictRow]) -> None:
        idle = IDLE_READ_MS if self._read_only else IDLE_WRITE_MS
        limits = {"statement_timeout": STATEMENT_MS, "lock_timeout": LOCK_MS}
        for name, value in {**limits, "idle_in_transaction_session_timeout": idle}.items():
            raw.execute(f"SET {name} = {value}".encode())
        raw.execute(_DURABLE)
        if not self._read_only:
            raw.execute(_BY_INDEX)


def _refuse_old(version: int) -> None:
    if version < OLDEST_SERVER:
        raise ConfigurationError(
            f"Arauto needs PostgreSQL {OLDEST_SERVER // 10_000} or newer; the server is {version // 10_000}."
        )
