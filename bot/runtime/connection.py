"""A connection of the public listener: aiohttp's, with a short way for the one request that comes in thousands.

aiohttp's parser reads every request. A plain webhook is then answered from here; whatever else comes, and a webhook
that is in any way out of the ordinary, goes the usual way through aiohttp's tasks, requests and routes, which cost
several times what a status costs (docs/decisions/0016-webhooks-below-the-routes.md, benchmarks/webhooks.py).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from aiohttp import StreamReader, web
from aiohttp.http import HttpVersion11, RawRequestMessage

from bot.runtime.answers import Answer, on_the_wire

#: Where plain webhooks are posted to.
WEBHOOK_PATH: Final = "/meta/webhook"
#: Bodies from here on go the usual way: they are read on another thread, and aiohttp holds back a sender that is fast.
LARGE_BYTES: Final = 64_000
_DIGITS_OF_LARGE: Final = 5


class Webhook(Protocol):
    """What takes the webhooks."""

    def take(self, raw: bytes, signature: str | None, answer: Callable[[Answer], None]) -> None:
        """Take one small body; calls `answer` once, later, on the event loop."""
        ...


class Connection(web.RequestHandler):
    """One connection. Its requests are answered in their order, whichever way each goes.

    aiohttp's loop (`start`) sleeps on `_waiter` while `_messages`, the parsed requests, is empty. It is left asleep
    while a webhook is answered from here, and woken for everything else.
    """

    __slots__ = ("_answered", "_is_answering", "_webhook")

    def __init__(self, manager: web.Server, webhook: Webhook, *, keepalive_timeout: float, **settings: Any) -> None:
        super().__init__(manager, keepalive_timeout=keepalive_timeout, **settings)
        self._webhook = webhook
        self._is_answering = False
        #: Set only for a connection that is told to end while a webhook is answered.
        self._answered: asyncio.Future[None] | None = None

    def data_received(self, data: bytes) -> None:
        """Parse what came, and decide who answers."""
        waiter, self._waiter = self._waiter, None  # aiohttp would wake its loop for any request
        super().data_received(data)
        self._waiter = waiter
        self._go_on()

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002 - aiohttp's signature
        """Read on where reading was paused; aiohttp asks for it whenever something was read."""
        if self._reading_paused or not self._is_answering:
            super().resume_reading(resume_parser)

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109 - aiohttp's signature
        """Let a webhook under way be answered, within `timeout` seconds, and end as aiohttp does."""
        if self._is_answering:
            self._answered = self._loop.create_future()
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._answered
        await super().shutdown(timeout)

    def _go_on(self) -> None:
        """Take the next request if it is a plain webhook, else leave it to aiohttp's loop."""
        waiter = self._waiter
        if self._is_answering or not self._messages or waiter is None or waiter.done():
            return
        message, payload = self._messages[0]
        if not isinstance(message, RawRequestMessage) or not self._is_plain(message):
            waiter.set_result(None)
            return
        self._stay_open()
        if payload.is_eof():
            self._take(message, payload)
        elif len(self._messages) > 1 or self._reading_paused or payload.exception() is not None:
            waiter.set_result(None)  # the rest comes only to somebody who reads, or never

    def _is_plain(self, message: RawRequestMessage) -> bool:
        """Tell whether a request is a webhook as Meta posts them, and whoever sent it reads the answers."""
        if message.path != WEBHOOK_PATH or message.method != "POST" or message.version != HttpVersion11:
            return False
        if message.should_close or message.upgrade or message.chunked or message.compression:
            return False
        if self.writing_paused or self._buffer_paused or "Expect" in message.headers:
            return False
        length = message.headers.get("Content-Length", "")
        return length.isdecimal() and len(length) <= _DIGITS_OF_LARGE and int(length) < LARGE_BYTES

    def _take(self, message: RawRequestMessage, payload: StreamReader) -> None:
        self._is_answering = True
        self._messages.popleft()
        if self._parser is not None:
            self._parser.message_consumed()
        raw = payload.read_nowait()  # may parse on, where reading was paused
        self._webhook.take(raw, message.headers.get("X-Hub-Signature-256"), self._answer)

    def _answer(self, answer: Answer) -> None:
        self._is_answering = False
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(on_the_wire(answer))
            self._stay_open()
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(None)
        self._go_on()

    def _stay_open(self) -> None:
        """Count the time that a connection may be idle from now."""
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
