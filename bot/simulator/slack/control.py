"""The simulator's own door under `/_sim/`: the whole state, a live stream of changes, people's actions, the knobs.

The playground page and the command line use it; the app under test never does.
"""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.simulator.slack.errors import PersonRefusedError
from bot.simulator.slack.inputs import state_values
from bot.simulator.slack.outcomes import Outcome
from bot.simulator.slack.state import Json, Message, View
from bot.simulator.slack.views import view_json

if TYPE_CHECKING:
    from bot.simulator.slack.simulator import SlackSimulator

Verb = Callable[[Json], Awaitable[Any]]


def control_routes(simulator: "SlackSimulator") -> list[BaseRoute]:
    """Lay out the control paths: GET state, GET events (SSE), POST act/{verb}, POST knob/{name}."""
    control = Control(simulator)
    return [
        Route("/_sim/state", control.state),
        Route("/_sim/events", control.events),
        Route("/_sim/act/{verb}", control.act, methods=["POST"]),
        Route("/_sim/knob/{name}", control.turn, methods=["POST"]),
    ]


class Control:
    """Translates JSON over HTTP to the simulator's Python interface."""

    def __init__(self, simulator: "SlackSimulator") -> None:
        self._simulator = simulator
        self._verbs: dict[str, Verb] = {
            "command": lambda body: simulator.command(**body),
            "click": self._click,
            "fill": lambda body: simulator.fill(**body),
            "options": self._options,
            "submit": lambda body: simulator.submit(**body),
            "close": lambda body: simulator.close(**body),
            "shortcut": lambda body: simulator.shortcut(**body),
            "message_shortcut": self._message_shortcut,
            "open_home": lambda body: simulator.open_home(**body),
            "say": lambda body: simulator.say(**body),
            "event": lambda body: simulator.event(**body),
            "upload": self._upload,
        }
        self._knobs: dict[str, Verb] = {
            "outage": lambda body: simulator.outage(**body),
            "throttle": _awaited(simulator.faults.throttle),
            "refuse": _awaited(simulator.faults.refuse),
            "lose": _awaited(simulator.faults.lose),
            "rate_scale": self._scale,
            "signature": self._signature,
            "invite": _awaited(simulator.invite),
            "archive": _awaited(simulator.archive),
            "disconnect": lambda body: simulator.disconnect(**body),
        }

    async def state(self, _request: Request) -> Response:
        """Show everything there is, with the revision it is true for."""
        return JSONResponse(snapshot(self._simulator))

    async def events(self, request: Request) -> Response:
        """Stream changes as server-sent events, from `?after=REVISION` or the `Last-Event-ID` header on."""
        after = request.headers.get("last-event-id") or request.query_params.get("after", "0")
        if not after.isdigit():
            return JSONResponse({"error": "after must be a revision number"}, 400)
        return StreamingResponse(self._stream(int(after)), media_type="text/event-stream")

    async def act(self, request: Request) -> Response:
        """Let a person act: the body holds the verb's arguments, the answer its outcome; 409 if the client refuses."""
        return await self._run(self._verbs, request.path_params["verb"], request)

    async def turn(self, request: Request) -> Response:
        """Turn a knob; the body holds its arguments."""
        return await self._run(self._knobs, request.path_params["name"], request)

    async def _run(self, verbs: dict[str, Verb], name: str, request: Request) -> Response:
        if name not in verbs:
            return JSONResponse({"error": f"unknown: {name}; known are {', '.join(verbs)}"}, 404)
        try:
            body = json.loads(await request.body() or b"{}")
            result = await verbs[name](body)
        except PersonRefusedError as refused:
            return JSONResponse({"error": str(refused)}, 409)
        except (TypeError, ValueError, KeyError) as wrong:
            return JSONResponse({"error": f"{name} cannot take this body: {wrong}"}, 400)
        return JSONResponse(_shown(result))

    async def _stream(self, after: int) -> AsyncIterator[str]:
        async for change in self._simulator.workspace.feed.follow(after):
            data = json.dumps({"kind": change.kind, **change.details})
            yield f"id: {change.revision}\nevent: change\ndata: {data}\n\n"

    async def _click(self, body: Json) -> Outcome:
        where = self._where(body)
        version = body.pop("stale_version", None)
        if version is not None and isinstance(where, Message):
            body["stale_message"] = where.versions[version]
        return await self._simulator.click(body.pop("user"), where, **body)

    async def _options(self, body: Json) -> Outcome:
        where = self._where(body)
        return await self._simulator.options(body.pop("user"), where, **body)

    async def _message_shortcut(self, body: Json) -> Outcome:
        return await self._simulator.message_shortcut(body["user"], body["callback_id"], self._message(body))

    async def _upload(self, body: Json) -> Json:
        file = self._simulator.upload(body["user"], body["name"], base64.b64decode(body["content"]))
        return {"id": file.id}

    async def _scale(self, body: Json) -> None:
        self._simulator.limits.scale = body["scale"]

    async def _signature(self, body: Json) -> None:
        faults = self._simulator.faults
        faults.forge_signature = bool(body.get("forge", False))
        faults.timestamp_offset = int(body.get("offset", 0))

    def _where(self, body: Json) -> Message | View:
        """Take the place out of the body: `channel` and `ts` of a message, or `view`: "modal" or "home"."""
        if "view" not in body:
            return self._message(body)
        find = {"modal": self._simulator.view, "home": self._simulator.home}[body.pop("view")]
        view = find(body["user"])
        if view is None:
            raise PersonRefusedError(f"{body['user']} has no such view open")
        return view

    def _message(self, body: Json) -> Message:
        channel, ts = body.pop("channel"), body.pop("ts")
        message = self._simulator.workspace.message(channel, ts)
        if message is None:
            raise PersonRefusedError(f"there is no message {ts} in {channel}")
        return message


