"""One connection of the public listener, byte by byte: whichever way its requests go, they are answered in order."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.ports.storage import Storage
from bot.runtime.absorbing import WebhookEndpoint
from bot.runtime.connection import LARGE_BYTES
from bot.runtime.listener import listen
from bot.runtime.metrics import Metrics
from bot.runtime.server import create_app
from tests.runtime.served import free_port, until_up
from tests.runtime.test_public_listener import SECRET, VERIFY, WABA, body, entry, sign, status
from tests.services.house import NUMBER, House

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


class HeldStorage:
    """The house's storage, whose writes wait until they are let go."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.has_begun = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.has_ended = asyncio.Event()

    async def write(self, work: Callable[[Any], Any]) -> Any:
        self.has_begun.set()
        await self.may_go_on.wait()
        try:
            return await self._house.write(work)
        finally:
            self.has_ended.set()


class BrokenStorage:
    """A storage that fails in a way nobody thought of."""

    async def write(self, _work: Callable[[Any], Any]) -> Any:
        raise LookupError("nobody thought of this")


class Line:
    """One connection to the listener."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            if len(parts) > 1:
                await asyncio.sleep(0.001)  # a packet of its own

    async def hear(self) -> tuple[int, bytes]:
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return int(head.split()[1]), await self.reader.readexactly(length)

    async def statuses(self, count: int) -> list[int]:
        return [(await self.hear())[0] for _ in range(count)]


@asynccontextmanager
async def listening(house: House, storage: Any = None) -> AsyncIterator[tuple[Line, asyncio.Event]]:
    """A line to a listener over the house's storage or another, and what stops the listener."""
    store: Storage = storage or house.store
    port, stop = free_port(), asyncio.Event()
    serving = asyncio.create_task(listen(an_app(house, store), host="127.0.0.1", port=port, stop=stop))
    await until_up(port, serving)
    line = Line(*await asyncio.open_connection("127.0.0.1", port))
    yield line, stop
    line.writer.close()
    stop.set()
    await serving


def an_app(house: House, store: Storage) -> Any:
    metrics = Metrics()
    webhook = WebhookEndpoint(
        store=store,
        policy=house.policy,
        clock=house.clock,
        metrics=metrics,
        app_secret=SECRET,
        verify_token=VERIFY,
        waba_id=WABA,
        numbers=(NUMBER,),
    )
    return create_app(
        store=house.store, clock=house.clock, webhook=webhook, slack=None, readiness=ready, metrics=metrics
    )


async def ready() -> dict[str, str]:
    return {}


def a_post(
    wamid: str = "wamid.1", *more: str, raw: bytes | None = None, first: str = "POST /meta/webhook HTTP/1.1"
) -> bytes:
    content = json.dumps(body(entry(status(wamid)))).encode() if raw is None else raw
    return head_of(content, f"Content-Length: {len(content)}", *more, first=first) + content


def head_of(content: bytes, *more: str, first: str = "POST /meta/webhook HTTP/1.1") -> bytes:
    return "\r\n".join([first, "Host: x", f"X-Hub-Signature-256: {sign(content)}", *more, "", ""]).encode()


async def delivered(house: House, campaign: Any) -> int:
    return (await house.tallies(campaign)).get("delivered", 0)


async def test_pipelined_requests_are_answered_in_their_order(house: House):
    campaign, _ = await house.accepted(3)

    async with listening(house) as (line, _):
        await line.say(
            a_post("wamid.1") + HEALTH + a_post("wamid.2") + b"GET /no HTTP/1.1\r\nHost: x\r\n\r\n" + a_post("wamid.3")
        )
        answers = await line.statuses(5)

    assert answers == [200, 200, 200, 404, 200]
    assert await delivered(house, campaign) == 3


async def test_a_hundred_pipelined_webhooks_are_all_answered(house: House):
    campaign, _ = await house.accepted(3)

    async with listening(house) as (line, _):
        await line.say(b"".join(a_post(f"wamid.{n % 3 + 1}") for n in range(100)))
        answers = await line.statuses(100)

    assert answers == [200] * 100
    assert await delivered(house, campaign) == 3


async def test_a_request_may_come_in_any_pieces(house: House):
    campaign, _ = await house.accepted(2)
    first, second = a_post("wamid.1"), a_post("wamid.2") + HEALTH
    at = first.index(b"\r\n\r\n") + 4

    async with listening(house) as (line, _):
        await line.say(first[:7], first[7:at], first[at : at + 10], first[at + 10 :] + second[:5], second[5:])
        answers = await line.statuses(3)

    assert answers == [200] * 3
    assert await delivered(house, campaign) == 2


