"""Runs the bot from a database until it is told to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Collection, Iterator

from bot.app.bot import Bot
from bot.app.clients import Clients
from bot.ports.clock import Clock
from bot.runtime.clock import SystemClock
from bot.runtime.listener import listen
from bot.runtime.roles import ROLES
from bot.settings import Settings
from storage import exclusive, open_storage


async def serve(
    settings: Settings,
    *,
    clock: Clock | None = None,
    stop: asyncio.Event | None = None,
    roles: Collection[str] = ROLES,
) -> int:
    """Play the roles until SIGTERM, SIGINT or `stop`; returns the exit status."""
    stop = stop or asyncio.Event()
    clock = clock or SystemClock()
    url = settings.database_url
    with exclusive(url) as is_alone, _stopping_on_signals(stop):
        store, clients = open_storage(url, clock=clock), Clients(settings)
        try:
            if is_alone:  # no other process serves from here: what a dead one held is free at once
                await store.write(lambda tx: tx.leases.clear())
            bot = Bot(settings, store, clock, clients, roles)
            async with bot.running(stop):
                await listen(bot.routes(), host=settings.host, port=settings.port, stop=stop)
        finally:
            await clients.close()
            await store.close()
    return 0


@contextlib.contextmanager
def _stopping_on_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
