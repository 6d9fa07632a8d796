"""Listens on the public port until told to stop, with aiohttp's server.

Its HTTP parser is written in C. uvicorn's, as it comes, is written in Python and took more time for one status than all
the rest (docs/decisions/0011-the-public-listener.md).
"""

import asyncio
from collections.abc import Callable

from aiohttp import web

from bot.domain.errors import ConfigurationError
from bot.runtime.connection import Connection
from bot.runtime.server import WEBHOOK

#: Seconds that requests under way get once `stop` is set.
DRAIN_SECONDS = 1.0
#: Longer than Meta and Slack keep their connections idle: whoever writes as the other closes meets a lost connection.
KEEP_ALIVE_SECONDS = 75.0
#: Connections that may wait to be accepted.
_BACKLOG = 128


async def listen(app: web.Application, *, host: str, port: int, stop: asyncio.Event) -> None:
    """Serve until `stop` is set; raises ConfigurationError when the port cannot be listened on."""
    app.on_response_prepare.append(_hide_server)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_SECONDS, keepalive_timeout=KEEP_ALIVE_SECONDS)
    await runner.setup()
    try:
        server = await _start(_connections(runner), host, port)
        await stop.wait()
        server.close()
    finally:
        await runner.cleanup()


def _connections(runner: web.AppRunner) -> Callable[[], asyncio.Protocol]:
    """Give what makes a connection: one with the short way for webhooks, where this process takes them."""
    server, webhook = runner.server, runner.app.get(WEBHOOK)
    if server is None:
        raise RuntimeError("the runner is not set up")
    if webhook is None:
        return server
    loop = asyncio.get_running_loop()
    return lambda: Connection(server, webhook, loop=loop, access_log=None, keepalive_timeout=KEEP_ALIVE_SECONDS)


async def _start(connections: Callable[[], asyncio.Protocol], host: str, port: int) -> asyncio.Server:
    try:
        return await asyncio.get_running_loop().create_server(connections, host, port, backlog=_BACKLOG)
    except OSError as problem:
        raise ConfigurationError(
            f"HOST {host} and PORT {port} cannot be listened on ({problem.strerror}); choose another port, or end what "
            "listens there."
        ) from problem


async def _hide_server(_request: web.Request, response: web.StreamResponse) -> None:
    """Tell nobody which server and version this is."""
    response.headers.popall("Server", None)
