"""Faults on demand: which request meets which, and how a broken connection looks from outside."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from bot.simulator.meta.errors import GraphError

if TYPE_CHECKING:
    from random import Random

    from starlette.types import Receive, Scope, Send

    from bot.simulator.meta.behaviour import Fault

_BAD_GATEWAY = 502
_LINGER_NOT_AT_ALL = struct.pack("ii", 1, 0)  # closing sends RST instead of FIN


class _Addressee(msgspec.Struct):
    to: str = ""
    recipient: str = ""


class Faults:
    """The faults still to come; the oldest that matches a request is used up."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.pending: list[Fault] = []

    def pick(self, on: str, raw: bytes) -> Fault | None:
        """Choose the fault for a request with this body, if any; `on` is send or manage."""
        for fault in self.pending:
            if fault.on == on and self._matches(fault, raw):
                self._use_up(fault)
                return fault
        return None

    def _matches(self, fault: Fault, raw: bytes) -> bool:
        if fault.phone is not None and fault.phone not in _addressees(raw):
            return False
        return fault.share >= 1 or self._rng.random() < fault.share

    def _use_up(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times <= 0:
            self.pending.remove(fault)


def _addressees(raw: bytes) -> set[str]:
    try:
        found = msgspec.json.decode(raw, type=_Addressee)
    except msgspec.MsgspecError:
        return set()
    return {found.to, found.recipient}


def answer_to(fault: Fault) -> Response:
    """Make what the sender gets; raises GraphError for a coded error."""
    match fault.kind:
        case "error":
            raise GraphError(fault.code, "Refused on demand", status=fault.status)
        case "gateway":
            return Response(
                "<html><h1>502 Bad Gateway</h1></html>", fault.status or _BAD_GATEWAY, media_type="text/html"
            )
        case "hang":
            return Reset(after_seconds=fault.seconds_real)
        case "reset":
            return Reset()


class Reset(Response):
    """No answer at all: the connection hangs, then is torn down with a TCP reset. Needs the server of this package."""

    def __init__(self, after_seconds: float = 0.0) -> None:
        super().__init__()
        self._after_seconds = after_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  nothing is sent
        """Hang until the time is up or the client has gone, then reset."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._after_seconds):
                await _until_gone(receive)
        transport: asyncio.Transport = scope["state"]["transport"]
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT_AT_ALL)
        transport.abort()
        await _until_gone(receive)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
