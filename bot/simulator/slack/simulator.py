"""Puts the simulated Slack together: one workspace, its Web API, its people, and what a test wants to see of them."""

import time
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, TypeVar

from starlette.routing import BaseRoute

from bot.simulator.slack import text
from bot.simulator.slack.actions import Actions
from bot.simulator.slack.directory import Directory
from bot.simulator.slack.events import Events
from bot.simulator.slack.faults import Faults
from bot.simulator.slack.files import Files
from bot.simulator.slack.forms import Forms
from bot.simulator.slack.history import History
from bot.simulator.slack.inputs import Keyboard
from bot.simulator.slack.limits import RateLimits
from bot.simulator.slack.messages import Messages
from bot.simulator.slack.methods import DEFAULT_SCOPES, WebApi
from bot.simulator.slack.outcomes import Courier
from bot.simulator.slack.response_urls import ResponseUrls
from bot.simulator.slack.server import Server, build_app
from bot.simulator.slack.sockets import Sockets
from bot.simulator.slack.state import File, Message, View, Workspace
from bot.simulator.slack.transport import Transport
from bot.simulator.slack.views import Views

if TYPE_CHECKING:
    from starlette.types import ASGIApp

T = TypeVar("T")


class SlackSimulator:
    """A strict Slack workspace with one app in it.

    People act through `command`, `click`, `fill`, `options`, `submit`, `close`, `shortcut`, `message_shortcut`,
    `open_home`, `say` and `upload`; Slack itself through `event` (`settle` awaits its retries) and `disconnect`.
    `faults` and `limits.scale` are the knobs, `calls` and `outcomes` the records, `workspace` is the whole state.
    """

    def __init__(
        self,
        *,
        signing_secret: str = "slack-signing-secret",  # noqa: S107  a simulated secret
        bot_token: str = "xoxb-simulated",  # noqa: S107  a simulated token
        app_token: str = "xapp-simulated",  # noqa: S107  a simulated token
        request_url: str | None = None,
        clock: Callable[[], float] = time.time,
        scopes: Collection[str] = DEFAULT_SCOPES,
        commands: Collection[str] | None = None,
        rate_scale: float | None = 1.0,
        ack_seconds: float = 3.0,
        retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0),
        routes: Sequence[BaseRoute] = (),
    ) -> None:
        """Set up the workspace; nothing listens yet.

        `request_url` is where signed HTTP goes unless the app connects by Socket Mode. `rate_scale` multiplies
        the rate limits, None switches them off. `ack_seconds` is how long the app has to acknowledge, real time;
        everything else goes by `clock` (Unix seconds). `routes` are more paths to serve, a page over `/_sim/` say.
        """
        self.scopes = set(scopes)
        self.faults = Faults()
        self.limits = RateLimits(clock, rate_scale)
        self.workspace = Workspace(clock)
        self.sockets = Sockets(self.workspace)
        self.transport = Transport(self.sockets, self.faults, clock, signing_secret, request_url, ack_seconds)
        self._give_api(bot_token, app_token)
        self._give_hands(commands, retry_delays)
        self.app: ASGIApp = build_app(self, routes)
        self._server = Server(self.app, self.faults)

    def _give_api(self, bot_token: str, app_token: str) -> None:
        self._messages = Messages(self.workspace, self.scopes)
        self._views = Views(self.workspace)
        self.files = Files(self.workspace, self._messages, bot_token)
        self.response_urls = ResponseUrls(self._messages)
        self.api = WebApi(
            self._messages,
            self._views,
            self.files,
            Directory(self.workspace, self.scopes),
            History(self.workspace, self.scopes),
            self.sockets,
            self.limits,
            self.faults,
            self.scopes,
            bot_token,
            app_token,
        )
        self.calls = self.api.calls

    def _give_hands(self, commands: Collection[str] | None, retry_delays: tuple[float, ...]) -> None:
        courier = Courier(self.workspace, self.transport)
        self._events = Events(self.workspace, courier, retry_delays)
        self._actions = Actions(
            self.workspace,
            self._messages,
            self._views,
            self.response_urls,
            Keyboard(self.files),
            courier,
            self._events,
            commands,
        )
        forms = Forms(self._actions)
        self.outcomes = courier.outcomes
        self.command, self.click, self.say = self._actions.command, self._actions.click, self._actions.say
        self.shortcut, self.message_shortcut = self._actions.shortcut, self._actions.message_shortcut
        self.open_home, self.event = self._actions.open_home, self._events.send
        self.settle = self._events.settle
        self.fill, self.options, self.submit, self.close = forms.fill, forms.options, forms.submit, forms.close
        self.disconnect = self.sockets.disconnect

    async def start(self, port: int = 0) -> str:
        """Listen on a loopback port (0 picks one) and return the base URL, so that the Web API is at `{url}/api/`."""
        self.url = await self._server.start(port)
        self.workspace.feed.closed = False
        return self.url

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        self.workspace.feed.close()
        await self._events.stop()
        await self.sockets.disconnect()
        await self._server.stop()
        await self.transport.close()

    @property
    def url(self) -> str:
        """The simulator's own address, as it stands in response URLs and file addresses."""
        return self.response_urls.url

    @url.setter
    def url(self, url: str) -> None:
        self.sockets.url = self.files.url = self.response_urls.url = url

    def upload(self, user: str, name: str, content: bytes) -> File:
        """Upload a file in a person's name; its id is what a file input takes."""
        return self.files.upload(user, name, content)

    async def outage(self, kind: str | None = "unavailable") -> None:
        """Take Slack down: "unavailable" answers 503, "closed" cuts every connection; None brings it back."""
        self.faults.outage = kind
        if kind:
            await self.sockets.disconnect("link_disabled")

    def invite(self, channel: str, user: str) -> None:
        """Make a user a member; a user of another team makes the channel externally shared."""
        place = self.workspace.channels[channel]
        place.members.add(user)
        place.is_ext_shared = place.is_ext_shared or self.workspace.users[user].is_stranger
        self.workspace.feed.publish("channel_changed", channel=channel)

    def archive(self, channel: str) -> None:
        """Archive a channel."""
        self.workspace.channels[channel].is_archived = True
        self.workspace.feed.publish("channel_changed", channel=channel)

    def messages(self, channel: str) -> list[Message]:
        """List the channel's messages that stand, oldest first; of a thread only what was also sent to the channel."""
        standing = (one for one in self.workspace.messages if one.channel == channel and not one.is_deleted)
        return [one for one in standing if not one.thread_ts or one.thread_ts == one.ts or one.reply_broadcast]

    def thread(self, channel: str, ts: str) -> list[Message]:
        """List the replies in the thread under one message, oldest first."""
        standing = (one for one in self.workspace.messages if one.channel == channel and not one.is_deleted)
        return [one for one in standing if one.thread_ts == ts and one.ts != ts]

    def ephemerals(self, user: str) -> list[Message]:
        """List what only this user sees, oldest first."""
        return [one for one in self.workspace.ephemerals if one.recipient == user and not one.is_deleted]

    def view(self, user: str) -> View | None:
        """Return the modal in front of a user."""
        stack = self.workspace.modals.get(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> View | None:
        """Return a user's App Home."""
        return self.workspace.homes.get(user)

    def text(self, shown: Message | View) -> str:
        """Read a message or a view as plain text."""
        return text.render(shown)

    async def wait_for(self, predicate: Callable[[], T | None], timeout: float = 5.0) -> T:  # noqa: ASYNC109
        """Return the first true value of `predicate`, asked after every change. Raises TimeoutError."""
        return await self.workspace.feed.wait_for(predicate, timeout)
