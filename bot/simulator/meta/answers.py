"""JSON in and JSON out of the Graph endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from bot.simulator.meta.errors import GraphError

if TYPE_CHECKING:
    from starlette.requests import Request

_THROTTLED_CALLS = frozenset({4, 80007})


def as_json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Build a JSON response."""
    return Response(msgspec.json.encode(body), status, headers, "application/json")


def usage(code: int, waba_id: str) -> dict[str, str]:
    """Tell, with the codes of call throttling only, how many minutes to wait."""
    if code not in _THROTTLED_CALLS:
        return {}
    spent = {"type": "whatsapp_business_management", "call_count": 100, "total_cputime": 25, "total_time": 25}
    usage = {waba_id: [spent | {"estimated_time_to_regain_access": 1}]}
    return {"X-Business-Use-Case-Usage": msgspec.json.encode(usage).decode()}


async def fields_of(request: Request) -> dict[str, Any]:
    """Read the body as a JSON object; empty is an empty one. Raises 100."""
    raw = await request.body()
    if not raw:
        return {}
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.MsgspecError as broken:
        raise GraphError(100, f"The body is not a JSON object: {broken}") from broken
