"""The state of the simulated workspace: channels, messages with every version, ephemerals, views, homes and files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.simulator.slack.feed import ChangeFeed
from bot.simulator.slack.people import BOT_ID, BOT_USER_ID, User, UserGroup, seed_groups, seed_users

Json = dict[str, Any]


@dataclass(slots=True)
class Channel:
    """A public or private channel, or a direct message between the bot and one user (`kind` "im")."""

    id: str
    name: str
    members: set[str]
    kind: str = "public"
    is_ext_shared: bool = False
    is_archived: bool = False

    @property
    def has_bot(self) -> bool:
        """Whether the bot is a member."""
        return BOT_USER_ID in self.members

    def as_json(self) -> Json:
        """Render the channel as conversations.info does."""
        if self.kind == "im":
            user = next(iter(self.members - {BOT_USER_ID}))
            return {"id": self.id, "is_im": True, "is_channel": False, "user": user, "is_archived": False}
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": self.kind == "public",
            "is_group": self.kind == "private",
            "is_im": False,
            "is_private": self.kind == "private",
            "is_archived": self.is_archived,
            "is_shared": self.is_ext_shared,
            "is_ext_shared": self.is_ext_shared,
            "is_org_shared": False,
            "is_member": self.has_bot,
            "num_members": len(self.members),
        }


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says at one moment."""

    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    file_ids: tuple[str, ...] = ()


@dataclass(slots=True)
class Message:
    """A posted message; `versions` holds every content it ever had, the current one last."""

    channel: str
    ts: str
    user: str
    versions: list[Content]
    thread_ts: str | None = None
    reply_broadcast: bool = False
    is_edited: bool = False
    is_deleted: bool = False
    recipient: str | None = None  # an ephemeral is seen by this user only
    offered: dict[tuple[str, str], list[Json]] = field(default_factory=dict)  # what external selects showed last

    @property
    def text(self) -> str:
        """The current top-level text."""
        return self.versions[-1].text

    @property
    def blocks(self) -> list[Json]:
        """The current blocks."""
        return self.versions[-1].blocks

    @property
    def metadata(self) -> Json | None:
        """The current metadata, if any."""
        return self.versions[-1].metadata

    def as_json(self, content: Content | None = None) -> Json:
        """Render the message as Slack shows it in answers and interaction payloads."""
        shown = content or self.versions[-1]
        bot = {"bot_id": BOT_ID, "app_id": "A0ARAUTO"} if self.user == BOT_USER_ID else {}
        return {
            "type": "message",
            "user": self.user,
            "ts": self.ts,
            "text": shown.text,
            **bot,
            **({"blocks": shown.blocks} if shown.blocks else {}),
            **({"thread_ts": self.thread_ts} if self.thread_ts else {}),
            **({"metadata": shown.metadata} if shown.metadata else {}),
            **({"edited": {"user": self.user, "ts": self.ts}} if self.is_edited else {}),
        }


@dataclass(slots=True)
class View:
    """A modal on someone's screen, or someone's App Home; `typed` is what the person has entered so far."""

    id: str
    user: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    origin: str | None = None  # the channel the person was in when it opened
    typed: dict[str, dict[str, Json]] = field(default_factory=dict)
    offered: dict[tuple[str, str], list[Json]] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        """The blocks of the view, each with a block_id."""
        blocks: list[Json] = self.body["blocks"]
        return blocks


@dataclass(slots=True)
class File:
    """A file of the workspace; `is_complete` is false between upload URL and completeUploadExternal."""

    id: str
    name: str
    user: str
    content: bytes = b""
    title: str = ""
    mimetype: str = "application/octet-stream"
    length: int = 0
    created: int = 0
    is_uploaded: bool = False
    is_complete: bool = False
    channels: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Workspace:
    """Everything the simulated Slack remembers. Time comes from `clock` (Unix seconds)."""

    clock: Callable[[], float]
    feed: ChangeFeed = field(default_factory=ChangeFeed)
    users: dict[str, User] = field(default_factory=seed_users)
    groups: dict[str, UserGroup] = field(default_factory=seed_groups)
    channels: dict[str, Channel] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    ephemerals: list[Message] = field(default_factory=list)
    modals: dict[str, list[View]] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    _last_micros: int = 0
    _counter: int = 0

    def __post_init__(self) -> None:
        home_team = {user.id for user in self.users.values() if not user.is_stranger and not user.is_restricted}
        for channel in (
            Channel("C0MARKETING", "marketing", {*home_team, "U0GUS"}),
            Channel("C0APPROVALS", "approvals", home_team - {"U0GUS"}, kind="private"),
            Channel("C0GENERAL", "general", home_team - {BOT_USER_ID}),
            Channel("C0SHARED", "shared", {*home_team, "U0EVE"}, is_ext_shared=True),
        ):
            self.channels[channel.id] = channel

    def new_id(self, prefix: str) -> str:
        """Make a fresh id such as `V00000007`."""
        self._counter += 1
        return f"{prefix}{self._counter:08d}"

    def new_ts(self) -> str:
        """Make a message timestamp: the clock's time, and always above the one before."""
        self._last_micros = max(int(self.clock() * 1_000_000), self._last_micros + 1)
        return f"{self._last_micros // 1_000_000}.{self._last_micros % 1_000_000:06d}"

    def message(self, channel: str, ts: str) -> Message | None:
        """Find a message that still stands."""
        for message in (*self.messages, *self.ephemerals):
            if (message.channel, message.ts) == (channel, ts) and not message.is_deleted:
                return message
        return None

    def direct_message(self, user: str) -> Channel:
        """Return the direct message channel between the bot and a user, opening it if need be."""
        channel_id = f"D{user[1:]}"
        if channel_id not in self.channels:
            self.channels[channel_id] = Channel(channel_id, user, {user, BOT_USER_ID}, kind="im")
            self.feed.publish("channel_created", channel=channel_id)
        return self.channels[channel_id]

    def views(self) -> list[View]:
        """List every open modal and every home."""
        return [*(view for stack in self.modals.values() for view in stack), *self.homes.values()]
