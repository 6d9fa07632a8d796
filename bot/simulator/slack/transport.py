"""Carries payloads to the app: over its Socket Mode connections if it has any, else as signed HTTP requests."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from bot.simulator.slack.faults import Faults
from bot.simulator.slack.sockets import Sockets
from bot.simulator.slack.state import Json


@dataclass(frozen=True, slots=True)
class Envelope:
    """One payload on its way; `kind` is Socket Mode's: slash_commands, interactive or events_api."""

    kind: str
    payload: Json
    retry_number: int = 0
    retry_reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app said within its three seconds; `failure` is http_timeout, connection_failed or http_error."""

    status: int | None
    body: Any = None
    failure: str | None = None
    forbids_retry: bool = False


@dataclass(slots=True)
class Transport:
    """Delivers envelopes. `ack_seconds` is how long the app has to answer."""

    sockets: Sockets
    faults: Faults
    clock: Callable[[], float]
    signing_secret: str
    request_url: str | None
    ack_seconds: float
    _client: httpx.AsyncClient | None = field(default=None)

    async def deliver(self, envelope: Envelope) -> Answer:
        """Bring one envelope to the app and return what it answered, whatever went wrong."""
        try:
            async with asyncio.timeout(self.ack_seconds):
                if self.sockets.connections or not self.request_url:
                    return await self._over_socket(envelope)
                return await self._over_http(envelope, self.request_url)
        except TimeoutError:
            return Answer(None, failure="http_timeout")
        except (ConnectionError, httpx.TransportError) as error:
            return Answer(None, str(error), failure="connection_failed")

    async def close(self) -> None:
        """Let go of the HTTP connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _over_socket(self, envelope: Envelope) -> Answer:
        retry = (
            {"retry_attempt": envelope.retry_number, "retry_reason": envelope.retry_reason}
            if envelope.kind == "events_api"
            else {}
        )
        accepts = envelope.kind != "events_api"
        message = {"type": envelope.kind, "accepts_response_payload": accepts, "payload": envelope.payload, **retry}
        return Answer(200, await self.sockets.send(message))

    async def _over_http(self, envelope: Envelope, url: str) -> Answer:
        self._client = self._client or httpx.AsyncClient(trust_env=False, timeout=2 * self.ack_seconds)
        content, content_type = _encoded(envelope)
        headers = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0", **self._signature(content)}
        if envelope.retry_number:
            headers["X-Slack-Retry-Num"] = str(envelope.retry_number)
            headers["X-Slack-Retry-Reason"] = envelope.retry_reason
        response = await self._client.post(url, content=content, headers=headers)
        failure = None if response.is_success else "http_error"
        forbids_retry = response.headers.get("X-Slack-No-Retry") == "1"
        return Answer(response.status_code, _decoded(response), failure, forbids_retry)

    def _signature(self, content: bytes) -> dict[str, str]:
        timestamp = str(int(self.clock()) + self.faults.timestamp_offset)
        secret = "forged" if self.faults.forge_signature else self.signing_secret
        digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + content, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def _encoded(envelope: Envelope) -> tuple[bytes, str]:
    if envelope.kind == "events_api":
        return json.dumps(envelope.payload).encode(), "application/json"
    fields = envelope.payload if envelope.kind == "slash_commands" else {"payload": json.dumps(envelope.payload)}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def _decoded(response: httpx.Response) -> Any:
    if not response.content:
        return None
    if response.headers.get("content-type", "").startswith("application/json"):
        try:
            return response.json()
        except ValueError:
            return response.text
    return response.text
