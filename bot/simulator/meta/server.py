"""Serves an ASGI app on loopback inside somebody else's event loop: no signal handlers, no threads, no log noise."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Receive, Scope, Send

_BACKLOG = 1024
# Long, so that no idle connection is closed just as a client begins to write on it.
_KEEP_ALIVE_SECONDS = 75


class _OpenProtocol(H11Protocol):
    """Hands its transport to the app, so that a fault can reset the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        super().connection_made(transport)
        self.app_state: dict[str, Any] = {**self.app_state, "transport": transport}


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve on 127.0.0.1 while the block runs; yields the base URL. Raises OSError if the port is taken.

    uvicorn's protocol without uvicorn's server: that one claims the process' signals and takes 0.2 s to stop.
    """
    config = Config(
        _ending_quietly(app),
        http=_OpenProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    config.load()
    state = ServerState()
    listener = _listen(port)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _OpenProtocol(config, state, {}), sock=listener)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.close()
        await _hang_up(state)
        await server.wait_closed()


def _listen(port: int) -> socket.socket:
    # The protocol is named because asyncio switches Nagle's delay off only where it is: 40 ms a request otherwise.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


async def _hang_up(state: ServerState) -> None:
    # Requests still being answered see a lost connection, as they would if the process were killed.
    for connection in list(state.connections):
        connection.transport.abort()
    await asyncio.sleep(0)
    running = list(state.tasks)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def _ending_quietly(app: ASGIApp) -> ASGIApp:
    # uvicorn logs a cancelled request as a crash of the app.
    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    return run
