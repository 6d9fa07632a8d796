"""The lock file beside the database: whoever holds it is the only process that serves from this file."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain.errors import ConfigurationError


@contextmanager
def exclusive(path: str) -> Iterator[None]:
    """Hold the lock while serving; the kernel lets go of it when the process ends, however it ends.

    Who gets it knows that no other server lives, so leases left behind by a dead one may be dropped. A second holder
    gets ConfigurationError. The file itself stays: deleting it would let two processes lock two different files.
    """
    lock_path = f"{path}.lock"
    try:
        descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(f"The lock file {lock_path} cannot be opened: {error.strerror}.") from error
    try:
        _take(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ConfigurationError(
            f"Another `arauto serve` is using the database {path}; stop it first, or set DATABASE_URL to another file."
        ) from error
