"""What people do: links, quick replies, STOP, WhatsApp's own stop."""

from __future__ import annotations

from typing import Any

from tests.simulator.meta.building import (
    ANA,
    NUMBER,
    body,
    button,
    graph,
    graph_with_webhooks,
    order_again,
    send,
    suffix,
)

BIA = "+5511900000001"  # Brazil: Meta counts clicks there, unlike in the United Kingdom


def linked(to: str = BIA) -> Any:
    return send("short_lived", body("Ana"), suffix("k3Jd9sQp"), to=to)


async def test_a_click_opens_our_link_and_is_counted_by_meta_without_naming_anyone():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.person(BIA, clicks=True)
        await meta.send(linked())
        await hook.until(lambda: hook.visits != [] and hook.items("user_actions") != [])
        await meta.sim.settle()

    (action,) = hook.items("user_actions")
    (value,) = [change["value"] for change in hook.changes if "user_actions" in change["value"]]
    click_id = action["marketing_messages_link_click_data"]["click_id"]
    assert action["action_type"] == "marketing_messages_link_click"
    assert hook.visits == [f"c/k3Jd9sQp?fbclid={click_id}"]
    assert set(value) == {"messaging_product", "metadata", "user_actions"}
    assert meta.sim.last_message(BIA).visits == [302]


async def test_a_british_click_opens_the_link_but_meta_counts_none():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.person(ANA, clicks=True)
        await meta.send(linked(ANA))
        await hook.until(lambda: hook.visits != [])
        await meta.sim.settle()

    assert hook.visits == ["c/k3Jd9sQp"]
    assert hook.items("user_actions") == []


async def test_the_cloud_route_counts_no_clicks():
    async with graph_with_webhooks(knobs={"onboarding_status": "ELIGIBLE"}) as (meta, hook):
        meta.sim.person(BIA, clicks=True)
        await meta.send(linked())
        await hook.until(lambda: hook.visits != [])
        await meta.sim.settle()

    assert hook.items("user_actions") == []


async def test_links_of_other_machines_are_never_opened():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.person(BIA, clicks=True)
        await meta.send(order_again(to=BIA))
        await hook.until(lambda: hook.items("user_actions") != [])
        await meta.sim.settle()

    assert hook.visits == []
    assert meta.sim.last_message(BIA).visits == []


async def test_a_click_after_seven_days_is_not_counted_by_meta():
    async with graph_with_webhooks() as (meta, hook):
        await meta.send(linked())
        meta.sim.advance(8 * 86_400)
        meta.sim.click(BIA)
        await hook.until(lambda: hook.visits != [])

    assert hook.items("user_actions") == []


async def test_a_tapped_quick_reply_answers_the_message_with_its_payload():
    async with graph_with_webhooks() as (meta, hook):
        payload = {"type": "payload", "payload": "STOP_PROMO"}
        sent = await meta.send(send("vip_evening", button("quick_reply", payload, "2")))
        meta.sim.tap(ANA, "Stop")
        await hook.until(lambda: hook.items("messages") != [])

    (item,) = hook.items("messages")
    assert item["type"] == "button"
    assert item["button"] == {"payload": "STOP_PROMO", "text": "Stop"}
    assert item["context"] == {"from": "12025550100", "id": sent.json()["messages"][0]["id"]}
    assert item["from"] == "447700900001"


async def test_typed_stop_arrives_as_text_and_opens_the_window():
    async with graph_with_webhooks() as (meta, hook):
        free = {"messaging_product": "whatsapp", "to": ANA, "type": "text", "text": {"body": "Sorry to see you go"}}
        closed = await meta.refusal(free, edge="messages")
        meta.sim.say(ANA, "STOP")
        await hook.until(lambda: hook.items("messages") != [])
        opened = await meta.send(free, edge="messages")

    (item,) = hook.items("messages")
    assert closed == (131047, 400)
    assert (item["type"], item["text"]) == ("text", {"body": "STOP"})
    assert opened.status_code == 200
    assert meta.sim.last_message(ANA).route == "service"


async def test_whatsapps_own_stop_is_told_and_refuses_marketing_until_resumed():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.prefer(ANA, "stop")
        refused = await meta.refusal(order_again())
        meta.sim.prefer(ANA, "resume")
        accepted = await meta.send(order_again())
        await hook.until(lambda: len(hook.items("user_preferences")) == 2)

    first, second = hook.items("user_preferences")
    assert refused == (131050, 400)
    assert accepted.status_code == 200
    assert (first["value"], second["value"]) == ("stop", "resume")
    assert isinstance(first["timestamp"], int)
    assert first["wa_id"] == "447700900001"
    assert hook.values("user_preferences")[0]["metadata"]["phone_number_id"] == NUMBER


async def test_a_stopped_person_can_fail_by_webhook_instead():
    async with graph_with_webhooks(knobs={"stop_refusal": "webhook"}) as (meta, hook):
        meta.sim.prefer(ANA, "stop")
        await meta.send(order_again())
        await hook.until(lambda: hook.statuses() == ["failed"])

    assert hook.items("statuses")[0]["errors"][0]["code"] == 131050


async def test_a_utility_message_reaches_a_stopped_person_on_the_cloud_route():
    async with graph() as meta:
        meta.sim.prefer(ANA, "stop")
        answer = await meta.send(send("order_shipped", body("42")), edge="messages")

    assert answer.status_code == 200
    assert meta.sim.last_message(ANA).route == "utility"


async def test_people_react_by_chance_when_nothing_is_laid_down():
    chances = {"read_rate": 1.0, "tap_rate": 1.0, "stop_text_rate": 1.0, "stop_preference_rate": 1.0}
    async with graph_with_webhooks(knobs=chances) as (meta, hook):
        await meta.send(send("vip_evening"))
        await hook.until(lambda: len(hook.items("messages")) == 2 and hook.items("user_preferences") != [])

    assert {item["type"] for item in hook.items("messages")} == {"button", "text"}


async def test_a_read_mark_sends_nothing():
    async with graph() as meta:
        mark = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x"}
        answer = await meta.send(mark, edge="messages")

    assert answer.json() == {"success": True}
    assert meta.sim.received == {}


async def test_other_types_are_refused_on_the_cloud_route():
    async with graph() as meta:
        content = {"messaging_product": "whatsapp", "to": ANA, "type": "sticker"}

        assert await meta.refusal(content, edge="messages") == (131051, 400)


async def test_a_click_need_not_open_the_link():
    async with graph_with_webhooks(knobs={"read_rate": 1.0, "click_rate": 1.0, "visit_rate": 0.0}) as (meta, hook):
        await meta.send(linked())
        await hook.until(lambda: hook.items("user_actions") != [])
        await meta.sim.settle()

    assert hook.visits == []


async def test_a_template_that_opted_out_of_tracking_counts_no_clicks():
    async with graph_with_webhooks() as (meta, hook):
        key = meta.sim.catalogue.find("short_lived", "en_US").id
        await meta.post(key, {"cta_url_link_tracking_opted_out": True})
        meta.sim.person(BIA, clicks=True)
        await meta.send(linked())
        await hook.until(lambda: hook.visits != [])
        await meta.sim.settle()

    assert hook.items("user_actions") == []
    assert hook.visits == ["c/k3Jd9sQp"]
