"""A chat that keeps what is posted, and is busy, closed or gone when a test says so."""

import asyncio
from dataclasses import dataclass, field

from bot.ports.chat import ChatBusyError, ChatClosedError, ChatMessage, ChatMissingError


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
    The answers to the next `lost` posts get lost. Unless it is `blind`, marks are found; `looked` counts the looks.
    """

    def __init__(self) -> None:
        self.posts: list[Posted] = []
        self.errors: list[Exception] = []
        self.closed: set[str] = set()
        self.missing: set[str] = set()
        self.tried: list[str] = []
        self.lost = self.looked = 0
        self.blind = False

    async def post(
        self, channel: str, message: ChatMessage, *, thread_ts: str | None = None, broadcast: bool = False
    ) -> tuple[str, str]:
        await self._turn(channel)
        self.posts.append(Posted(channel, message, thread_ts, broadcast))
        if self.lost:
            self.lost -= 1
            raise ChatBusyError(5, "Slack cannot be reached (TimeoutError).", may_be_done=True)
        return channel, str(len(self.posts) - 1)

    async def find(self, channel: str, mark: str, *, thread_ts: str | None = None) -> str | None:
        await self._turn(channel)
        self.looked += 1
        places = enumerate(self.posts)
        found = [
            str(n) for n, one in places if (one.channel, one.message.mark, one.thread_ts) == (channel, mark, thread_ts)
        ]
        return found[0] if found and not self.blind else None

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
