"""The link to Slack: finds out whose workspace it is, then listens, by Socket Mode or over signed HTTP.

Slack being away at the start does not keep messages from being sent: the link goes on trying and says so meanwhile.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports.chat import ChatError
from bot.slack.faults import translated

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS = 0.5
LAST_RETRY_SECONDS = 30.0

#: Builds the Bolt app for the workspace whose team id it is given.
BuildApp = Callable[[str], AsyncApp]


class SlackLink:
    """Connects once Slack answers; `trouble` says why it is not connected, None when it is."""

    def __init__(self, client: AsyncWebClient, build: BuildApp, *, app_token: str | None) -> None:
        self._client = client
        self._build = build
        self._app_token = app_token
        self._http: AsyncApp | None = None
        self._socket: AsyncSocketModeHandler | None = None
        self.trouble: str | None = "Slack has not answered yet"

    @property
    def is_socket(self) -> bool:
        """Tell whether requests come by Socket Mode, not by HTTP."""
        return self._app_token is not None

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Keep the link for as long as the context lasts."""
        connecting = asyncio.create_task(self._connect())
        try:
            yield
        finally:
            connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await connecting
            if self._socket is not None:
                await self._socket.close_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one of Slack's HTTP requests."""
        if self._http is None:
            return web.Response(text="not connected to Slack yet", status=503)
        answer = await self._http.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    async def _connect(self) -> None:
        team = await self._ask_team()
        app = self._build(team)
        if self._app_token is None:
            self._http = app
        else:
            await self._open_socket(app, self._app_token)
        self.trouble = None
        log.info("connected to the Slack workspace %s", team)

    async def _ask_team(self) -> str:
        wait = FIRST_RETRY_SECONDS
        while True:
            try:
                answer = await translated(self._client.auth_test())
            except ChatError as problem:
                self._note(f"Slack does not accept SLACK_BOT_TOKEN or does not answer: {problem}")
                await asyncio.sleep(wait)
                wait = min(LAST_RETRY_SECONDS, wait * 2)
            else:
                return str(answer["team_id"])

    async def _open_socket(self, app: AsyncApp, app_token: str) -> None:
        self._socket = AsyncSocketModeHandler(app, app_token, web_client=self._client)
        # slack_sdk goes on trying by itself where Slack refuses the token, and only its log says so.
        self._note("Socket Mode is not open yet; if it stays so, check SLACK_APP_TOKEN")
        wait = FIRST_RETRY_SECONDS
        while True:
            try:
                await translated(self._socket.connect_async())  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
            except ChatError as problem:
                self._note(f"Socket Mode cannot be opened: {problem}")
                await asyncio.sleep(wait)
                wait = min(LAST_RETRY_SECONDS, wait * 2)
            else:
                return

    def _note(self, why: str) -> None:
        if self.trouble != why:
            log.warning("%s", why)
        self.trouble = why