async def test_what_is_out_of_the_ordinary_goes_the_usual_way_and_counts_the_same(house: House):
    campaign, _ = await house.accepted(4)
    raw = json.dumps(body(entry(status("wamid.2")))).encode()
    chunked = head_of(raw, "Transfer-Encoding: chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(raw), raw)
    padded = json.dumps(body(entry(status("wamid.3")))).encode().ljust(LARGE_BYTES + 100_000)

    async with listening(house) as (line, _):
        await line.say(a_post("wamid.1", first="POST /meta/webhook?x=1 HTTP/1.1"))
        await line.say(chunked)
        await line.say(a_post(raw=padded), a_post("wamid.4"))
        answers = await line.statuses(4)

    assert answers == [200] * 4
    assert await delivered(house, campaign) == 4


async def test_who_asks_before_sending_the_body_is_told_to_go_on(house: House):
    campaign, _ = await house.accepted(1)
    raw = json.dumps(body(entry(status()))).encode()

    async with listening(house) as (line, _):
        await line.say(head_of(raw, f"Content-Length: {len(raw)}", "Expect: 100-continue"))
        told = await line.reader.readuntil(b"\r\n\r\n")
        await line.say(raw)
        answers = await line.statuses(1)

    assert told.startswith(b"HTTP/1.1 100")
    assert answers == [200]
    assert await delivered(house, campaign) == 1


@pytest.mark.parametrize(
    "request_",
    [a_post("wamid.1", "Connection: close"), a_post("wamid.1", first="POST /meta/webhook HTTP/1.0")],
)
async def test_who_wants_the_connection_closed_has_it_closed(house: House, request_: bytes):
    await house.accepted(1)

    async with listening(house) as (line, _):
        await line.say(request_)
        answers = await line.statuses(1)
        rest = await line.reader.read()

    assert (answers, rest) == ([200], b"")


@pytest.mark.parametrize(
    "more",
    [("Transfer-Encoding: chunked",), ("Content-Length: 5",), ("Transfer-Encoding: identity, chunked",), ("a b: c",)],
)
async def test_a_request_of_two_lengths_or_none_is_refused_and_nothing_behind_it_is_read(
    house: House, more: tuple[str, ...]
):
    campaign, _ = await house.accepted(1)

    async with listening(house) as (line, _):
        await line.say(a_post("wamid.1", *more) + a_post("wamid.1"))
        answers = await line.statuses(1)
        rest = await line.reader.read()

    assert (answers, rest) == ([400], b"")
    assert await delivered(house, campaign) == 0


async def test_a_length_over_the_limit_is_refused_without_the_body(house: House):
    async with listening(house) as (line, _):
        await line.say(head_of(b"", "Content-Length: 3000001"))

        assert await line.statuses(1) == [413]


async def test_a_forged_webhook_is_refused_and_the_next_one_taken(house: House):
    campaign, _ = await house.accepted(1)
    forged = a_post().replace(b"sha256=", b"sha256=0")

    async with listening(house) as (line, _):
        await line.say(forged + forged + a_post())
        answers = [await line.hear() for _ in range(3)]

    assert [code for code, _ in answers] == [401, 401, 200]
    assert answers[0][1] == b"the signature does not match"
    assert await delivered(house, campaign) == 1


async def test_a_head_without_end_is_refused(house: House):
    async with listening(house) as (line, _):
        await line.say(b"POST /meta/webhook HTTP/1.1\r\nX-Hub-Signature-256: " + b"a" * 20_000)

        assert await line.statuses(1) == [400]


async def test_another_method_is_refused(house: House):
    async with listening(house) as (line, _):
        await line.say(a_post(first="PUT /meta/webhook HTTP/1.1"))

        assert await line.statuses(1) == [405]


async def test_a_webhook_under_way_is_answered_when_the_listener_stops(house: House):
    campaign, _ = await house.accepted(1)
    storage = HeldStorage(house)

    async with listening(house, storage) as (line, stop):
        await line.say(a_post())
        await storage.has_begun.wait()
        stop.set()
        await asyncio.sleep(0.05)
        storage.may_go_on.set()
        answers = await line.statuses(1)
        rest = await line.reader.read()

    assert (answers, rest) == ([200], b"")
    assert await delivered(house, campaign) == 1


async def test_who_hangs_up_while_the_write_is_under_way_harms_nobody(house: House):
    campaign, _ = await house.accepted(1)
    storage = HeldStorage(house)

    async with listening(house, storage) as (line, _):
        await line.say(a_post())
        await storage.has_begun.wait()
        line.writer.close()
        await line.writer.wait_closed()
        await asyncio.sleep(0.05)
        storage.may_go_on.set()
        await storage.has_ended.wait()

    assert await delivered(house, campaign) == 1


async def test_what_goes_wrong_in_a_way_nobody_thought_of_is_left_to_be_repeated(
    house: House, caplog: pytest.LogCaptureFixture
):
    async with listening(house, BrokenStorage()) as (line, _):
        await line.say(a_post())
        answers = await line.statuses(1)

    assert answers == [500]
    assert "nobody thought of this" in caplog.text


async def test_an_answer_carries_the_time_and_no_name_of_the_server(house: House):
    await house.accepted(1)

    async with listening(house) as (line, _):
        await line.say(a_post())
        head = (await line.reader.readuntil(b"\r\n\r\n")).lower()

    assert b"\r\ndate: " in head
    assert b"server" not in head
