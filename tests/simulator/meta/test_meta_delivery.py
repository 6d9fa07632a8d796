"""What becomes of accepted messages, in simulated time."""

from __future__ import annotations

import pytest

from bot.simulator.meta.people import is_us
from tests.simulator.meta.building import ANA, CALM, body, graph, graph_with_webhooks, order_again, send, suffix

BEN = "+447700900002"
MAPLE = "+14165550123"  # Canada, reserved for fiction
DALLAS = "+12025550123"
HOUR, DAY = 3600, 86_400


async def test_a_phone_that_stays_away_expires_without_a_word():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.person(ANA, reachable=False)
        await meta.send(send("short_lived", body("Ana"), suffix("x")))
        meta.sim.advance(12 * HOUR - 1)
        before = meta.sim.last_message(ANA).fate
        meta.sim.advance(2)
        await meta.sim.settle()

    assert before == "sent"
    assert meta.sim.last_message(ANA).fate == "expired"
    assert hook.statuses() == ["sent"]


async def test_a_phone_that_comes_back_in_time_gets_its_message():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.person(ANA, reachable=False)
        await meta.send(send("short_lived", body("Ana"), suffix("x")))
        meta.sim.advance(HOUR)
        meta.sim.person(ANA, reachable=True)
        await meta.sim.settle()

    assert hook.statuses() == ["sent", "delivered"]


async def test_a_phone_that_comes_back_too_late_gets_nothing():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.person(ANA, online_after=13 * HOUR)
        meta.sim.person(BEN, online_after=11 * HOUR)
        for phone in (ANA, BEN):
            await meta.send(send("short_lived", body("x"), suffix("x"), to=phone))
        meta.sim.advance(14 * HOUR)
        await meta.sim.settle()

    assert meta.sim.last_message(ANA).fate == "expired"
    assert meta.sim.last_message(BEN).fate == "delivered"
    assert sorted(hook.statuses()) == ["delivered", "sent", "sent"]


async def test_the_lifetime_is_the_one_at_acceptance_and_only_on_marketing_messages():
    async with graph() as meta:
        await meta.send(send("short_lived", body("Ana"), suffix("x")))
        key = meta.sim.catalogue.find("short_lived", "en_US").id
        await meta.post(key, {"message_send_ttl_seconds": DAY})
        await meta.send(send("short_lived", body("Ana"), suffix("x")))
        await meta.send(send("short_lived", body("Ana"), suffix("x")), edge="messages")

    lifetimes = [(message.route, message.ttl_seconds) for message in meta.sim.received[ANA]]
    assert lifetimes == [("marketing_lite", 12 * HOUR), ("marketing_lite", DAY), ("marketing", 30 * DAY)]


async def test_compressed_time_expires_by_itself():
    async with graph(speed=1_000_000) as meta:
        meta.sim.person(ANA, reachable=False)
        await meta.send(send("short_lived", body("Ana"), suffix("x")))
        while meta.sim.last_message(ANA).fate != "expired":
            await meta.sim.settle()

    assert [status for status, _, _ in meta.sim.last_message(ANA).statuses] == ["sent"]


async def test_statuses_carry_the_simulated_time_of_the_event():
    async with graph_with_webhooks(knobs={"delivered_after": [60, 60]}) as (meta, hook):
        await meta.send(order_again())
        meta.sim.advance(HOUR)
        await meta.sim.settle()

    times = {item["status"]: int(item["timestamp"]) for item in hook.items("statuses")}
    assert times["delivered"] - times["sent"] in {59, 60, 61}


@pytest.mark.parametrize("code", [131026, 131049, 130472, 132015, 130497, 131047, 135000])
async def test_any_code_can_arrive_by_webhook(code: int):
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.person(ANA, fails=code)
        accepted = await meta.send(order_again())
        await hook.until(lambda: hook.statuses() == ["failed"])

    (item,) = hook.items("statuses")
    assert accepted.status_code == 200
    assert item["errors"][0]["code"] == code
    assert set(item["errors"][0]) == {"code", "title", "message", "error_data", "href"}
    assert "pricing" not in item
    assert "recipient_user_id" not in item
    assert all("contacts" not in change["value"] for change in hook.changes)


async def test_a_message_can_be_sent_and_fail_afterwards():
    async with graph_with_webhooks(knobs={"failures": {131026: 1.0}, "sent_before_failure": 1.0}) as (meta, hook):
        await meta.send(order_again())
        await hook.until(lambda: "failed" in hook.statuses())

    assert hook.statuses() == ["sent", "failed"]


async def test_american_phones_fail_by_webhook_and_canadian_ones_do_not():
    async with graph_with_webhooks() as (meta, hook):
        for phone in (DALLAS, MAPLE):
            await meta.send(order_again(to=phone))
        await hook.until(lambda: len(hook.statuses()) == 3)

    assert meta.sim.last_message(DALLAS).code == 131049
    assert meta.sim.last_message(MAPLE).fate == "delivered"


async def test_american_phones_can_be_refused_at_once():
    async with graph(knobs={"us_refusal": "sync"}) as meta:
        assert await meta.refusal(order_again(to=DALLAS)) == (131049, 400)


