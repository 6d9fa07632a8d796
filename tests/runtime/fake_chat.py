"""A chat that keeps what is posted, and is busy or gone when a test says so."""

import asyncio
from dataclasses import dataclass, field

from bot.ports.chat import ChatMessage


@dataclass
class Posted:
    channel: str
    message: ChatMessage
    thread_ts: str | None = None
    broadcast: bool = False
    edits: list[ChatMessage] = field(default_factory=list)


class FakeChat:
    """The port `Chat`; `errors` are raised by the next calls, one each. Every call takes a turn of the event loop."""

    def __init__(self) -> None:
        self.posts: list[Posted] = []
        self.errors: list[Exception] = []

    async def post(
        self, channel: str, message: ChatMessage, *, thread_ts: str | None = None, broadcast: bool = False
    ) -> tuple[str, str]:
        await self._turn()
        self.posts.append(Posted(channel, message, thread_ts, broadcast))
        return channel, str(len(self.posts) - 1)

    async def edit(self, channel: str, ts: str, message: ChatMessage) -> None:
        await self._turn()
        self.posts[int(ts)].edits.append(message)

    async def whisper(self, channel: str, user: str, message: ChatMessage) -> None:
        await self._turn()

    async def _turn(self) -> None:
        await asyncio.sleep(0)
        if self.errors:
            raise self.errors.pop(0)

    @property
    def edits(self) -> int:
        return sum(len(post.edits) for post in self.posts)
