from __future__ import annotations

import hashlib
import hmac

from bot.simulator.meta.server import serving
from tests.simulator.meta.building import ANA, NUMBER, WABA, Receiver, graph_with_webhooks, order_again


async def test_a_message_is_sent_delivered_and_read_by_webhook():
    async with graph_with_webhooks(knobs={"read_rate": 1.0}) as (meta, hook):
        sent = await meta.send(order_again(biz_opaque_callback_data="c=1"))
        await hook.until(lambda: len(hook.statuses()) == 3)

    wamid = sent.json()["messages"][0]["id"]
    items = {item["status"]: item for item in hook.items("statuses")}
    assert list(items) == ["sent", "delivered", "read"]
    assert {item["id"] for item in items.values()} == {wamid}
    assert {item["biz_opaque_callback_data"] for item in items.values()} == {"c=1"}
    assert all(isinstance(item["timestamp"], str) for item in items.values())
    assert items["delivered"]["pricing"]["category"] == "marketing_lite"
    assert "pricing" not in items["read"]


async def test_every_body_is_signed_over_its_raw_bytes():
    async with graph_with_webhooks() as (meta, hook):
        await meta.send(order_again())
        await hook.until(lambda: len(hook.statuses()) == 2)

    for raw, headers in hook.requests:
        expected = "sha256=" + hmac.new(b"meta-app-secret", raw, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature-256"] == expected


async def test_a_status_names_the_account_the_number_and_the_contact():
    async with graph_with_webhooks() as (meta, hook):
        await meta.send(order_again())
        await hook.until(lambda: len(hook.statuses()) == 2)

    value = hook.changes[0]["value"]
    assert hook.changes[0]["field"] == "messages"
    assert value["metadata"] == {"display_phone_number": "12025550100", "phone_number_id": NUMBER}
    assert value["contacts"][0]["wa_id"] == "447700900001"
    assert f'"id":"{WABA}"'.encode() in hook.requests[0][0]


async def test_a_webhook_that_is_not_answered_with_200_comes_again():
    async with graph_with_webhooks(speed=1000) as (meta, hook):
        hook.answers = [500, 404, 301, 500]
        await meta.send(order_again())
        await hook.until(lambda: sorted(set(hook.statuses())) == ["delivered", "sent"])

    assert hook.answers == []
    assert meta.sim.courier.counts["unanswered"] == 4


async def test_a_webhook_is_given_up_after_seven_days():
    async with graph_with_webhooks(knobs={"delivered_after": [9e6, 9e6]}) as (meta, hook):
        hook.answers = [500] * 50
        await meta.send(order_again())
        await hook.until(lambda: meta.sim.courier.counts["unanswered"] >= 2)
        meta.sim.advance(8 * 86_400)
        await hook.until(lambda: meta.sim.courier.counts["abandoned"] == 1)

    assert hook.statuses() == []
    assert meta.sim.courier.scheduled == 0


async def test_every_event_can_come_three_times():
    async with graph_with_webhooks(knobs={"webhook_copies": 3}) as (meta, hook):
        await meta.send(order_again())
        meta.sim.advance(1)
        meta.sim.advance(60)
        await hook.until(lambda: len(hook.statuses()) == 6)

    assert sorted(hook.statuses()) == ["delivered"] * 3 + ["sent"] * 3


async def test_events_can_come_in_disorder():
    async with graph_with_webhooks(knobs={"webhook_shuffle": 600}) as (meta, hook):
        for number in range(20):
            await meta.send(order_again(to=f"+4477009001{number:02}"))
        meta.sim.advance(1)
        meta.sim.advance(600)
        await hook.until(lambda: len(hook.statuses()) == 40)

    order = [(item["id"], item["status"]) for item in hook.items("statuses")]
    reversed_ones = [i for i, _ in order if order.index((i, "delivered")) < order.index((i, "sent"))]
    assert reversed_ones


async def test_events_can_be_an_hour_late():
    async with graph_with_webhooks(knobs={"webhook_delay": 3600}) as (meta, hook):
        await meta.send(order_again())
        meta.sim.advance(1)
        await meta.sim.settle()
        before = hook.statuses()
        meta.sim.advance(3600)
        await hook.until(lambda: len(hook.statuses()) == 2)

    assert before == []


async def test_events_can_be_lost():
    async with graph_with_webhooks(knobs={"webhook_drop_rate": 1.0}) as (meta, hook):
        await meta.send(order_again())
        meta.sim.advance(1)
        await meta.sim.settle()

    assert hook.requests == []
    assert meta.sim.courier.counts["dropped"] == 2
    assert meta.sim.last_message(ANA).fate == "delivered"


async def test_many_events_share_one_body():
    knobs = {"webhook_linger_real": 0.2, "webhook_batch": 1000, "webhook_workers": 1}
    async with graph_with_webhooks(knobs=knobs, mps=1000) as (meta, hook):
        for number in range(40):
            await meta.send(order_again(to=f"+4477009001{number:02}"))
        await hook.until(lambda: len(hook.statuses()) == 80)

    assert len(hook.requests) < 10


async def test_a_batch_is_never_larger_than_its_knob():
    async with graph_with_webhooks(knobs={"webhook_batch": 1}) as (meta, hook):
        for number in range(10):
            await meta.send(order_again(to=f"+4477009001{number:02}"))
        await hook.until(lambda: len(hook.statuses()) == 20)

    assert len(hook.requests) == 20


async def test_the_status_can_arrive_before_the_answer():
    arrived: list[str] = []
    async with graph_with_webhooks(knobs={"statuses_before_answer": True, "delivered_after": [60, 60]}) as (
        meta,
        hook,
    ):
        hook.on_post = lambda: arrived.append("webhook")
        answer = await meta.send(order_again())
        arrived.append("answer")
        meta.sim.advance(61)
        await hook.until(lambda: len(hook.statuses()) == 2)

    assert arrived == ["webhook", "answer", "webhook"]
    assert hook.items("statuses")[0]["id"] == answer.json()["messages"][0]["id"]


async def test_unknown_keys_are_sprinkled_in_and_can_be_switched_off():
    async with graph_with_webhooks() as (meta, hook):
        await meta.send(order_again())
        await hook.until(lambda: len(hook.statuses()) == 2)
        meta.sim.tune(webhook_extras=False)
        await meta.send(order_again())
        await hook.until(lambda: len(hook.statuses()) == 4)

    assert ["delivery_hints" in item for item in hook.items("statuses")] == [True, True, False, False]


async def test_without_a_subscription_nothing_is_posted():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.account.subscribed = False
        await meta.send(order_again())
        meta.sim.advance(1)
        await meta.sim.settle()

    assert hook.requests == []
    assert meta.sim.courier.counts["unsubscribed"] == 2


async def test_the_handshake_wants_the_challenge_back():
    async with graph_with_webhooks() as (meta, hook):
        right = await meta.http.post("/_sim/handshake")
        hook.verify_token = "another"
        wrong = await meta.http.post("/_sim/handshake")

    assert right.status_code == 200
    assert wrong.status_code == 400


async def test_an_override_is_verified_and_takes_the_messages_but_not_the_template_events():
    other = Receiver()
    async with graph_with_webhooks() as (meta, hook), serving(other.app) as address:
        wanted = {"override_callback_uri": f"{address}/hook", "verify_token": "meta-verify-token"}
        refused = await meta.post(f"{WABA}/subscribed_apps", wanted | {"verify_token": "wrong"})
        taken = await meta.post(f"{WABA}/subscribed_apps", wanted)
        listed = await meta.get(f"{WABA}/subscribed_apps")
        await meta.send(order_again())
        meta.sim.events.template_quality("order_again", "YELLOW")
        await other.until(lambda: len(other.statuses()) == 2)
        await hook.until(lambda: hook.changes != [])

    assert refused.json()["error"]["code"] == 2200
    assert taken.json() == {"success": True}
    assert listed.json()["data"][0]["override_callback_uri"] == f"{address}/hook"
    assert [change["field"] for change in hook.changes] == ["message_template_quality_update"]


async def test_subscribing_starts_the_webhooks():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.account.subscribed = False
        before = (await meta.get(f"{WABA}/subscribed_apps")).json()
        await meta.post(f"{WABA}/subscribed_apps")
        await meta.send(order_again())
        await hook.until(lambda: len(hook.statuses()) == 2)

    assert before == {"data": []}


async def test_a_webhook_that_is_answered_too_late_comes_again():
    knobs = {"webhook_timeout_real": 0.1, "delivered_after": [9e6, 9e6]}
    async with graph_with_webhooks(knobs=knobs) as (meta, hook):
        hook.delays = [0.3]
        await meta.send(order_again())
        await hook.until(lambda: hook.statuses().count("sent") > 1)

    assert len({raw for raw, _ in hook.requests}) == 1


async def test_business_scoped_user_ids_come_beside_phones_and_can_be_switched_off():
    async with graph_with_webhooks() as (meta, hook):
        await meta.send(order_again())
        await hook.until(lambda: len(hook.statuses()) == 2)
        meta.sim.tune(webhook_user_ids=False)
        await meta.send(order_again())
        await hook.until(lambda: len(hook.statuses()) == 4)

    user_ids = [item.get("recipient_user_id") for item in hook.items("statuses")]
    assert user_ids[0].startswith("GB.")
    assert user_ids == [user_ids[0], user_ids[0], None, None]
