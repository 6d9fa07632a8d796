"""Builders of this suite: send bodies, a running simulator with a client, and a receiver of webhooks."""

from __future__ import annotations

import asyncio
import json
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.simulator.meta import MetaSimulator, running
from bot.simulator.meta.server import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request

WABA = "102290129340398"
NUMBER = "106540352242922"
ANA = "+447700900001"
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # plain HTTP only; loading them is slow
HEADERS = {"Authorization": "Bearer EAAsimulated"}

# A calm world: everybody is reachable and reads, nobody reacts, everything takes a moment.
CALM: dict[str, Any] = {
    "reachable_rate": 1.0,
    "read_rate": 0.0,
    "click_rate": 0.0,
    "tap_rate": 0.0,
    "delivered_skipped_rate": 0.0,
    "sent_after": [0.0, 0.0],
    "delivered_after": [0.0, 0.0],
    "read_after": [0.0, 0.0],
    "react_after": [0.0, 0.0],
}


def text(value: str, name: str | None = None) -> dict[str, Any]:
    return {"type": "text", "text": value} | ({"parameter_name": name} if name else {})


def body(*values: str) -> dict[str, Any]:
    return {"type": "body", "parameters": [text(value) for value in values]}


def header(parameter: dict[str, Any]) -> dict[str, Any]:
    return {"type": "header", "parameters": [parameter]}


def button(kind: str, parameter: dict[str, Any], index: int | str = "0") -> dict[str, Any]:
    return {"type": "button", "sub_type": kind, "index": index, "parameters": [parameter]}


def suffix(value: str, index: int | str = "0") -> dict[str, Any]:
    return button("url", text(value), index)


def send(template: str, *components: dict[str, Any], to: str = ANA, language: str = "en_US", **more: Any) -> Any:
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": "template",
        "template": {"name": template, "language": {"code": language}, "components": list(components)},
    } | more


def order_again(to: str = ANA, **more: Any) -> Any:
    """A complete, correct send of a marketing template with a link."""
    return send("order_again", body("Ana", "scarf"), suffix("red-scarf"), to=to, **more)


class Graph:
    """A client of the running simulator; `sim` is the object behind it."""

    def __init__(self, http: httpx.AsyncClient, sim: MetaSimulator) -> None:
        self.http = http
        self.sim = sim

    async def send(self, content: Any, edge: str = "marketing_messages", number: str = NUMBER) -> httpx.Response:
        return await self.http.post(f"/v25.0/{number}/{edge}", json=content)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(f"/v25.0/{path}", params=query)

    async def post(self, path: str, content: Any = None) -> httpx.Response:
        return await self.http.post(f"/v25.0/{path}", json=content)

    async def refusal(self, content: Any, edge: str = "marketing_messages") -> tuple[int, int]:
        answer = await self.send(content, edge)
        return answer.json()["error"]["code"], answer.status_code


@asynccontextmanager
async def graph(**settings: Any) -> AsyncIterator[Graph]:
    knobs = CALM | settings.pop("knobs", {})
    sim = MetaSimulator(profile={"knobs": knobs, **settings.pop("profile", {})}, **settings)
    async with running(sim) as url, httpx.AsyncClient(base_url=url, headers=HEADERS, verify=NO_CERTIFICATES) as http:
        yield Graph(http, sim)


class Receiver:
    """Where webhooks arrive; `answers` (HTTP statuses) and `delays` (real seconds) are those of the next ones."""

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, dict[str, str]]] = []
        self.answers: list[int] = []
        self.delays: list[float] = []
        self.verify_token = "meta-verify-token"
        self.visits: list[str] = []
        self.on_post: Callable[[], None] = lambda: None
        self.app = Starlette(
            routes=[
                Route("/hook", self._verify, methods=["GET"]),
                Route("/hook", self._take, methods=["POST"]),
                Route("/{path:path}", self._visit, methods=["GET"]),
            ]
        )

    async def _verify(self, request: Request) -> Response:
        right = request.query_params["hub.verify_token"] == self.verify_token
        return PlainTextResponse(request.query_params["hub.challenge"], 200 if right else 403)

    async def _take(self, request: Request) -> Response:
        status = self.answers.pop(0) if self.answers else 200
        raw = await request.body()
        self.on_post()
        await asyncio.sleep(self.delays.pop(0) if self.delays else 0)
        if status == 200:
            self.requests.append((raw, dict(request.headers)))
        return Response(status_code=status)

    async def _visit(self, request: Request) -> Response:
        self.visits.append(str(request.url).removeprefix(str(request.base_url)))
        return Response(status_code=302, headers={"Location": "https://shop.example/"})

    @property
    def changes(self) -> list[dict[str, Any]]:
        bodies = [json.loads(raw) for raw, _ in self.requests]
        return [change for each in bodies for entry in each["entry"] for change in entry["changes"]]

    def items(self, key: str) -> list[dict[str, Any]]:
        return [item for change in self.changes for item in change["value"].get(key, [])]

    def statuses(self) -> list[str]:
        return [item["status"] for item in self.items("statuses")]

    def values(self, field: str) -> list[dict[str, Any]]:
        return [change["value"] for change in self.changes if change["field"] == field]

    async def until(self, fulfilled: Callable[[], bool], seconds: float = 5.0) -> None:
        async with asyncio.timeout(seconds):
            while not fulfilled():  # noqa: ASYNC110  the other side of a socket sets no event
                await asyncio.sleep(0.005)


@asynccontextmanager
async def graph_with_webhooks(**settings: Any) -> AsyncIterator[tuple[Graph, Receiver]]:
    receiver = Receiver()
    async with (
        serving(receiver.app) as address,
        graph(callback_url=f"{address}/hook", public_url=address, **settings) as meta,
    ):
        yield meta, receiver