async def test_a_repeat_within_a_day_of_131049_fails_again_and_later_goes_through():
    async with graph() as meta:
        meta.sim.person(ANA, fails=131049)
        await meta.send(order_again())
        meta.sim.advance(HOUR)
        meta.sim.person(ANA)
        for hours in (1, 25, 1):
            await meta.send(order_again())
            meta.sim.advance(hours * HOUR)

    assert [message.code for message in meta.sim.received[ANA]] == [131049, 131049, 131049, None]


async def test_held_messages_are_released():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.person(ANA, held=True)
        answer = await meta.send(order_again())
        held = meta.sim.last_message(ANA).fate
        meta.sim.advance(HOUR)
        await meta.sim.settle()

    assert answer.json()["messages"][0]["message_status"] == "held_for_quality_assessment"
    assert held == "held"
    assert hook.statuses() == ["sent", "delivered"]


async def test_held_messages_are_dropped_with_132015():
    async with graph_with_webhooks(knobs={"hold_rate": 1.0}) as (meta, hook):
        await meta.send(order_again())
        dropped = meta.sim.release_held(drop=True)
        meta.sim.advance(HOUR)
        await meta.sim.settle()

    assert dropped == 1
    assert hook.statuses() == ["failed"]
    assert meta.sim.last_message(ANA).code == 132015


async def test_held_messages_of_a_template_paused_meanwhile_are_dropped():
    async with graph(knobs={"hold_rate": 1.0}) as meta:
        await meta.send(order_again())
        meta.sim.events.template_status("order_again", "PAUSED")
        meta.sim.advance(HOUR)

    assert (meta.sim.last_message(ANA).fate, meta.sim.last_message(ANA).code) == ("failed", 132015)


async def test_read_without_delivered_carries_the_price():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.person(ANA, reads=True, skips_delivered=True)
        await meta.send(order_again())
        await hook.until(lambda: "read" in hook.statuses())

    assert hook.statuses() == ["sent", "read"]
    assert all(item["pricing"]["category"] == "marketing_lite" for item in hook.items("statuses"))


async def test_the_cloud_route_is_priced_as_marketing():
    async with graph_with_webhooks() as (meta, hook):
        await meta.send(order_again(), edge="messages")
        await hook.until(lambda: len(hook.statuses()) == 2)

    assert {item["pricing"]["category"] for item in hook.items("statuses")} == {"marketing"}


async def test_a_username_user_shows_no_phone():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.person(ANA, hidden=True, says="hello")
        await meta.send(order_again())
        await hook.until(lambda: hook.items("messages") != [])

    assert all("recipient_id" not in item and "recipient_user_id" in item for item in hook.items("statuses"))
    assert all("from" not in item and "from_user_id" in item for item in hook.items("messages"))
    assert all("wa_id" not in known for known in hook.items("contacts"))


async def test_a_message_to_a_user_id_is_reported_by_user_id():
    async with graph_with_webhooks() as (meta, hook):
        content = order_again()
        del content["to"]
        await meta.send(content | {"recipient": "NL.9f3k"})
        await hook.until(lambda: len(hook.statuses()) == 2)

    assert {item["recipient_user_id"] for item in hook.items("statuses")} == {"NL.9f3k"}
    assert all("recipient_id" not in item for item in hook.items("statuses"))


async def test_the_same_seed_gives_everyone_the_same_fate_in_any_order():
    people = [f"+44770090{n:04}" for n in range(60)]
    knobs = CALM | {"reachable_rate": 0.5, "read_rate": 0.5, "failures": {131026: 0.2}}

    async def fates(order: list[str], seed: int) -> dict[str, str]:
        async with graph(knobs=knobs, seed=seed, mps=1000) as meta:
            for phone in order:
                await meta.send(order_again(to=phone))
            meta.sim.advance(60)
            return {phone: meta.sim.last_message(phone).fate for phone in people}

    first = await fates(people, 7)

    assert first == await fates(people[::-1], 7)
    assert first != await fates(people, 8)
    assert set(first.values()) == {"sent", "delivered", "read", "failed"}


async def test_held_messages_are_dropped_by_chance():
    async with graph(knobs={"hold_rate": 1.0, "hold_dropped_rate": 1.0}) as meta:
        await meta.send(order_again())
        meta.sim.advance(HOUR)

    assert (meta.sim.last_message(ANA).fate, meta.sim.last_message(ANA).code) == ("failed", 132015)


async def test_american_phones_can_be_let_through():
    async with graph(knobs={"us_refusal": "none"}) as meta:
        await meta.send(order_again(to=DALLAS))
        meta.sim.advance(1)

    assert meta.sim.last_message(DALLAS).fate == "delivered"


@pytest.mark.parametrize(
    ("phone", "american"),
    [
        ("12025550123", True),
        ("14165550123", False),
        ("18095550123", False),
        ("18765550123", False),
        ("447700900001", False),
        ("US.9f3k", True),
        ("NL.9f3k", False),
    ],
)
def test_a_plus_one_is_not_always_american(phone: str, american: bool):
    assert is_us(phone) is american
