"""The simulator's own HTTP control under `/_sim`: everything its object can do, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from bot.simulator.meta.errors import GraphError

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.simulator.meta.simulator import MetaSimulator

Json = dict[str, Any]
Act = Callable[["Request", Json], Any]


class Control:
    """One route per thing to read or do; a wrong request is answered 400 with one sentence."""

    def __init__(self, sim: MetaSimulator) -> None:
        self._sim = sim

    def routes(self) -> list[Route]:
        """List the routes, relative to `/_sim`."""
        return [
            *(Route(path, _reading(read), methods=["GET"]) for path, read in self._reads().items()),
            *(Route(path, _acting(act), methods=["POST"]) for path, act in self._acts().items()),
            *(Route(path, _acting(act), methods=["POST"]) for path, act in self._people().items()),
            *(Route(path, _acting(act), methods=["POST"]) for path, act in self._events().items()),
            Route("/handshake", self._handshake, methods=["POST"]),
        ]

    def _reads(self) -> dict[str, Callable[[Request], Any]]:
        return {
            "/state": lambda _: self._sim.state(),
            "/knobs": lambda _: self._sim.knobs,
            "/rate": lambda _: self._sim.rate(),
            "/received": lambda _: {phone: _views(rows) for phone, rows in self._sim.received.items()},
            "/received/{phone}": lambda r: _views(self._sim.received.get(r.path_params["phone"], [])),
            "/ledger": lambda _: {"totals": self._sim.ledger.totals(), "messages": _views(self._all())},
        }

    def _acts(self) -> dict[str, Act]:
        return {
            "/knobs": lambda _, body: self._sim.tune(**body),
            "/speed": lambda _, body: setattr(self._sim, "speed", float(body["speed"])),
            "/advance": lambda _, body: self._sim.advance(float(body["seconds"])),
            "/faults": lambda _, body: self._sim.inject(**body),
            "/callback": lambda _, body: self._sim.call_back(str(body["url"])),
            "/faults/clear": lambda _, __: self._sim.faults.pending.clear(),
            "/held": lambda _, body: {"released": self._sim.release_held(drop=bool(body.get("drop")))},
        }

    def _people(self) -> dict[str, Act]:
        return {
            "/phones/{phone}": lambda r, body: self._sim.person(r.path_params["phone"], **body),
            "/phones/{phone}/tap": lambda r, body: self._sim.tap(r.path_params["phone"], body.get("text", "")),
            "/phones/{phone}/click": lambda r, _: self._sim.click(r.path_params["phone"]),
            "/phones/{phone}/say": lambda r, body: self._sim.say(r.path_params["phone"], body["text"]),
            "/phones/{phone}/preference": lambda r, body: self._sim.prefer(r.path_params["phone"], body["value"]),
        }

    def _events(self) -> dict[str, Act]:
        return {
            "/events": lambda _, body: self._sim.events.emit(body["field"], body["value"]),
            "/account": lambda _, body: self._sim.events.account_update(**body),
            "/capability": lambda _, body: self._sim.events.capability(body["limit"]),
            "/numbers/{number}/quality": lambda r, body: self._sim.events.number_quality(
                r.path_params["number"], body["event"], body["limit"]
            ),
            "/templates/{name}/status": lambda r, body: self._sim.events.template_status(r.path_params["name"], **body),
            "/templates/{name}/quality": lambda r, body: self._sim.events.template_quality(
                r.path_params["name"], body["score"]
            ),
            "/templates/{name}/category": lambda r, body: self._sim.events.template_category(
                r.path_params["name"], body["category"], notice=bool(body.get("notice"))
            ),
        }

    def _all(self) -> list[Any]:
        return list(self._sim.ledger.messages.values())

    async def _handshake(self, _: Request) -> Response:
        try:
            await self._sim.handshake()
        except GraphError as refused:
            return _json({"error": refused.details}, 400)
        return _json({"ok": True})


def _views(messages: list[Any]) -> list[Json]:
    return [message.view() for message in messages]


def _json(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def _reading(read: Callable[[Request], Any]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        return _json(read(request))

    return endpoint


def _acting(act: Callable[[Request, Json], Any]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            done = act(request, msgspec.json.decode(raw, type=dict[str, Any]) if raw else {})
        except (KeyError, TypeError, ValueError) as wrong:  # msgspec's own errors are ValueErrors
            return _json({"error": str(wrong.args[0] if wrong.args else wrong)}, 400)
        return _json(done if done is not None else {"ok": True})

    return endpoint
