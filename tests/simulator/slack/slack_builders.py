"""Builders of blocks and views, and a small real Bolt app, for the tests of the Slack simulator."""

from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Route

from bot.simulator.slack.server import Server

TOKEN = "xoxb-simulated"
SECRET = "slack-signing-secret"


class HandClock:
    """A clock that moves only when a test moves it; it starts at the real time, which signatures need."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def section(text: str = "Hello", **fields: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **fields}


def button(action_id: str = "go", text: str = "Go", **fields: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain(text), **fields}


def actions(*elements: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements), **fields}


def option(value: str, text: str | None = None) -> dict[str, Any]:
    return {"text": plain(text or value.title()), "value": value}


def select(*values: str, action_id: str = "pick", **fields: Any) -> dict[str, Any]:
    return {"type": "static_select", "action_id": action_id, "options": [option(one) for one in values], **fields}


def text_input(action_id: str = "name", **fields: Any) -> dict[str, Any]:
    return {"type": "plain_text_input", "action_id": action_id, **fields}


def input_block(element: dict[str, Any], block_id: str | None = None, **fields: Any) -> dict[str, Any]:
    named = block_id or element["action_id"]
    return {"type": "input", "block_id": named, "label": plain(named), "element": element, **fields}


def modal(*blocks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {"type": "modal", "title": plain("Form"), "submit": plain("Send"), "blocks": list(blocks)}
    return {**body, **fields}


def home(*blocks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "home", "blocks": list(blocks), **fields}


def bolt_app(url: str) -> AsyncApp:
    """Make an empty real Bolt app that talks to the simulator."""
    client = AsyncWebClient(token=TOKEN, base_url=f"{url}/api/", retry_handlers=[])
    return AsyncApp(signing_secret=SECRET, client=client)


def bolt_asgi(app: AsyncApp) -> Starlette:
    """Wrap a Bolt app as the web application that receives Slack's requests."""
    handler = AsyncSlackRequestHandler(app)
    return Starlette(routes=[Route("/slack/events", handler.handle, methods=["POST"])])


@asynccontextmanager
async def listening(asgi: Any):
    """Serve an ASGI app on a loopback port; yields its base URL."""
    server = Server(asgi)
    url = await server.start(0)
    try:
        yield url
    finally:
        await server.stop()
