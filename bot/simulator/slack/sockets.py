"""Socket Mode: tickets, up to ten websockets of the app, envelopes out, acknowledgements in."""

import asyncio
import json
import logging
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.simulator.slack.arguments import Args
from bot.simulator.slack.people import APP_ID
from bot.simulator.slack.state import Json, Workspace

logger = logging.getLogger(__name__)
MOST_CONNECTIONS = 10


@dataclass(slots=True)
class Sockets:
    """The websockets an app holds open. `url` is the simulator's own address, known once it listens."""

    workspace: Workspace
    url: str = ""
    connections: list[WebSocket] = field(default_factory=list)
    _tickets: set[str] = field(default_factory=set)
    _waiting: dict[str, asyncio.Future[Any]] = field(default_factory=dict)

    def open(self, _args: Args) -> Json:
        """apps.connections.open: an address that is good for one connection."""
        ticket = self.workspace.new_id("ticket")
        self._tickets.add(ticket)
        return {"url": f"{self.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP_ID}"}

    async def serve(self, websocket: WebSocket) -> None:
        """Hold one connection until either side closes it; a used or unknown ticket is refused."""
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await websocket.close()
            return
        self._tickets.discard(ticket)
        await websocket.accept()
        if len(self.connections) >= MOST_CONNECTIONS:
            await self._dismiss(websocket, "too_many_websockets")
            return
        await self._hold(websocket)

    async def send(self, envelope: Json) -> Any:
        """Send an envelope over one connection and wait for the acknowledgement's payload.

        Raises ConnectionError when no connection takes it.
        """
        envelope_id = self.workspace.new_id("envelope")
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = waiting
        try:
            await self._send_over_any({"envelope_id": envelope_id, **envelope})
            return await waiting
        finally:
            del self._waiting[envelope_id]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every connection to go, as Slack does to refresh them, and close it."""
        leaving, self.connections = self.connections, []
        for websocket in leaving:
            await self._dismiss(websocket, reason)

    async def _hold(self, websocket: WebSocket) -> None:
        self.connections.append(websocket)
        hello = {"type": "hello", "num_connections": len(self.connections), "connection_info": {"app_id": APP_ID}}
        await websocket.send_json({**hello, "debug_info": {"host": "simulator", "approximate_connection_time": 18060}})
        self.workspace.feed.publish("app_connected", connections=len(self.connections))
        try:
            async for text in websocket.iter_text():
                self._acknowledge(text)
        finally:
            if websocket in self.connections:
                self.connections.remove(websocket)
            self.workspace.feed.publish("app_disconnected", connections=len(self.connections))

    def _acknowledge(self, text: str) -> None:
        try:
            ack = json.loads(text)
            waiting = self._waiting.get(ack["envelope_id"])
        except (ValueError, KeyError, TypeError):
            logger.warning("the app sent something that is no acknowledgement: %.200s", text)
            return
        if waiting is not None and not waiting.done():
            waiting.set_result(ack.get("payload"))

    async def _send_over_any(self, envelope: Json) -> None:
        while self.connections:
            websocket = self.connections.pop(0)
            try:
                await websocket.send_json(envelope)
            except (WebSocketDisconnect, RuntimeError):
                continue  # gone in this moment; the next connection may live
            self.connections.append(websocket)
            return
        raise ConnectionError("the app holds no Socket Mode connection")

    @staticmethod
    async def _dismiss(websocket: WebSocket, reason: str) -> None:
        try:
            await websocket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "simulator"}})
            await websocket.close()
        except (WebSocketDisconnect, RuntimeError):
            logger.debug("a connection was gone before it could be dismissed")
