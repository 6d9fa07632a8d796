"""The promise below everything: a request leaves at most once, and "nothing left" is said only when it is proved."""

import asyncio
import random
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from raw_server import ANSWER, Connection, RawServer, Script, free_port, raw_server, response

from bot.ports.meta import Accepted, InDoubt, NotSent, Outcome, OutgoingMessage, ProductPolicy
from bot.whatsapp.sending import MetaEndpoint, MetaSender
from bot.whatsapp.transport import Timeouts, sending_transport

QUICK = Timeouts(connect=0.8, read=1.5, pool=0.8, total=5.0)


def message(name: str = "spring_drop", components: bytes = b"[]") -> OutgoingMessage:
    return OutgoingMessage(
        phone_number_id="1065",
        address="+12025550123",
        template_name=name,
        language="en_US",
        components=components,
        policy=ProductPolicy.STRICT,
    )


def client_for(*, concurrency: int = 8, timeouts: Timeouts = QUICK) -> httpx.AsyncBaseTransport:
    return sending_transport("http://127.0.0.1", concurrency=concurrency, timeouts=timeouts)


def sender(client: httpx.AsyncBaseTransport, url: str) -> MetaSender:
    return MetaSender(client, MetaEndpoint(api_url=url, version="v25.0", access_token="token"))


async def send(url: str, *, times: int = 1, pause: float = 0.0, timeouts: Timeouts = QUICK) -> list[Outcome]:
    outcomes = []
    async with client_for(timeouts=timeouts) as client:
        for _ in range(times):
            outcomes.append(await sender(client, url).send(message()))
            await asyncio.sleep(pause)
    return outcomes


async def test_a_refused_port_proves_that_nothing_left():
    [outcome] = await send(f"http://127.0.0.1:{free_port()}")

    assert isinstance(outcome, NotSent)


async def test_a_host_without_address_proves_that_nothing_left():
    [outcome] = await send(f"http://{'x' * 64}.invalid")  # a label this long is never looked up

    assert isinstance(outcome, NotSent)


async def test_a_failed_tls_handshake_proves_that_nothing_left():
    async def no_tls(connection: Connection) -> None:
        await connection.some_bytes()
        await connection.write(b"this is not TLS\n")

    async with raw_server(no_tls) as server:
        [outcome] = await send(server.url.replace("http:", "https:"))

    assert isinstance(outcome, NotSent)
    assert b"spring_drop" not in server.received


async def test_a_connection_that_never_opens_proves_that_nothing_left():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        queued = [socket.socket() for _ in range(3)]
        for waiting in queued:
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())

        [outcome] = await send(f"http://127.0.0.1:{full.getsockname()[1]}")

        for waiting in queued:
            waiting.close()
    assert isinstance(outcome, NotSent)


async def test_waiting_in_vain_for_a_free_connection_proves_that_nothing_left():
    arrived, release = asyncio.Event(), asyncio.Event()

    async def slow(connection: Connection) -> None:
        await connection.request()
        arrived.set()
        await release.wait()
        await connection.write(response())

    async with raw_server(slow) as server, client_for(concurrency=1, timeouts=Timeouts(pool=0.2)) as client:
        first = asyncio.create_task(sender(client, server.url).send(message("first")))
        await arrived.wait()
        second = await sender(client, server.url).send(message("second"))
        release.set()
        outcome = await first

    assert isinstance(second, NotSent)
    assert outcome == Accepted("wamid.1")
    assert b"second" not in server.received


async def test_a_reset_before_anything_was_read_is_never_taken_for_an_answer():
    """Whether the reset meets the connecting or the writing is a race; both outcomes are true, and nothing was read."""

    async def reset(connection: Connection) -> None:
        connection.reset()

    async with raw_server(reset) as server:
        [outcome] = await send(server.url)

    assert isinstance(outcome, InDoubt | NotSent)
    assert server.received == b""


async def _reset(connection: Connection) -> None:
    connection.reset()


async def _hang_up(connection: Connection) -> None:
    connection.close()


async def _half_a_head(connection: Connection) -> None:
    await connection.write(b"HTTP/1.1 200 O")


async def _half_a_body(connection: Connection) -> None:
    await connection.write(response()[:-5])


async def _garbage(connection: Connection) -> None:
    await connection.write(b"hello\n\n\n")


async def _silence(connection: Connection) -> None:
    await connection.request()


async def _silence_after_the_head(connection: Connection) -> None:
    await connection.write(response()[:-5])
    await connection.request()


async def _redirect(connection: Connection) -> None:
    await connection.write(response(b"", status="307 Elsewhere", headers="Location: /elsewhere\r\n"))
    await connection.request()


async def _request_timeout(connection: Connection) -> None:
    await connection.write(response(b"", status="408 Request Timeout", headers="Connection: close\r\n"))


async def _too_early(connection: Connection) -> None:
    await connection.write(response(b"", status="425 Too Early", headers="Retry-After: 0\r\n"))
    await connection.request()


@pytest.mark.parametrize(
    "answer",
    [
        _reset,
        _hang_up,
        _half_a_head,
        _half_a_body,
        _garbage,
        _silence,
        _silence_after_the_head,
        _redirect,
        _request_timeout,
        _too_early,
    ],
)
async def test_whatever_breaks_after_the_request_was_read_is_in_doubt_and_never_repeated(answer: Script):
    async def read_then(connection: Connection) -> None:
        await connection.request()
        await answer(connection)

    async with raw_server(read_then) as server:
        [outcome] = await send(server.url)
        await asyncio.sleep(0.05)

    assert isinstance(outcome, InDoubt)
    assert server.received.count(b"POST ") == 1


