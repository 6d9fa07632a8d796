"""The public listener: what it serves, what it refuses, and that nothing is answered before it is durable."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

import httpx
import pytest

from bot.domain.campaign import Campaign
from bot.domain.errors import StorageFullError
from bot.ports.storage import Storage, Transaction
from bot.runtime.absorbing import MOST_BYTES, WebhookEndpoint
from bot.runtime.metrics import Metrics
from bot.runtime.server import create_app
from bot.services.clicking import trial_link
from tests.builders import NUMBER, a_phone, a_template
from tests.runtime.served import Serving, listened, served
from tests.services.house import House

T = TypeVar("T")
SECRET, VERIFY, WABA = "meta-app-secret", "verify-me", "102290129340398"
LANDING = "https://shop.example/spring?sale&q=a%20b&city=Leeds#top"


class FullStorage:
    """A database that has no room for anything more."""

    async def write(self, work: Callable[[Transaction], T]) -> T:
        raise StorageFullError("The disk is full.")


class Listener:
    """The routes, served; `reasons` is what readiness says."""

    http: httpx.AsyncClient

    def __init__(self, house: House, store: Storage | FullStorage | None = None) -> None:
        self.house = house
        self.reasons: dict[str, str] = {}
        self.metrics = Metrics()
        webhook = WebhookEndpoint(
            store=store or house.store,
            policy=house.policy,
            clock=house.clock,
            metrics=self.metrics,
            app_secret=SECRET,
            verify_token=VERIFY,
            waba_id=WABA,
            numbers=(NUMBER,),
        )
        self.app = create_app(
            store=house.store,
            clock=house.clock,
            webhook=webhook,
            slack=None,
            readiness=self._readiness,
            metrics=self.metrics,
        )

    @asynccontextmanager
    async def serving(self, serve: Serving = listened) -> AsyncIterator[None]:
        async with serve(self.app) as self.http:
            yield

    async def _readiness(self) -> dict[str, str]:
        return self.reasons

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.http.get(path, params=query or None)

    async def post(self, content: Any, signature: str | None = None, **headers: str) -> httpx.Response:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        signed = {"x-hub-signature-256": signature or sign(raw)}
        return await self.http.post("/meta/webhook", content=raw, headers={**signed, **headers})

    async def quarantined(self) -> int:
        return await self.house.read(lambda tx: tx.quarantine.count())


def sign(raw: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


@pytest.fixture(params=[served, listened])
async def listener(house: House, request: pytest.FixtureRequest) -> AsyncIterator[Listener]:
    """Most webhooks go a shorter way than the routes, and nobody may tell the difference."""
    one = Listener(house)
    async with one.serving(request.param):
        yield one


def entry(*statuses: Any, waba: str = WABA, number: str = NUMBER) -> dict[str, Any]:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "12025550100", "phone_number_id": number},
        "statuses": list(statuses),
    }
    return {"id": waba, "changes": [{"field": "messages", "value": value}]}


def body(*entries: Any) -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": list(entries)}


def status(wamid: str = "wamid.1", kind: str = "delivered") -> dict[str, str]:
    return {"id": wamid, "status": kind, "timestamp": "1793613600", "recipient_id": a_phone(1)[1:]}


# Clicks.


async def clickable(house: House, people: int = 2) -> Campaign:
    house.policy = replace(house.policy, public_url="https://news.example")
    buttons = [{"type": "URL", "text": "Go", "url": "https://news.example/c/{{1}}"}]
    template = a_template(components=({"type": "BODY", "text": "Hi {{1}}"}, {"type": "BUTTONS", "buttons": buttons}))
    bindings = {"body:1": "{{first_name|friend}}", "button:0": LANDING}
    campaign = await house.planned(people, template=template, bindings=bindings)
    await house.launch(await house.approve(campaign), template)
    return campaign


async def test_a_click_is_led_on_with_both_queries(house: House, listener: Listener):
    await clickable(house)

    answer = await listener.get("/c/click0?click_id=abc&utm=x%26y")

    assert answer.status_code == 302
    assert (
        answer.headers["location"] == "https://shop.example/spring?sale&q=a%20b&city=Leeds&click_id=abc&utm=x%26y#top"
    )
    assert answer.headers["cache-control"] == "no-store"


async def test_a_click_without_a_query_is_led_exactly_to_the_landing(house: House, listener: Listener):
    await clickable(house)

    assert (await listener.get("/c/click0")).headers["location"] == LANDING


async def test_each_person_counts_once_however_often_they_click(house: House, listener: Listener):
    campaign = await clickable(house)

    for token in ("click0", "click0", "click1"):
        assert (await listener.get(f"/c/{token}")).status_code == 302

    assert (await house.tallies(campaign))["clicked"] == 2
    card = await house.read(lambda tx: tx.cards.get(campaign.id, "live"))
    assert card is not None
    assert card.wanted > card.drawn


async def test_whoever_only_looks_where_a_link_leads_has_not_clicked(house: House, listener: Listener):
    campaign = await clickable(house)
    await house.write(lambda tx: tx.switches.set(trial_link("tester0"), LANDING, house.now))

    answers = [await listener.http.head(f"/c/{token}") for token in ("click0?x=1", "tester0", "click9")]

    assert [answer.status_code for answer in answers] == [302, 302, 404]
    assert answers[0].headers["location"] == LANDING.replace("#top", "&x=1#top")
    assert "clicked" not in await house.tallies(campaign)
    assert (await listener.get("/c/click0")).status_code == 302
    assert (await house.tallies(campaign))["clicked"] == 1


@pytest.mark.parametrize("path", ["/c/click9", "/c/", "/c/https://evil.example", "/c/click0/x", "/c/%00"])
async def test_a_token_that_is_not_ours_leads_nowhere(house: House, listener: Listener, path: str):
    await clickable(house)

    answer = await listener.get(path)

    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "query", ["url=https://evil.example", "//evil.example", "@evil.example", "\\evil", "%0d%0aset-cookie:x=1", "#x"]
)
async def test_a_query_never_changes_where_a_click_leads(house: House, listener: Listener, query: str):
    await clickable(house)

    answer = await listener.get(f"/c/click0?{query}")

    assert answer.headers["location"].startswith("https://shop.example/spring?sale&q=a%20b&city=Leeds")
    assert "set-cookie" not in answer.headers


# Meta's webhook.


async def test_the_handshake_answers_the_bare_challenge(listener: Listener):
    answer = await listener.get(
        "/meta/webhook", **{"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}
    )

    assert (answer.status_code, answer.text) == (200, "1158201444")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"hub.mode": "subscribe", "hub.challenge": "1"},
        {"hub.mode": "subscribe", "hub.verify_token": "wrong", "hub.challenge": "1"},
        {"hub.mode": "unsubscribe", "hub.verify_token": VERIFY, "hub.challenge": "1"},
        {"hub.mode": "subscribe", "hub.verify_token": "é", "hub.challenge": "1"},
    ],
)
async def test_a_handshake_of_somebody_else_is_refused(listener: Listener, query: dict[str, str]):
    assert (await listener.get("/meta/webhook", **query)).status_code == 403


async def test_a_status_is_durable_before_it_is_answered(house: House, listener: Listener):
    campaign, _ = await house.accepted(1)

    answer = await listener.post(body(entry(status())))

    assert answer.status_code == 200
    assert (await house.tallies(campaign))["delivered"] == 1


@pytest.mark.parametrize(
    "signature", ["", "sha256=", "sha256=00", "sha1=abc", "é", sign(b"other"), sign(b"{}", "other secret")]
)
async def test_what_is_not_signed_by_meta_is_refused_unread(house: House, listener: Listener, signature: str):
    header = {"x-hub-signature-256": signature.encode()} if signature else {}

    answer = await listener.http.post("/meta/webhook", content=b"{}", headers=header)

    assert (answer.status_code, await listener.quarantined()) == (401, 0)


async def test_a_body_declared_too_long_is_refused_before_its_signature(listener: Listener):
    answer = await listener.http.post("/meta/webhook", content=b" " * (MOST_BYTES + 1))

    assert answer.status_code == 413


async def test_a_body_that_turns_out_too_long_is_refused_while_reading(listener: Listener):
    async def undeclared() -> AsyncIterator[bytes]:
        for _ in range(MOST_BYTES // 500_000 + 1):
            yield b" " * 500_000

    answer = await listener.http.post("/meta/webhook", content=undeclared())

    assert answer.status_code == 413


async def test_the_longest_body_meta_sends_is_taken(listener: Listener):
    raw = b'{"object":"whatsapp_business_account","entry":[]}'.ljust(MOST_BYTES)

    assert (await listener.post(raw)).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        {"object": "page", "entry": []},
        body("text"),
        body({"id": WABA, "changes": "none"}),
        body(entry("no status")),
        body(entry({"id": 7, "status": "delivered", "timestamp": "1"})),
        body(entry({"id": "wamid.1", "status": "delivered", "timestamp": "soon"})),
        body(entry(status(), waba="1")),
        body(entry(status(), number="1")),
    ],
)
async def test_what_is_signed_and_malformed_or_foreign_is_answered_and_kept_aside(
    house: House, listener: Listener, content: Any
):
    campaign, _ = await house.accepted(1)
    before = await house.tallies(campaign)

    answer = await listener.post(content)

    assert answer.status_code == 200
    assert await listener.quarantined() >= 1
    assert await house.tallies(campaign) == before


async def test_good_entries_beside_bad_ones_count(house: House, listener: Listener):
    campaign, _ = await house.accepted(2)

    await listener.post(
        body(entry(status("wamid.1"), "bad"), "bad", entry(status("wamid.2"), waba="1"), entry(status("wamid.2")))
    )

    assert (await house.tallies(campaign))["delivered"] == 2
    assert await listener.quarantined() == 3


async def test_unknown_fields_and_words_of_meta_do_no_harm(house: House, listener: Listener):
    campaign, _ = await house.accepted(1)
    odd = {**status(), "new_field": {"deep": [1]}}

    answer = await listener.post({**body(entry(odd, status(kind="teleported"))), "extra": 1})

    assert answer.status_code == 200
    assert (await house.tallies(campaign))["delivered"] == 1


async def test_a_large_body_of_a_thousand_statuses_counts_exactly(house: House, listener: Listener):
    campaign, _ = await house.accepted(3)
    many = [status(f"wamid.{n % 3 + 1}", kind) for n in range(500) for kind in ("sent", "read")]

    answer = await listener.post(body(entry(*many)))

    tallies = await house.tallies(campaign)
    assert (answer.status_code, tallies["read"], tallies["delivered"]) == (200, 3, 3)


@pytest.mark.parametrize("serve", [served, listened])
async def test_when_nothing_can_be_stored_meta_is_asked_to_repeat(house: House, serve: Serving):
    listener = Listener(house, FullStorage())

    async with listener.serving(serve):
        answer = await listener.post(body(entry(status())))

    assert answer.status_code == 503


# Health.


async def test_liveness_readiness_and_figures(listener: Listener):
    ready = await listener.get("/readyz")
    listener.reasons = {"slack": "Slack has not answered yet"}
    unready = await listener.get("/readyz")
    await listener.post(body())
    figures = await listener.get("/metrics")

    assert (await listener.get("/healthz")).status_code == 200
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": {}})
    assert (unready.status_code, unready.json()["reasons"]) == (503, listener.reasons)
    assert figures.headers["content-type"].startswith("text/plain")
    assert "arauto_webhooks_total" in figures.text


@pytest.mark.parametrize("path", ["/", "/slack/events", "/docs", "/c", "/meta", "/static/x"])
async def test_nothing_else_is_served(listener: Listener, path: str):
    assert (await listener.get(path)).status_code == 404
    assert (await listener.http.post(path)).status_code == 404
