"""A tiny Web API on loopback: answers what a test tells it to and remembers what it was asked."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass(frozen=True)
class Call:
    method: str
    arguments: dict[str, Any]
    token: str


@dataclass
class FakeSlack:
    """`answers[method]` are given in order, the last one for ever; a method without answers says ok."""

    answers: dict[str, list[Response]] = field(default_factory=dict)
    files: dict[str, list[Response]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    url: str = ""

    def says(self, method: str, *answers: Response) -> None:
        self.answers[method] = list(answers)

    def serves(self, name: str, *answers: Response) -> str:
        """Offer a file and give its address."""
        self.files[name] = list(answers)
        return f"{self.url}/files/{name}"

    def of(self, method: str) -> list[dict[str, Any]]:
        return [call.arguments for call in self.calls if call.method == method]

    async def api(self, request: Request) -> Response:
        arguments = dict(await request.form()) if await request.body() else dict(request.query_params)
        if request.headers.get("content-type", "").startswith("application/json"):
            arguments = await request.json()
        method = request.path_params["method"]
        self.calls.append(Call(method, arguments, request.headers.get("authorization", "")))
        return _next(self.answers.get(method, [ok(channel="C0MARKETING", ts="1.2")]))

    async def file(self, request: Request) -> Response:
        name = request.path_params["name"]
        self.calls.append(Call(f"file {name}", {}, request.headers.get("authorization", "")))
        return _next(self.files[name])


def ok(**parts: Any) -> Response:
    return JSONResponse({"ok": True, **parts})


def error(name: str, *, status: int = 200, **headers: str) -> Response:
    return JSONResponse({"ok": False, "error": name}, status_code=status, headers=headers)


def blocks_of(arguments: dict[str, Any]) -> list[Any]:
    sent = arguments.get("blocks", "[]")
    found: list[Any] = json.loads(sent) if isinstance(sent, str) else sent
    return found


def _next(answers: list[Response]) -> Response:
    return answers.pop(0) if len(answers) > 1 else answers[0]


@asynccontextmanager
async def fake_slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    routes = [
        Route("/api/{method}", fake.api, methods=["GET", "POST"]),
        Route("/files/{name}", fake.file, methods=["GET"]),
    ]
    config = uvicorn.Config(Starlette(routes=routes), log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    # Listening before the server runs: a request that comes early waits in the queue.
    listener = socket.create_server(("127.0.0.1", 0))
    fake.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield fake
    finally:
        server.should_exit = True
        await serving
