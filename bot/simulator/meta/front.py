"""The simulator's front door as an ASGI app: its own control under `/_sim`, the Graph API everywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.simulator.meta.graph import Graph

_CONTROL = "/_sim"
_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE"})
_NOT_ALLOWED = 405


class Front:
    """Chooses by path. Messages come by the thousand, so nothing but the Graph itself stands between (no router)."""

    def __init__(self, graph: Graph, control: ASGIApp) -> None:
        self._graph = graph
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str = scope["path"]
        if path == _CONTROL or path.startswith(f"{_CONTROL}/"):
            await self._control(scope, receive, send)
            return
        if scope["method"] in _METHODS:
            response = await self._graph.answer(Request(scope, receive))
        else:
            response = PlainTextResponse("Method Not Allowed", _NOT_ALLOWED)
        await response(scope, receive, send)
