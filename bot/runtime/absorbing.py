"""Meta's webhook: verify, read, fold, commit, and only then answer."""

import asyncio
import hmac
import logging
from collections.abc import Callable

from aiohttp import web

from bot.domain.errors import StorageFullError
from bot.domain.inbound import WebhookBatch
from bot.domain.policy import Policy
from bot.ports.clock import Clock
from bot.ports.storage import Storage
from bot.runtime.answers import Answer
from bot.runtime.connection import LARGE_BYTES
from bot.runtime.gathering import Gathering
from bot.runtime.metrics import Metrics
from bot.whatsapp.signature import is_signed
from bot.whatsapp.webhooks import read

log = logging.getLogger(__name__)

#: The most Meta sends (Meta, "Webhooks: create an endpoint", read 2026-04).
MOST_BYTES = 3_000_000


class WebhookEndpoint:
    """Answers `GET` and `POST /meta/webhook`."""

    def __init__(
        self,
        *,
        store: Storage,
        policy: Policy,
        clock: Clock,
        metrics: Metrics,
        app_secret: str,
        verify_token: str,
        waba_id: str,
        numbers: tuple[str, ...],
    ) -> None:
        self._gathering = Gathering(store, policy, clock, metrics)
        self._metrics = metrics
        self._app_secret = app_secret
        self._verify_token = verify_token
        self._waba_id = waba_id
        self._numbers = numbers

    async def verify(self, request: web.Request) -> web.Response:
        """Answer Meta's handshake with its bare challenge, if the token is ours."""
        query = request.query
        is_ours = _same(query.get("hub.verify_token", ""), self._verify_token)
        if query.get("hub.mode") != "subscribe" or not is_ours:
            return web.Response(text="the verify token is not ours", status=403)
        return web.Response(text=query.get("hub.challenge", ""))

    async def absorb(self, request: web.Request) -> web.Response:
        """Take one webhook body of any length; 200 only once everything in it is durable."""
        raw = await _body(request)
        if raw is None:
            return _response(Answer.TOO_LONG)
        if not self._is_signed(raw, request.headers.get("X-Hub-Signature-256")):
            return _response(Answer.FORGED)
        batch = await self._read(raw)
        try:
            await self._gathering.absorb(batch)
        except StorageFullError as problem:
            return _response(_full(problem))
        return _response(Answer.TAKEN)

    def take(self, raw: bytes, signature: str | None, answer: Callable[[Answer], None]) -> None:
        """Take one small body, and call `answer` later, on the event loop: the same as `absorb` without a task."""
        if not self._is_signed(raw, signature):
            asyncio.get_running_loop().call_soon(answer, Answer.FORGED)
            return
        batch = read(raw, waba_id=self._waba_id, numbers=self._numbers)
        self._gathering.add(batch, lambda error: answer(_answer_after(error)))

    def _is_signed(self, raw: bytes, signature: str | None) -> bool:
        if is_signed(self._app_secret, raw, signature):
            return True
        self._metrics.webhooks.labels("forged").inc()
        return False

    async def _read(self, raw: bytes) -> WebhookBatch:
        if len(raw) < LARGE_BYTES:
            return read(raw, waba_id=self._waba_id, numbers=self._numbers)
        return await asyncio.to_thread(read, raw, waba_id=self._waba_id, numbers=self._numbers)


def _answer_after(error: Exception | None) -> Answer:
    """Say what is answered after a write that raised this, if anything."""
    match error:
        case None:
            return Answer.TAKEN
        case StorageFullError():
            return _full(error)
    log.error("a webhook could not be taken", exc_info=error)
    return Answer.BROKEN


def _full(problem: StorageFullError) -> Answer:
    log.warning("a webhook could not be stored and is left for Meta to repeat: %s", problem)
    return Answer.FULL


def _response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, text=answer.text) if answer.text else web.Response(status=answer.status)


async def _body(request: web.Request) -> bytes | None:
    """Read the body; None as soon as it is known to be too long (the routes are built with the same bound)."""
    if (request.content_length or 0) > MOST_BYTES:
        return None
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        return None


def _same(given: str, ours: str) -> bool:
    return hmac.compare_digest(given.encode(), ours.encode())
