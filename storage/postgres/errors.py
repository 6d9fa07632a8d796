"""What PostgreSQL's errors mean to us, translated once."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from bot.domain.errors import ConfigurationError, StorageFullError

#: Two transactions met, and this one must be run again from its beginning.
CLASHES = (errors.SerializationFailure, errors.DeadlockDetected)

#: Errors after which nothing can be recorded, and what a person should look at.
_CANNOT_WRITE: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.DiskFull, "its disk is full; free some space"),
    (errors.OutOfMemory, "it has no memory left; give it more"),
    (errors.TooManyConnections, "it takes no more connections; raise max_connections"),
    (errors.ReadOnlySqlTransaction, "it only reads, as a replica does; name the primary in DATABASE_URL"),
    (errors.LockNotAvailable, "another process has held a row for too long; look for it in pg_stat_activity"),
    (errors.QueryCanceled, "a statement took too long; see whether the server is overloaded"),
    (errors.InsufficientPrivilege, "this user may not write; grant it the tables"),
    (errors.IoError, "its disk reports an error; check the disk"),
)
_UNREACHABLE = "it cannot be reached; check the server and the network"


def translated(error: BaseException) -> BaseException:
    """Turn an error that means `nothing can be recorded` into StorageFullError; give any other back as it is.

    StopIteration becomes RuntimeError, as in generators: no future can carry it, and its caller would wait for ever.
    """
    if isinstance(error, StopIteration):
        return RuntimeError("a work asked an empty iterator for its next value")
    if not isinstance(error, psycopg.Error):
        return error
    reason = next((why for kind, why in _CANNOT_WRITE if isinstance(error, kind)), None)
    if reason is None and isinstance(error, psycopg.OperationalError):
        reason = _UNREACHABLE
    return error if reason is None else full(reason, error)


def full(reason: str, cause: BaseException | None = None) -> StorageFullError:
    """Make the error that stops the senders until the database takes something again."""
    said = f" ({_first_line(cause)})" if cause is not None else ""
    found = StorageFullError(f"The database cannot be written{said}: {reason}. Nothing is sent until it can be.")
    found.__cause__ = cause
    return found


@contextmanager
def opening(name: str) -> Iterator[None]:
    """Turn what the server says while a database is opened into a ConfigurationError of one sentence."""
    try:
        yield
    except psycopg.Error as error:
        raise ConfigurationError(
            f"The database {name} cannot be opened: {_first_line(error)}; check DATABASE_URL and the server."
        ) from error


def _first_line(error: BaseException) -> str:
    """Give what a server said first; the rest is advice and context for its own administrators."""
    return next((line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()), type(error).__name__)