async def _reset_while_writing(connection: Connection) -> None:
    await connection.some_bytes()
    connection.reset()


async def _stop_reading(connection: Connection) -> None:
    await connection.some_bytes()
    await asyncio.sleep(2)


@pytest.mark.parametrize("script", [_reset_while_writing, _stop_reading])
async def test_a_request_that_was_written_in_part_is_in_doubt_and_never_repeated(script: Script):
    huge = message(components=b'["' + b"x" * 30_000_000 + b'"]')

    async with raw_server(script) as server, client_for() as client:
        outcome = await sender(client, server.url).send(huge)
        await asyncio.sleep(0.05)

    assert isinstance(outcome, InDoubt)
    assert server.connections == 1


async def test_a_reset_of_a_reused_connection_after_the_request_was_read_is_in_doubt_and_never_repeated():
    async def answer_then_reset(connection: Connection) -> None:
        await connection.request()
        await connection.write(response())
        await connection.request()
        connection.reset()

    async with raw_server(answer_then_reset) as server:
        first, second = await send(server.url, times=2)
        await asyncio.sleep(0.05)

    assert (first, type(second)) == (Accepted("wamid.1"), InDoubt)
    assert server.received.count(b"POST ") == 2
    assert server.connections == 1


@pytest.mark.parametrize("pause", [0.0, 0.05])
@pytest.mark.parametrize("ending", [Connection.close, Connection.reset])
async def test_a_connection_that_ended_while_idle_never_doubles_a_request(
    ending: Callable[[Connection], None], pause: float
):
    async def answer_once(connection: Connection) -> None:
        await connection.request()
        await connection.write(response())
        ending(connection)

    async with raw_server(answer_once) as server:
        outcomes = await send(server.url, times=5, pause=pause)

    assert_none_left_twice(server, outcomes)


def assert_none_left_twice(server: RawServer, outcomes: list[Outcome]) -> None:
    accepted = sum(isinstance(outcome, Accepted) for outcome in outcomes)
    in_doubt = sum(isinstance(outcome, InDoubt) for outcome in outcomes)
    assert accepted > 0
    assert accepted <= len(server.requests) <= accepted + in_doubt
    assert server.received.count(b"POST ") <= accepted + in_doubt


async def test_connections_that_end_at_any_moment_never_double_a_request():
    chance = random.Random(7)  # noqa: S311 - chance for a test, repeatable

    async def moody(connection: Connection) -> None:
        while await connection.request() is not None:
            fate = chance.random()
            if fate < 0.1:
                connection.reset()
                return
            await connection.write(response())
            if fate < 0.5:
                await asyncio.sleep(chance.random() / 1000)
                connection.reset() if fate < 0.3 else connection.close()
                return

    async with raw_server(moody) as server, client_for(concurrency=16, timeouts=Timeouts()) as client:
        names = [f"unique-{number:04}-" for number in range(400)]
        outcomes = await asyncio.gather(*(sender(client, server.url).send(message(name)) for name in names))
        await asyncio.sleep(0.05)

    for name, outcome in zip(names, outcomes, strict=True):
        left = server.received.count(name.encode())
        assert left <= 1
        assert left == 1 or not isinstance(outcome, Accepted)
        assert left == 0 or not isinstance(outcome, NotSent)
    assert any(isinstance(outcome, InDoubt) for outcome in outcomes)
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) > 100


async def test_no_more_requests_are_in_flight_than_allowed():
    in_flight, most = 0, 0

    async def count(connection: Connection) -> None:
        nonlocal in_flight, most
        while await connection.request() is not None:
            in_flight += 1
            most = max(most, in_flight)
            await asyncio.sleep(0.01)
            in_flight -= 1
            await connection.write(response())

    async with raw_server(count) as server, client_for(concurrency=4, timeouts=Timeouts()) as client:
        outcomes = await asyncio.gather(*(sender(client, server.url).send(message()) for _ in range(40)))

    assert set(outcomes) == {Accepted("wamid.1")}
    assert most == 4
    assert server.connections <= 4


async def test_a_peer_that_drips_its_answer_is_given_up_at_the_total_deadline():
    async def drip(connection: Connection) -> None:
        await connection.request()
        for byte in response(ANSWER + b" " * 1000):
            await connection.write(bytes([byte]))
            await asyncio.sleep(0.02)

    async with raw_server(drip) as server:
        [outcome] = await send(server.url, timeouts=Timeouts(connect=0.2, total=0.4))

    assert isinstance(outcome, InDoubt)


def test_a_connect_timeout_that_another_would_overtake_is_refused():
    with pytest.raises(ValueError, match="connect timeout"):
        Timeouts(connect=10, read=5)


async def test_proxies_of_the_environment_are_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)

    async def answer(connection: Connection) -> None:
        await connection.request()
        await connection.write(response())

    async with raw_server(answer) as server:
        [outcome] = await send(server.url)

    assert outcome == Accepted("wamid.1")


async def test_a_machine_without_a_trust_store_can_still_send(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))

    async def answer(connection: Connection) -> None:
        await connection.request()
        await connection.write(response())

    async with raw_server(answer) as server:
        [outcome] = await send(server.url)

    assert outcome == Accepted("wamid.1")
