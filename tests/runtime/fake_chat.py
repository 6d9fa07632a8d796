"""A chat that keeps what is posted, and is busy, closed or gone when a test says so."""

import asyncio
from dataclasses import dataclass, field

from bot.ports.chat import ChatClosedError, ChatMessage, ChatMissingError


@dataclass
class Posted:
    channel: str
    message: ChatMessage
    thread_ts: str | None = None
    broadcast: bool = False
    edits: list[ChatMessage] = field(default_factory=list)


class FakeChat:
    """The port `Chat`; `errors` are raised by the next calls, one each. Every call takes a turn of the event loop.

    `closed` channels take nothing, and `missing` messages are not there any more; `tried` lists the channels called.
    """

    def __init__(self) -> None:
        self.posts: list[Posted] = []
        self.errors: list[Exception] = []
        self.closed: set[str] = set()
        self.missing: set[str] = set()
        self.tried: list[str] = []

    async def post(
        self, channel: str, message: ChatMessage, *, thread_ts: str | None = None, broadcast: bool = False
    ) -> tuple[str, str]:
        await self._turn(channel)
        self.posts.append(Posted(channel, message, thread_ts, broadcast))
        return channel, str(len(self.posts) - 1)

    async def edit(self, channel: str, ts: str, message: ChatMessage) -> None:
        await self._turn(channel)
        if ts in self.missing:
            raise ChatMissingError("message_not_found")
        self.posts[int(ts)].edits.append(message)

    async def whisper(self, channel: str, user: str, message: ChatMessage) -> None:
        await self._turn(channel)

    async def _turn(self, channel: str) -> None:
        await asyncio.sleep(0)
        self.tried.append(channel)
        if self.errors:
            raise self.errors.pop(0)
        if channel in self.closed:
            raise ChatClosedError("Arauto is not in it. Invite it.")

    @property
    def edits(self) -> int:
        return sum(len(post.edits) for post in self.posts)
