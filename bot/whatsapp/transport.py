"""The one place that chooses what carries requests to Meta when hundreds are in flight at once.

httpx's API and errors stay, its own connection pool does not: it scans a list of every connection for every request and
falls to 30 requests a second at 256 connections, where pyreqwest (Rust, hyper) does 1,235 (2 cores, TLS, 100 ms of
latency). docs/decisions/0002-http-transport.md has the choice and its price.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import certifi
import httpx
from pyreqwest import exceptions as rq
from pyreqwest.client import Client, ClientBuilder


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. `connect` covers DNS, TCP and TLS; `read` the wait for the answer and each silence in it.

    `pool` is waiting for a free slot, `total` everything from connecting to the last byte, so also a peer that takes
    our bytes too slowly. The clock of `read` starts with connecting: `connect` must be the shorter, or a connection
    that never opened would count as in doubt.
    """

    connect: float = 10.0
    read: float = 30.0
    pool: float = 30.0
    total: float = 60.0

    def __post_init__(self) -> None:
        if self.connect >= min(self.read, self.total):
            raise ValueError("the connect timeout must be shorter than the read and the total timeout")


#: Idle connections are dropped before common servers drop them (5 s and more), so that a request rarely meets the end
#: of its connection, which would leave it in doubt.
_IDLE: Final = timedelta(seconds=4)

#: Raised before any byte of a request can have left: the caller may try again.
NOTHING_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

#: How hyper's client names a failure of DNS, TCP or TLS in the chain of causes. pyreqwest's own classes do not tell:
#: its ConnectError also stands for a connection that broke after the whole request was written.
_WHILE_CONNECTING: Final = "client error (Connect)"


#: Header lines, and an answer: its status and its whole body.
Headers = Sequence[tuple[str, str]]
Answer = tuple[int, bytes]


class Poster(Protocol):
    """Posts one body once."""

    async def post(self, url: str, headers: Headers, content: bytes) -> Answer:
        """Post once; raises httpx.HTTPError, one of `NOTHING_LEFT` only if nothing can have left."""
        ...


def poster(transport: httpx.AsyncBaseTransport) -> Poster:
    """Give the way to post through a transport: its own if it has one, else httpx's."""
    return transport if isinstance(transport, SendingTransport) else _OverHttpx(transport)


@dataclass(frozen=True, slots=True)
class _OverHttpx:
    """Posts through whatever transport httpx may have."""

    transport: httpx.AsyncBaseTransport

    async def post(self, url: str, headers: Headers, content: bytes) -> Answer:
        request = httpx.Request("POST", url, headers=list(headers), content=content)
        response = await self.transport.handle_async_request(request)
        return response.status_code, await response.aread()


class SendingTransport(httpx.AsyncBaseTransport):
    """Carries httpx requests over pyreqwest: HTTP/1.1 only, no redirect, no repetition of anything that has left.

    The answer is read whole. hyper takes a request back and opens a fresh connection only while not one byte of it was
    written; HTTP/2, where a peer may refuse a stream and have it repeated, is off. tests/whatsapp counts both.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def post(self, url: str, headers: Headers, content: bytes) -> Answer:
        """Post once; raises httpx.TransportError, one of `NOTHING_LEFT` only if nothing can have left.

        Without httpx's request and response around it, which cost 160 of 200 µs (benchmarks/send_path.py).
        """
        try:
            response = await self._client.post(url).headers(headers).body_bytes(content).build().send()
            return response.status, bytes(await response.bytes())
        except rq.PyreqwestError as error:
            raise _translated(error) from error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Do the same for httpx itself, with any method."""
        try:
            content = await request.aread()
            builder = self._client.request(request.method, str(request.url)).headers(request.headers.multi_items())
            response = await builder.body_bytes(content).build().send()
            body = bytes(await response.bytes())
        except rq.PyreqwestError as error:
            raise _translated(error) from error
        return httpx.Response(response.status, headers=list(response.headers.items()), content=body)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.close()


def sending_transport(api_url: str, *, concurrency: int, timeouts: Timeouts | None = None) -> SendingTransport:
    """Build the transport for one host with at most `concurrency` requests in flight.

    Proxies of the environment are used as reqwest finds them, never for a host on this machine. Certificates are judged
    by the system's trust store and by certifi's, as httpx does; without the latter a machine that has none could not
    even build a client.
    """
    limits = timeouts or Timeouts()
    builder = (
        ClientBuilder()
        .http1_only()
        .add_root_certificate_pem(Path(certifi.where()).read_bytes())
        .follow_redirects(enable=False)
        .referer(enable=False)
        .gzip(enable=False)
        .brotli(enable=False)
        .zstd(enable=False)
        .deflate(enable=False)
        .max_connections(concurrency)
        .pool_max_idle_per_host(concurrency)
        .pool_idle_timeout(_IDLE)
        .pool_timeout(timedelta(seconds=limits.pool))
        .connect_timeout(timedelta(seconds=limits.connect))
        .read_timeout(timedelta(seconds=limits.read))
        .timeout(timedelta(seconds=limits.total))
    )
    return SendingTransport((builder.no_proxy() if _is_local(api_url) else builder).build())


def _translated(error: rq.PyreqwestError) -> httpx.TransportError:
    """Say in httpx's words what happened; whatever is not proved to precede the first byte may have left."""
    causes = _causes(error)
    why = causes[-1] if causes else type(error).__name__
    return _kind(error, causes)(why)


def _kind(error: rq.PyreqwestError, causes: list[str]) -> type[httpx.TransportError]:
    timed_out = isinstance(error, rq.RequestTimeoutError)
    if isinstance(error, rq.PoolTimeoutError):
        return httpx.PoolTimeout
    if isinstance(error, rq.BuilderError):
        return httpx.UnsupportedProtocol
    if _WHILE_CONNECTING in causes:
        return httpx.ConnectTimeout if timed_out else httpx.ConnectError
    return httpx.ReadTimeout if timed_out else httpx.ReadError


def _causes(error: rq.PyreqwestError) -> list[str]:
    """List the messages from the outermost cause to the innermost."""
    if not isinstance(error, rq.DetailedPyreqwestError):
        return []
    return [cause["message"] for cause in error.details["causes"] or ()]


def _is_local(api_url: str) -> bool:
    host = urlsplit(api_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
