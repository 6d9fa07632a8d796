"""Opens the database for one command and closes it again; may run beside `serve`."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

from bot.cli.loop import run
from bot.domain.errors import ConfigurationError
from bot.ports.storage import Storage
from bot.runtime.clock import SystemClock

T = TypeVar("T")

_SQLITE: Final = "sqlite:///"


def with_storage(url: str, work: Callable[[Storage], Awaitable[T]]) -> T:
    """Run work on a database, creating it where there is none.

    Raises ConfigurationError where it cannot be opened or has another schema.
    """
    import storage

    async def opened() -> T:
        database = storage.open_storage(url, clock=SystemClock(), is_command=True)
        try:
            return await work(database)
        finally:
            await database.close()

    return run(opened())


def with_existing_storage(url: str, work: Callable[[Storage], Awaitable[T]]) -> T:
    """Do as `with_storage`, but raise ConfigurationError where there is no database: an empty one answers nothing."""
    path = Path(url.removeprefix(_SQLITE))
    if url.startswith(_SQLITE) and not path.is_file():
        raise ConfigurationError(
            f"There is no database {path}; name the one to read with --database or DATABASE_URL, or begin with "
            "`arauto serve` or `arauto optins import`."
        )
    return with_storage(url, work)
