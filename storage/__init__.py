"""What the bot remembers; one folder per engine behind the same ports, chosen by the scheme of DATABASE_URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Final

from bot.domain.errors import ConfigurationError
from bot.ports.clock import Clock
from bot.ports.storage import Storage
from storage import sqlite, transfer
from storage.schema import SchemaState
from storage.transfer import Copied, Progress

_SQLITE: Final = "sqlite://"
_POSTGRES: Final = "postgresql://"


def open_storage(url: str, *, clock: Clock, is_command: bool = False) -> Storage:
    """Open the database; a missing or empty one is created with the newest schema. A command takes less memory for it.

    Raises ConfigurationError for a URL nobody can serve, a database that cannot be opened, and an older or newer
    schema; the sentence names the command to run.
    """
    if _is_postgres(url):
        opened: Storage = _postgres().PostgresStorage(url, clock=clock)
        return opened
    cache_kib = sqlite.COMMAND_CACHE_KIB if is_command else sqlite.WRITER_CACHE_KIB
    return sqlite.SqliteStorage(_path(url), clock=clock, cache_kib=cache_kib)


def migrate(url: str) -> list[str]:
    """Bring the database to the newest schema and name the steps applied; none when it was there already."""
    if _is_postgres(url):
        steps: list[str] = _postgres().migrate(url)
        return steps
    return sqlite.migrate(_path(url))


def schema_state(url: str) -> SchemaState:
    """Tell which schema the database has and which one this program needs."""
    if _is_postgres(url):
        state: SchemaState = _postgres().schema_state(url)
        return state
    return sqlite.schema_state(_path(url))


@contextmanager
def exclusive(url: str) -> Iterator[bool]:
    """Enter as a serving process; gives whether it is the only one there can be.

    On SQLite it is: a second one gets ConfigurationError, and whoever is inside may drop all leases, because no other
    server lives, even after a kill. On PostgreSQL any number may serve, and their leases keep them apart. Commands run
    beside either freely.
    """
    if _is_postgres(url):
        yield False
        return
    with sqlite.exclusive(_path(url)):
        yield True


def copy_database(source: str, target: str, on_progress: Progress) -> list[Copied]:
    """Copy an SQLite database nobody serves from into an empty PostgreSQL one, and prove it; see `storage.transfer`."""
    if _is_postgres(source) or not _is_postgres(target):
        raise ConfigurationError("A copy goes from an SQLite database (--from) to a PostgreSQL one (--to).")
    _postgres()
    return transfer.copy(_path(source), target, on_progress)


def _is_postgres(url: str) -> bool:
    return url.startswith(_POSTGRES)


def _postgres() -> ModuleType:
    """Load the engine only where it is asked for: its driver is an extra."""
    try:
        from storage import postgres
    except ImportError as error:
        raise ConfigurationError(
            "DATABASE_URL names a PostgreSQL database and its driver is not installed: "
            "run `pip install 'arauto[postgres]'`, or name an SQLite file."
        ) from error
    return postgres


def _path(url: str) -> str:
    """Read the file out of `sqlite:///relative` or `sqlite:////absolute`."""
    path = url.removeprefix(f"{_SQLITE}/")
    if not url.startswith(f"{_SQLITE}/") or not path.strip("/"):
        scheme = url.partition(":")[0]  # never the whole address: it may hold a password
        raise ConfigurationError(
            "DATABASE_URL must be sqlite:///relative/file.db, sqlite:////absolute/file.db or postgresql://host/name; "
            f"“{scheme}:…” is none of them."
        )
    return path
