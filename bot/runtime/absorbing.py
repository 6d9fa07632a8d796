"""Meta's webhook: verify, read, fold, commit, and only then answer."""

import asyncio
import hmac
import logging

from aiohttp import web

from bot.domain.errors import StorageFullError
from bot.domain.inbound import WebhookBatch
from bot.ports.clock import Clock
from bot.ports.storage import Storage
from bot.runtime.gathering import Gathering
from bot.runtime.metrics import Metrics
from bot.whatsapp.signature import is_signed
from bot.whatsapp.webhooks import read

log = logging.getLogger(__name__)

#: The most Meta sends (Meta, "Webhooks: create an endpoint", read 2026-04).
MOST_BYTES = 3_000_000
#: Bodies above this are read on another thread, so that the event loop goes on.
LARGE_BYTES = 64_000


class WebhookEndpoint:
    """Answers `GET` and `POST /meta/webhook`."""

    def __init__(
        self,
        *,
        store: Storage,
        clock: Clock,
        metrics: Metrics,
        app_secret: str,
        verify_token: str,
        waba_id: str,
        numbers: tuple[str, ...],
    ) -> None:
        self._gathering = Gathering(store, clock, metrics)
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
        """Take one webhook body; 200 only once everything in it is durable."""
        raw = await _body(request)
        if raw is None:
            return web.Response(text=f"a body may have at most {MOST_BYTES} bytes", status=413)
        if not is_signed(self._app_secret, raw, request.headers.get("x-hub-signature-256")):
            self._metrics.webhooks.labels("forged").inc()
            return web.Response(text="the signature does not match", status=401)
        batch = await self._read(raw)
        try:
            await self._gathering.absorb(batch)
        except StorageFullError as problem:
            # Not taken: Meta repeats for seven days, so nothing is lost.
            log.warning("a webhook could not be stored and is left for Meta to repeat: %s", problem)
            return web.Response(text="cannot store this now, repeat it later", status=503)
        return web.Response()

    async def _read(self, raw: bytes) -> WebhookBatch:
        if len(raw) < LARGE_BYTES:
            return read(raw, waba_id=self._waba_id, numbers=self._numbers)
        return await asyncio.to_thread(read, raw, waba_id=self._waba_id, numbers=self._numbers)


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
