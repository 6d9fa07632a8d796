"""The response_url of commands and interactions: good for thirty minutes and five calls."""

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.simulator.slack.arguments import Args, is_true, read_arguments
from bot.simulator.slack.errors import SlackError
from bot.simulator.slack.messages import Messages
from bot.simulator.slack.people import BOT_USER_ID, TEAM_ID
from bot.simulator.slack.state import Message

LIFETIME_SECONDS = 30 * 60
MOST_USES = 5


@dataclass(slots=True)
class ResponseUrl:
    """Whom an answer reaches, and which message it may replace."""

    channel: str
    user: str
    source: Message | None
    issued_at: float
    uses: int = 0


@dataclass(slots=True)
class ResponseUrls:
    """Every response_url ever handed out. `url` is the simulator's own address, known once it listens."""

    messages: Messages
    url: str = ""
    issued: dict[str, ResponseUrl] = field(default_factory=dict)

    def issue(self, channel: str, user: str, source: Message | None = None) -> str:
        """Make an address for answers to one interaction."""
        workspace = self.messages.workspace
        secret = workspace.new_id("r")
        self.issued[secret] = ResponseUrl(channel, user, source, workspace.clock())
        return f"{self.url}/actions/{TEAM_ID}/{secret}"

    async def receive(self, request: Request) -> Response:
        """Take one answer of the app: plain `ok`, or 404 once the address is used up or too old."""
        target = self.issued.get(request.path_params["secret"])
        try:
            self._spend(target)
            if target is not None:
                self._apply(target, await read_arguments(request))
        except SlackError as refused:
            status = 404 if refused.name in {"used_url", "expired_url", "no_team"} else 400
            return JSONResponse(refused.body(), status)
        return PlainTextResponse("ok")

    def _spend(self, target: ResponseUrl | None) -> None:
        if target is None:
            raise SlackError("no_team")
        if self.messages.workspace.clock() - target.issued_at > LIFETIME_SECONDS:
            raise SlackError("expired_url")
        if target.uses >= MOST_USES:
            raise SlackError("used_url")
        target.uses += 1

    def _apply(self, target: ResponseUrl, body: Args) -> None:
        source = target.source if target.source and not target.source.is_deleted else None
        if is_true(body.get("delete_original")):
            if source:
                self.messages.remove(source)
            return
        content = self.messages.sound_content(body)
        if is_true(body.get("replace_original")) and source:
            self.messages.change(source, content)
        elif body.get("response_type") == "in_channel":
            self.messages.add(target.channel, BOT_USER_ID, content, body.get("thread_ts"))
        else:
            self.messages.whisper(target.channel, target.user, content, body.get("thread_ts"))
