"""Serves an ASGI app on loopback inside somebody else's event loop: no signal handlers, no threads, no log noise.

aiohttp's low-level server parses HTTP in C. uvicorn's parser in Python took half of what the simulator spends on a
message, on the same two cores as the bot that is measured against it (benchmarks/send_path.py).
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Message, Scope

_BACKLOG = 1024
# Long, so that no idle connection is closed just as a client begins to write on it.
_KEEP_ALIVE_SECONDS = 75
# What idle connections get to end; 0 would be for ever.
_END_SECONDS = 0.01
# How often a fault that hangs looks whether its client has gone.
_LOOK_SECONDS = 0.01
_GONE = {"type": "http.disconnect"}


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve on 127.0.0.1 while the block runs; yields the base URL. Raises OSError if the port is taken."""
    bridge = _Bridge(app)
    server = web.Server(bridge.answer, access_log=None, keepalive_timeout=_KEEP_ALIVE_SECONDS, auto_decompress=False)
    listener = _listen(port)
    listening = await asyncio.get_running_loop().create_server(server, sock=listener)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listening.close()
        bridge.hang_up()
        await server.shutdown(_END_SECONDS)
        await listening.wait_closed()


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


class _Bridge:
    """Lets an ASGI app answer aiohttp's requests; the app also gets its transport, so that a fault can reset it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._answering: set[asyncio.Transport] = set()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        transport = request.transport
        if transport is None:  # the client has gone
            return web.Response()
        self._answering.add(transport)
        try:
            return await self._run(request, transport)
        finally:
            self._answering.discard(transport)

    def hang_up(self) -> None:
        """Cut the requests still being answered, as if the process were killed."""
        for transport in self._answering:
            transport.abort()

    async def _run(self, request: web.BaseRequest, transport: asyncio.Transport) -> web.Response:
        received = iter([{"type": "http.request", "body": await request.content.read(), "more_body": False}])
        sent: list[Message] = []

        async def receive() -> Message:
            for message in received:
                return message
            while not transport.is_closing():  # noqa: ASYNC110  only faults wait here
                await asyncio.sleep(_LOOK_SECONDS)
            return _GONE

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(_scope(request, transport), receive, send)
        return _response(sent)


def _scope(request: web.BaseRequest, transport: asyncio.Transport) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": request.rel_url.raw_path.encode(),
        "query_string": request.rel_url.raw_query_string.encode(),
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.raw_headers],
        "client": None,
        "server": transport.get_extra_info("sockname"),
        "state": {"transport": transport},
    }


def _response(sent: list[Message]) -> web.Response:
    """Build the answer; an app that sent nothing has cut its connection."""
    if not sent:
        return web.Response()
    start: dict[str, Any] = dict(sent[0])
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    body = b"".join(part.get("body", b"") for part in sent[1:])
    return web.Response(status=start["status"], headers=headers, body=body)