def snapshot(simulator: "SlackSimulator") -> Json:
    """Render the whole workspace as JSON."""
    workspace = simulator.workspace
    return {
        "revision": workspace.feed.revision,
        "app_connections": len(simulator.sockets.connections),
        "users": [user.as_json() for user in workspace.users.values()],
        "usergroups": [{**group.as_json(), "users": group.users} for group in workspace.groups.values()],
        "channels": [{**one.as_json(), "members": sorted(one.members)} for one in workspace.channels.values()],
        "messages": [_message_json(simulator, one) for one in workspace.messages if not one.is_deleted],
        "ephemerals": [_message_json(simulator, one) for one in workspace.ephemerals if not one.is_deleted],
        "modals": {user: [_view_json(view) for view in stack] for user, stack in workspace.modals.items() if stack},
        "homes": {user: _view_json(view) for user, view in workspace.homes.items()},
        "files": [simulator.files.as_json(file) for file in workspace.files.values() if file.is_complete],
        "outcomes": [outcome.as_json() for outcome in simulator.outcomes[-100:]],
    }


def _message_json(simulator: "SlackSimulator", message: Message) -> Json:
    return {
        **message.as_json(),
        "channel": message.channel,
        "recipient": message.recipient,
        "reply_broadcast": message.reply_broadcast,
        "version": len(message.versions),
        "files": simulator.files.shared(message),
        "plain": simulator.text(message),
    }


def _view_json(view: View) -> Json:
    return view_json(view, state_values(view.blocks, view.typed, view.origin))


def _shown(result: Any) -> Any:
    if isinstance(result, list):
        return [_shown(item) for item in result]
    if isinstance(result, Outcome):
        return result.as_json()
    if isinstance(result, Message):
        return result.as_json()
    return result if isinstance(result, dict) else {"ok": True}


def _awaited(turn: Callable[..., None]) -> Verb:
    async def verb(body: Json) -> None:
        turn(**body)

    return verb
