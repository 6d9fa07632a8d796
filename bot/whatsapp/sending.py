"""Sends one message to Meta, once, and says honestly what became of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, Final

import httpx
import msgspec

from bot.ports.meta import Accepted, InDoubt, NotSent, Outcome, OutgoingMessage, Refused
from bot.whatsapp.failures import failure
from bot.whatsapp.reading import graph_error, text
from bot.whatsapp.transport import NOTHING_LEFT, poster

#: A business-scoped user id: a country code, a dot, up to 128 letters and digits (Meta, "Business-scoped user IDs").
_USER_ID: Final = re.compile(r"[A-Za-z]{2}\.[A-Za-z0-9.]+")
#: Statuses of an accepted message that Meta does not deliver yet (template pacing).
_HELD: Final = frozenset({"held_for_quality_assessment", "paused"})
_NO_COMPONENTS: Final = (b"", b"[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaEndpoint:
    """Where messages are posted: `api_url` without version, `version` like v25.0, and the token."""

    api_url: str
    version: str
    access_token: str

    def url(self, phone_number_id: str) -> str:
        """Give the address for one sender number."""
        return f"{self.api_url.rstrip('/')}/{self.version}/{phone_number_id}/marketing_messages"


class MetaSender:
    """Implements `bot.ports.meta.MessageSender` over an httpx transport (`transport.sending_transport`).

    The transport is called without httpx's client around it: what that adds (redirects, cookies, the environment,
    parsing the same address again) is nothing a sender may use, and costs more than everything else
    (benchmarks/send_path.py).
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, endpoint: MetaEndpoint) -> None:
        self._poster = poster(transport)
        self._endpoint = endpoint
        self._headers = [
            ("Authorization", f"Bearer {endpoint.access_token}"),
            ("Content-Type", "application/json"),
            ("Accept-Encoding", "identity"),
        ]

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Send once. Only an error body of Meta, or a request that never left, counts as not accepted."""
        url = self._endpoint.url(message.phone_number_id)
        try:
            status, body = await self._poster.post(url, self._headers, body_of(message))
        except NOTHING_LEFT as error:
            return NotSent(_why(error))
        except httpx.HTTPError as error:
            return InDoubt(_why(error))
        return outcome_of(status, body)


def body_of(message: OutgoingMessage) -> bytes:
    """Write the request body; the components are spliced in as they were frozen, byte for byte."""
    to = "recipient" if _USER_ID.fullmatch(message.address) else "to"
    head = (
        f'{{"messaging_product":"whatsapp","recipient_type":"individual","{to}":{_quoted(message.address)},'
        f'"type":"template","template":{{"name":{_quoted(message.template_name)},'
        f'"language":{{"code":{_quoted(message.language)}}}'
    )
    components = b"" if message.components in _NO_COMPONENTS else b',"components":' + message.components
    return head.encode() + components + _options(message).encode()


def _options(message: OutgoingMessage) -> str:
    options = [f'}},"product_policy":"{message.policy}"']
    if message.activity_sharing is not None:
        options.append(f'"message_activity_sharing":{"true" if message.activity_sharing else "false"}')
    if message.tracker is not None:
        options.append(f'"biz_opaque_callback_data":{_quoted(message.tracker)}')
    return ",".join(options) + "}"


def outcome_of(status: int, body: bytes) -> Outcome:
    """Judge an answer (Meta, "Send marketing messages", response; "Error codes")."""
    answer = _decoded(body)
    if status == httpx.codes.OK:
        return _accepted(answer)
    error = graph_error(answer) if status >= httpx.codes.BAD_REQUEST else None
    if error is None:
        return InDoubt(f"Meta answered HTTP {status} without an error body")
    return Refused(failure(error.code, error.detail, error.trace_id, is_transient=error.is_transient))


def _accepted(answer: Any) -> Outcome:
    """Read the message id; a 200 without one was most likely accepted all the same, so it is in doubt."""
    sent = _first(answer, "messages")
    wamid = text(sent.get("id"))
    if wamid is None:
        return InDoubt("Meta answered 200 with a body that names no message")
    contact = _first(answer, "contacts")
    is_held = text(sent.get("message_status")) in _HELD
    return Accepted(wamid, is_held, text(contact.get("wa_id")), text(contact.get("user_id")))


def _first(answer: Any, key: str) -> Mapping[str, Any]:
    items = answer.get(key) if isinstance(answer, Mapping) else None
    first = items[0] if isinstance(items, list) and items else None
    return first if isinstance(first, Mapping) else {}


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None


def _why(error: httpx.HTTPError) -> str:
    return f"{type(error).__name__}: {error}"
