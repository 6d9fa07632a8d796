"""The network face: routes, the outage that cuts them, and a uvicorn server that lives in the caller's event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.simulator.slack.control import control_routes
from bot.simulator.slack.faults import Faults

if TYPE_CHECKING:
    from bot.simulator.slack.simulator import SlackSimulator

GRACE_SECONDS = 1.0  # what running answers get when the server stops


def build_app(simulator: "SlackSimulator", more: Sequence[BaseRoute] = ()) -> ASGIApp:
    """Lay out every path of the simulated Slack, and `more`."""
    files, response_urls = simulator.files, simulator.response_urls
    return Starlette(
        routes=[
            Route("/api/{method}", simulator.api.answer, methods=["GET", "POST"]),
            Route("/actions/{team}/{secret}", response_urls.receive, methods=["POST"]),
            Route("/upload/v1/{file_id}", files.receive, methods=["POST"]),
            Route("/files-pri/{team}-{file_id}/{name:path}", files.download),
            WebSocketRoute("/link/", simulator.sockets.serve),
            *control_routes(simulator),
            *more,
        ]
    )


class Server:
    """Serves the app on a loopback port without touching signals, so that several can share one event loop."""

    def __init__(self, app: ASGIApp, faults: Faults | None = None) -> None:
        self._app = app
        self._faults = faults or Faults()
        self._uvicorn: _QuietServer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, port: int) -> str:
        """Listen and return the base URL. Raises OSError when the port is taken."""
        listener = socket.create_server(("127.0.0.1", port))
        config = uvicorn.Config(self._answer, interface="asgi3", log_level="warning", lifespan="off", date_header=False)
        self._uvicorn = _QuietServer(config)
        self._task = asyncio.create_task(self._uvicorn.serve(sockets=[listener]))
        await self._uvicorn.is_listening.wait()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    async def stop(self) -> None:
        """Stop listening and wait until the last connection is gone."""
        if self._uvicorn is not None and self._task is not None:
            self._uvicorn.must_leave.set()
            await self._task
            self._uvicorn = self._task = None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_control = scope.get("path", "").startswith("/_sim/")
        if self._faults.outage is None or is_control:
            await self._app(scope, receive, send)
            return
        if self._faults.outage == "closed":
            self._cut()
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1013})
            return
        await PlainTextResponse("Service Unavailable", 503)(scope, receive, send)

    def _cut(self) -> None:
        if self._uvicorn is not None:
            for connection in tuple(self._uvicorn.server_state.connections):
                connection.transport.abort()


class _QuietServer(uvicorn.Server):
    """A uvicorn server that says when it listens, and leaves signals to whoever owns the event loop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_listening = asyncio.Event()
        self.must_leave = asyncio.Event()

    async def main_loop(self) -> None:
        # uvicorn's own loop looks ten times a second whether it should end; ours is told.
        await self.must_leave.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn's own polls for the end in steps of 0.1 s; a test suite starts and stops hundreds of these.
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in tuple(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=GRACE_SECONDS)
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
