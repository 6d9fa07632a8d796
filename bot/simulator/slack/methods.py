"""The Web API: finds the method, then judges outage, token, scope and rate before it runs it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.simulator.slack.arguments import Args, read_arguments
from bot.simulator.slack.directory import Directory
from bot.simulator.slack.errors import RateLimitedError, SlackError
from bot.simulator.slack.faults import Faults
from bot.simulator.slack.files import Files
from bot.simulator.slack.history import History
from bot.simulator.slack.limits import RateLimits
from bot.simulator.slack.messages import Messages
from bot.simulator.slack.sockets import Sockets
from bot.simulator.slack.state import Json
from bot.simulator.slack.views import Views

logger = logging.getLogger(__name__)
DEFAULT_SCOPES = frozenset(
    {
        "chat:write",
        "chat:write.public",
        "commands",
        "channels:history",
        "channels:read",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:read",
        "im:write",
        "usergroups:read",
        "users:read",
    }
)


@dataclass(frozen=True, slots=True)
class Method:
    """One Web API method: what runs it, which scope it needs, its rate tier and whose token it takes."""

    run: Callable[[Args], Json]
    scope: str | None = None
    tier: int = 4
    takes_app_token: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One Web API call as the app made it, and what it was answered."""

    method: str
    args: Args
    status: int
    answer: Json


@dataclass(slots=True)
class WebApi:
    """Answers `/api/{method}`."""

    messages: Messages
    views: Views
    files: Files
    directory: Directory
    history: History
    sockets: Sockets
    limits: RateLimits
    faults: Faults
    scopes: set[str]
    bot_token: str
    app_token: str
    calls: list[Call] = field(default_factory=list)
    methods: dict[str, Method] = field(init=False)

    def __post_init__(self) -> None:
        """Lay out the table of methods. Tiers and scopes: Slack's method pages, read 2026-11-22."""
        messages, views, files, directory = self.messages, self.views, self.files, self.directory
        self.methods = {
            "auth.test": Method(directory.auth_test, tier=0),
            "apps.connections.open": Method(self.sockets.open, tier=3, takes_app_token=True),
            "chat.postMessage": Method(messages.post, "chat:write"),
            "chat.update": Method(messages.update, "chat:write", tier=3),
            "chat.postEphemeral": Method(messages.post_ephemeral, "chat:write"),
            "chat.delete": Method(messages.delete, "chat:write", tier=3),
            "chat.getPermalink": Method(messages.permalink),
            "views.open": Method(views.open),
            "views.push": Method(views.push),
            "views.update": Method(views.update),
            "views.publish": Method(views.publish),
            "users.info": Method(directory.user_info, "users:read"),
            "users.list": Method(directory.user_list, "users:read", tier=2),
            "conversations.info": Method(directory.channel_info, tier=3),
            "conversations.list": Method(directory.channel_list, tier=2),
            "conversations.members": Method(directory.channel_members),
            "conversations.history": Method(self.history.history, tier=3),
            "conversations.replies": Method(self.history.replies, tier=3),
            "conversations.open": Method(directory.open_direct_message, "im:write", tier=3),
            "usergroups.list": Method(directory.group_list, "usergroups:read", tier=2),
            "usergroups.users.list": Method(directory.group_users, "usergroups:read", tier=2),
            "files.info": Method(files.info, "files:read"),
            "files.getUploadURLExternal": Method(files.upload_url, "files:write"),
            "files.completeUploadExternal": Method(files.complete, "files:write"),
        }

    async def answer(self, request: Request) -> Response:
        """Answer one call: always HTTP 200 with `ok`, except 429, an outage and an answer lost on its way."""
        name = request.path_params["method"]
        args: Args = {}
        try:
            args = await read_arguments(request)
            body = {"ok": True, **self._run(name, args, request.headers.get("authorization", ""))}
        except RateLimitedError as limited:
            self._note(name, args, 429, {"ok": False, "error": "ratelimited"})
            headers = {"Retry-After": str(limited.retry_after)}
            return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)
        except SlackError as refused:
            body = refused.body()
        self._note(name, args, 200, body)
        if self.faults.loses(name):
            return PlainTextResponse("upstream request timeout", 504)
        return JSONResponse(body, headers={"x-oauth-scopes": ",".join(sorted(self.scopes))})

    def _run(self, name: str, args: Args, authorization: str) -> Json:
        method = self.methods.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        self._authorize(method, args.pop("token", None) or authorization.removeprefix("Bearer "))
        self.faults.strike(name)
        self.limits.take(name, method.tier, args.get("channel"))
        return method.run(args)

    def _authorize(self, method: Method, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if token not in {self.bot_token, self.app_token}:
            raise SlackError("invalid_auth")
        if (token == self.app_token) != method.takes_app_token:
            raise SlackError("not_allowed_token_type")
        if method.scope and method.scope not in self.scopes:
            raise SlackError("missing_scope", needed=method.scope, provided=",".join(sorted(self.scopes)))

    def _note(self, name: str, args: Args, status: int, answer: Json) -> None:
        self.calls.append(Call(name, args, status, answer))
        logger.debug("%s answered %s %s", name, status, answer.get("error", "ok"))
