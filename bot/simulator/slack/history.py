"""What an app may read back of a channel: conversations.history and conversations.replies.

Sources: Slack, "conversations.history" and "conversations.replies", read 2026-11-28. A bot reads only where it is a
member, and only with the history scope of that kind of channel; metadata comes only when asked for.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.simulator.slack.arguments import Args, is_true, required
from bot.simulator.slack.errors import SlackError
from bot.simulator.slack.state import Channel, Json, Message, Workspace

HISTORY_SCOPES = {"public": "channels:history", "private": "groups:history", "im": "im:history"}
USUAL_PAGE = 100
LARGEST_PAGE = 999
_TS = re.compile(r"\d{1,10}(\.\d{1,6})?")


@dataclass(slots=True)
class History:
    """The messages of one workspace, as the app may read them."""

    workspace: Workspace
    scopes: set[str]

    def history(self, args: Args) -> Json:
        """conversations.history: newest first; of a thread only what was also sent to the channel."""
        channel = self._readable(args)
        within = _span(args)
        found = [one for one in self._standing(channel) if _is_in_channel(one) and within(one.ts)]
        return _page(found[::-1], args)

    def replies(self, args: Args) -> Json:
        """conversations.replies: the message a thread hangs from, then its replies, oldest first."""
        channel, ts = self._readable(args), required(args, "ts")
        thread = [one for one in self._standing(channel) if ts in (one.ts, one.thread_ts)]
        if not any(one.ts == ts for one in thread):
            raise SlackError("thread_not_found")
        within = _span(args)
        return _page([one for one in thread if one.ts == ts or within(one.ts)], args)

    def _standing(self, channel: Channel) -> list[Message]:
        return [one for one in self.workspace.messages if one.channel == channel.id and not one.is_deleted]

    def _readable(self, args: Args) -> Channel:
        """Find a channel by its id that the bot is in and may read. Raises SlackError."""
        channel = self.workspace.channels.get(required(args, "channel"))
        if channel is None or (channel.kind != "public" and not channel.has_bot):
            raise SlackError("channel_not_found")
        needed = HISTORY_SCOPES[channel.kind]
        if needed not in self.scopes:
            raise SlackError("missing_scope", needed=needed, provided=",".join(sorted(self.scopes)))
        if not channel.has_bot:
            raise SlackError("not_in_channel")
        return channel


def _is_in_channel(message: Message) -> bool:
    return not message.thread_ts or message.thread_ts == message.ts or message.reply_broadcast


def _span(args: Args) -> Callable[[str], bool]:
    """Read `oldest` and `latest`, which count themselves only with `inclusive`."""
    oldest, latest = (_instant(args, name) for name in ("oldest", "latest"))
    inclusive = is_true(args.get("inclusive"))

    def holds(ts: str) -> bool:
        at = float(ts)
        if inclusive and at in (oldest, latest):
            return True
        return (oldest is None or at > oldest) and (latest is None or at < latest)

    return holds


def _instant(args: Args, name: str) -> float | None:
    value = str(args.get(name) or "")
    if not value:
        return None
    if not _TS.fullmatch(value):
        raise SlackError(f"invalid_ts_{name}")
    return float(value)


def _page(found: list[Message], args: Args) -> Json:
    """Cut out one page, and say where the next one begins."""
    limit, first = _limit(args), _first(found, args)
    page, rest = found[first : first + limit], found[first + limit :]
    next_cursor = base64.b64encode(f"next_ts:{rest[0].ts}".encode()).decode() if rest else ""
    with_metadata = is_true(args.get("include_all_metadata"))
    return {
        "messages": [_shown(one, with_metadata=with_metadata) for one in page],
        "has_more": bool(rest),
        **({"response_metadata": {"next_cursor": next_cursor}} if rest else {}),
    }


def _limit(args: Args) -> int:
    text = str(args.get("limit") or USUAL_PAGE)
    if not text.isdigit() or not 1 <= int(text) <= LARGEST_PAGE:
        raise SlackError("invalid_limit")
    return int(text)


def _first(found: list[Message], args: Args) -> int:
    cursor = str(args.get("cursor") or "")
    if not cursor:
        return 0
    try:
        ts = base64.b64decode(cursor, validate=True).decode().removeprefix("next_ts:")
    except (binascii.Error, UnicodeDecodeError):
        ts = ""
    place = next((place for place, one in enumerate(found) if one.ts == ts), None)
    if place is None:
        raise SlackError("invalid_cursor")
    return place


def _shown(message: Message, *, with_metadata: bool) -> Json:
    shown = message.as_json()
    if not with_metadata:
        shown.pop("metadata", None)
    return shown
