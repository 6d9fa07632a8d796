"""Opens the database for one command and closes it again; may run beside `serve`."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.cli.loop import run
from bot.ports.storage import Storage
from bot.runtime.clock import SystemClock

T = TypeVar("T")


def with_storage(url: str, work: Callable[[Storage], Awaitable[T]]) -> T:
    """Run work on a database; raises ConfigurationError where it cannot be opened or has another schema."""
    import storage

    async def opened() -> T:
        database = storage.open_storage(url, clock=SystemClock())
        try:
            return await work(database)
        finally:
            await database.close()

    return run(opened())
