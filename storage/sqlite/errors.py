"""What SQLite's errors mean to us, translated once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain.errors import ConfigurationError, StorageFullError

#: Primary result codes after which nothing can be recorded, and what a person should look at.
_CANNOT_WRITE = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space",
    sqlite3.SQLITE_IOERR: "the disk reports an error; check the disk and its mount",
    sqlite3.SQLITE_READONLY: "the file or its folder is read-only; allow writing",
    sqlite3.SQLITE_BUSY: "another program has held it for too long; close that program",
    sqlite3.SQLITE_LOCKED: "another connection holds it; try again",
    sqlite3.SQLITE_CANTOPEN: "its files cannot be opened; check the folder and the limit of open files",
    sqlite3.SQLITE_NOMEM: "there is no memory left; free some",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore a backup",
    sqlite3.SQLITE_NOTADB: "the file is not a database; restore a backup",
}
_PRIMARY = 0xFF


def translated(error: BaseException) -> BaseException:
    """Turn an error that means `nothing can be recorded` into StorageFullError; give any other back as it is.

    StopIteration becomes RuntimeError, as in generators: no future can carry it, and its caller would wait for ever.
    """
    if isinstance(error, StopIteration):
        return RuntimeError("a work asked an empty iterator for its next value")
    if not isinstance(error, sqlite3.Error):
        return error
    reason = _CANNOT_WRITE.get(_code(error))
    if reason is None:
        return error
    full = StorageFullError(f"The database cannot be written ({error}): {reason}. Nothing is sent until it can be.")
    full.__cause__ = error
    return full


@contextmanager
def opening(path: str) -> Iterator[None]:
    """Turn what SQLite says while a file is opened into a ConfigurationError of one sentence."""
    try:
        yield
    except sqlite3.Error as error:
        raise _cannot_open(path, error) from error


def _cannot_open(path: str, error: sqlite3.Error) -> ConfigurationError:
    if _code(error) == sqlite3.SQLITE_NOTADB:
        why = "it is not an SQLite database; name another file in DATABASE_URL"
    elif _code(error) == sqlite3.SQLITE_BUSY:
        why = "another program holds it; close that program and start again"
    else:
        why = f"{error}; check that its folder exists and may be written to"
    return ConfigurationError(f"The database {path} cannot be opened: {why}.")


def _code(error: sqlite3.Error) -> int:
    return (getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY
