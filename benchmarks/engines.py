"""Databases of either engine to measure on, and plain SQL on them.

PostgreSQL is the server that BENCHMARK_DATABASE_URL names, or one of our own that is as durable as a real one.
"""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import storage.postgres.schema as postgres_schema
import storage.sqlite.schema as sqlite_schema
from storage import migrate
from storage.postgres.session import Session
from tests import postgres_server

SQLITE, POSTGRES = "SQLite", "PostgreSQL"
ENGINES: Final = (SQLITE, POSTGRES)
_SETTINGS = ("-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB", "-c", "max_connections=60")
_TICKS = os.sysconf("SC_CLK_TCK")

#: Runs one statement with named values and gives its rows.
Run = Callable[[str, Mapping[str, Any]], Iterable[Mapping[str, Any]]]


@contextmanager
def database(engine: str, folder: Path) -> Iterator[str]:
    """Make an empty database with the newest schema; yields its address."""
    if engine == SQLITE:
        url = f"sqlite:///{folder / 'arauto.db'}"
        migrate(url)
        yield url
        return
    name = f"arauto_{secrets.token_hex(6)}"
    _server_run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    try:
        url = _url(name)
        migrate(url)
        yield url
    finally:
        _server_run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def connected(place: Path | str) -> Iterator[Run]:
    """Connect to a SQLite file or an address for a few statements, all in one transaction."""
    url = str(place).removeprefix("sqlite:///")
    if not url.startswith("postgresql://"):
        with closing(sqlite3.connect(url)) as connection, connection:
            connection.row_factory = sqlite3.Row
            yield connection.execute  # type: ignore[misc]  # rows are read by name all the same
        return
    with closing(Session(url)) as session, session.raw.transaction():
        session.raw.execute("SET LOCAL statement_timeout = 0")
        yield lambda sql, values: _rows(session, sql, values)


def count_people(place: Path | str) -> None:
    """Take everybody into the cells that previews count, and whom messages reached, as the books would have."""
    url = str(place).removeprefix("sqlite:///")
    if not url.startswith("postgresql://"):
        with closing(sqlite3.connect(url)) as connection:
            connection.executescript(f"BEGIN; {sqlite_schema.COUNT_PEOPLE} COMMIT;")
        return
    with closing(Session(url)) as session, session.raw.transaction():
        session.raw.execute("SET LOCAL statement_timeout = 0")
        session.raw.execute(postgres_schema.COUNT_PEOPLE.encode())
        session.raw.execute("ANALYZE")  # as the server does by itself within a minute


def _rows(session: Session, sql: str, values: Mapping[str, Any]) -> list[Any]:
    cursor = session.execute(sql, values)
    return cursor.fetchall() if cursor.description else []  # type: ignore[attr-defined]  # psycopg's own


def server_cpu_seconds() -> float:
    """Give the processor time of PostgreSQL on this machine so far, all of its processes together."""
    return sum(_cpu_seconds(place) for place in Path("/proc").glob("[0-9]*/stat"))


def _cpu_seconds(place: Path) -> float:
    try:
        name, _, rest = place.read_text("utf-8").rpartition(")")
    except OSError:  # it ended meanwhile; its parent has its time
        return 0.0
    if not name.endswith("(postgres"):
        return 0.0
    fields = rest.split()
    return sum(map(int, fields[11:15])) / _TICKS


@cache
def _server() -> str:
    return os.environ.get("BENCHMARK_DATABASE_URL") or postgres_server.start(*_SETTINGS)


def _server_run(sql: str) -> None:
    with psycopg.connect(_server(), autocommit=True) as connection:
        connection.execute(sql.encode())


def _url(name: str) -> str:
    parts = conninfo_to_dict(make_conninfo(_server()))
    where = str(parts.get("host", "localhost")).replace("/", "%2F")
    password = f":{parts['password']}" if "password" in parts else ""
    return f"postgresql://{parts.get('user', 'postgres')}{password}@{where}:{parts.get('port', 5432)}/{name}"
