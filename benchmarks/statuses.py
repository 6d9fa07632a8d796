"""Webhook bodies of statuses as Meta writes them, signed, ready to be posted again and again."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from benchmarks.books import NUMBER, wamid_of
from bot.domain.instants import SECOND, Millis

SECRET = "meta-app-secret"  # noqa: S105 - of the simulator
WABA = "102290129340398"


def body(statuses: Sequence[dict[str, Any]]) -> bytes:
    """Write one webhook body."""
    metadata = {"display_phone_number": "12025550100", "phone_number_id": NUMBER}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "statuses": list(statuses)}
    change = {"field": "messages", "value": value}
    content = {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [change]}]}
    return json.dumps(content, separators=(",", ":")).encode()


def status(recipient_id: int, name: str, at: Millis) -> dict[str, Any]:
    """Write one status of one message, with the fields Meta sends for marketing messages."""
    return {
        "id": wamid_of(recipient_id),
        "status": name,
        "timestamp": str(at // SECOND),
        "recipient_id": f"5511{910_000_000 + recipient_id}",
        "biz_opaque_callback_data": f"bench.{recipient_id}.1",
        "conversation": {"id": f"{recipient_id:032x}", "origin": {"type": "marketing_lite"}},
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "marketing_lite", "type": "regular"},
    }


def lives(recipients: Sequence[int], at: Millis) -> Iterator[dict[str, Any]]:
    """Give every status of these messages: all sent, then all delivered, then all read, as a campaign has them."""
    for place, name in enumerate(("sent", "delivered", "read")):
        for recipient_id in recipients:
            yield status(recipient_id, name, Millis(at + place * SECOND))


def requests(statuses: Iterator[dict[str, Any]], per_body: int, path: str = "/meta/webhook") -> Iterator[bytes]:
    """Pack statuses into signed HTTP requests."""
    while batch := list(islice(statuses, per_body)):
        yield request(body(batch), path)


def request(content: bytes, path: str) -> bytes:
    """Write one signed HTTP request, byte for byte."""
    signature = hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nX-Hub-Signature-256: sha256={signature}\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content
