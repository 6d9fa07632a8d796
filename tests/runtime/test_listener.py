"""The listener as the bot runs it: on a port of its own, until it is told to stop."""

import asyncio
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from bot.domain.errors import ConfigurationError
from bot.runtime.absorbing import WebhookEndpoint
from bot.runtime.listener import listen
from bot.runtime.metrics import Metrics
from bot.runtime.server import create_app
from tests.runtime.served import free_port, until_up
from tests.services.house import House
from tests.whatsapp.webhook_bodies import NUMBER, WABA, Json, body, change, status

SECRET = "meta-app-secret"


@asynccontextmanager
async def listening(house: House) -> AsyncIterator[httpx.AsyncClient]:
    port, stop = free_port(), asyncio.Event()
    serving = asyncio.create_task(serve(house, port, stop))
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{port}") as client:
        await until_up(port, serving)
        yield client
    stop.set()
    await serving


async def serve(house: House, port: int, stop: asyncio.Event) -> None:
    metrics = Metrics()
    webhook = WebhookEndpoint(
        store=house.store,
        policy=house.policy,
        clock=house.clock,
        metrics=metrics,
        app_secret=SECRET,
        verify_token="verify-me",
        waba_id=WABA,
        numbers=(NUMBER,),
    )
    app = create_app(
        store=house.store, clock=house.clock, webhook=webhook, slack=None, readiness=ready, metrics=metrics
    )
    await listen(app, host="127.0.0.1", port=port, stop=stop)


async def ready() -> dict[str, str]:
    return {}


def signed(raw: bytes) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()}


async def post(client: httpx.AsyncClient, content: Json | bytes, **headers: str) -> httpx.Response:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return await client.post("/meta/webhook", content=raw, headers=signed(raw) | headers)


async def test_a_signed_status_is_in_the_books_when_it_is_answered(house: House):
    campaign, _ = await house.accepted(1)

    async with listening(house) as client:
        answer = await post(client, body(change(statuses=[status(id="wamid.1")])))

    assert answer.status_code == 200
    assert (await house.tallies(campaign))["delivered"] == 1


async def test_nothing_but_the_public_routes_is_served(house: House):
    async with listening(house) as client:
        answers = [await client.get(path) for path in ("/", "/slack/events", "/c/", "/c/unknown", "/docs")]
        wrong_method = await client.put("/meta/webhook")

    assert [answer.status_code for answer in answers] == [404] * 5
    assert wrong_method.status_code == 405


async def test_no_answer_names_the_server(house: House):
    async with listening(house) as client:
        answers = [await client.get(path) for path in ("/healthz", "/nowhere", "/metrics", "/readyz")]

    assert all("server" not in answer.headers for answer in answers)


async def test_a_port_that_is_taken_is_said_in_one_sentence(house: House):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])

        with pytest.raises(ConfigurationError, match=rf"PORT {port} cannot be listened on"):
            await serve(house, port, asyncio.Event())
