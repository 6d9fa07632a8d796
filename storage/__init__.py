"""What the bot remembers; one folder per engine behind the same ports, chosen by the scheme of DATABASE_URL."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain.errors import ConfigurationError
from bot.ports.clock import Clock
from bot.ports.storage import Storage
from storage import sqlite
from storage.schema import SchemaState

_SQLITE = "sqlite://"


def open_storage(url: str, *, clock: Clock) -> Storage:
    """Open the database; a missing or empty one is created with the newest schema.

    Raises ConfigurationError for a URL nobody can serve, a file that cannot be opened, and an older or newer schema;
    the sentence names the command to run.
    """
    return sqlite.SqliteStorage(_path(url), clock=clock)


def migrate(url: str) -> list[str]:
    """Bring the database to the newest schema and name the steps applied; none when it was there already."""
    return sqlite.migrate(_path(url))


def schema_state(url: str) -> SchemaState:
    """Tell which schema the database has and which one this program needs."""
    return sqlite.schema_state(_path(url))


@contextmanager
def exclusive(url: str) -> Iterator[None]:
    """Hold the database as its one serving process; a second one gets ConfigurationError.

    Whoever is inside may drop all leases: no other server lives, even after a kill. Commands run beside it freely.
    """
    with sqlite.exclusive(_path(url)):
        yield


def _path(url: str) -> str:
    """Read the file out of `sqlite:///relative` or `sqlite:////absolute`."""
    path = url.removeprefix(f"{_SQLITE}/")
    if not url.startswith(f"{_SQLITE}/") or not path.strip("/"):
        scheme = url.partition(":")[0]  # never the whole address: it may hold a password
        raise ConfigurationError(
            f"DATABASE_URL must be sqlite:///relative/file.db or sqlite:////absolute/file.db; “{scheme}:…” is neither."
        )
    return path
