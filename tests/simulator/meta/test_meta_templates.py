from __future__ import annotations

from typing import Any

import pytest

from bot.simulator.meta import MetaSimulator
from tests.simulator.meta.building import (
    NUMBER,
    WABA,
    Graph,
    body,
    graph,
    graph_with_webhooks,
    order_again,
    send,
    suffix,
)

LISTING = f"{WABA}/message_templates"
DAY = 86_400


def new_template(**more: Any) -> dict[str, Any]:
    parts = [{"type": "BODY", "text": "A brand new deal for {{1}} today."}]
    return {"name": "brand_new", "language": "en_US", "category": "MARKETING", "components": parts} | more


async def all_pages(meta: Graph, **query: Any) -> list[dict[str, Any]]:
    page = (await meta.get(LISTING, **query)).json()
    rows = list(page["data"])
    while "next" in page.get("paging", {}):
        page = (await meta.http.get(page["paging"]["next"])).json()
        rows += page["data"]
    return rows


async def template_id(meta: Graph, name: str) -> str:
    return str((await meta.get(LISTING, name=name, fields="id")).json()["data"][0]["id"])


async def test_following_next_lists_every_template_once():
    async with graph() as meta:
        rows = await all_pages(meta, limit=7, fields="name")

        whole = (await meta.get(LISTING, limit=100, fields="name")).json()

    assert len(rows) > 30
    assert rows == whole["data"]
    assert len({row["id"] for row in rows}) == len(rows)
    assert "next" not in whole["paging"]


async def test_the_after_cursor_continues_where_the_page_ended():
    async with graph() as meta:
        first = (await meta.get(LISTING, limit=2)).json()
        second = (await meta.get(LISTING, limit=2, after=first["paging"]["cursors"]["after"])).json()
        four = (await meta.get(LISTING, limit=4)).json()

    assert first["data"] + second["data"] == four["data"]


@pytest.mark.parametrize("cursor", ["nonsense", "!!", "dHBsOjE="], ids=["garbage", "not base64", "gone"])
async def test_a_bad_cursor_is_refused_with_131059(cursor: str):
    async with graph() as meta:
        answer = await meta.get(LISTING, after=cursor)

    assert answer.json()["error"]["code"] == 131059


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "PAUSED"}, {"paused_promo"}),
        ({"category": "UTILITY"}, {"order_shipped", "hello_world"}),
        ({"name": "spring_drop"}, {"spring_drop"}),
        ({"status": "APPROVED", "category": "MARKETING", "language": "nl"}, {"spring_drop"}),
        ({"name_or_content": "back in stock"}, {"order_again"}),
        ({"name": "no_such"}, set()),
    ],
)
async def test_filters_narrow_the_listing(query: dict[str, str], expected: set[str]):
    async with graph() as meta:
        rows = await all_pages(meta, **query)

    assert {row["name"] for row in rows} == expected


@pytest.mark.parametrize("query", [{"fields": "name,colour"}, {"limit": "0"}, {"limit": "many"}])
async def test_a_wrong_query_is_error_100(query: dict[str, str]):
    async with graph() as meta:
        answer = await meta.get(LISTING, **query)

    assert answer.json()["error"]["code"] == 100


async def test_one_template_shows_exactly_the_fields_asked_for():
    async with graph() as meta:
        key = await template_id(meta, "short_lived")
        answer = await meta.get(key, fields="name,message_send_ttl_seconds,quality_score,previous_category")

    found = answer.json()
    assert set(found) == {"id", "name", "message_send_ttl_seconds", "quality_score"}
    assert found["message_send_ttl_seconds"] == 43_200
    assert found["quality_score"]["score"] == "GREEN"


async def test_an_edited_lifetime_can_be_read_back():
    async with graph() as meta:
        key = await template_id(meta, "order_again")
        edit = await meta.post(key, {"message_send_ttl_seconds": 86_400})
        read = await meta.get(key, fields="message_send_ttl_seconds")

    assert edit.json() == {"success": True}
    assert read.json()["message_send_ttl_seconds"] == 86_400


async def test_an_edit_that_does_not_hold_shows_when_read_back():
    async with graph(knobs={"ttl_edits_ignored": True}) as meta:
        key = await template_id(meta, "short_lived")
        edit = await meta.post(key, {"message_send_ttl_seconds": 86_400})
        read = await meta.get(key, fields="message_send_ttl_seconds")

    assert edit.json() == {"success": True}
    assert read.json()["message_send_ttl_seconds"] == 43_200


@pytest.mark.parametrize("ttl", [43_199, 2_592_001, -1, 0, "86400", 86_400.5, True])
async def test_a_lifetime_outside_marketings_range_is_refused(ttl: Any):
    async with graph() as meta:
        answer = await meta.post(await template_id(meta, "order_again"), {"message_send_ttl_seconds": ttl})

    assert answer.json()["error"]["code"] == 100
    assert "43200 to 2592000" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("ttl", "status"), [(-1, 200), (30, 200), (43_201, 400)])
async def test_a_utility_template_has_its_own_range(ttl: Any, status: int):
    async with graph() as meta:
        answer = await meta.post(await template_id(meta, "order_shipped"), {"message_send_ttl_seconds": ttl})

    assert answer.status_code == status


async def test_a_second_edit_within_a_day_is_refused():
    async with graph() as meta:
        key = await template_id(meta, "order_again")
        await meta.post(key, {"message_send_ttl_seconds": 86_400})
        second = await meta.post(key, {"message_send_ttl_seconds": 90_000})
        meta.sim.advance(DAY + 1)
        third = await meta.post(key, {"message_send_ttl_seconds": 90_000})

    assert second.json()["error"]["code"] == 100
    assert third.json() == {"success": True}


async def test_the_eleventh_edit_in_thirty_days_is_refused():
    async with graph() as meta:
        key = await template_id(meta, "order_again")
        answers = []
        for _ in range(11):
            answers.append((await meta.post(key, {"message_send_ttl_seconds": 86_400})).status_code)
            meta.sim.advance(DAY + 1)

    assert answers == [200] * 10 + [400]


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("order_again", {"colour": "red"}),
        ("order_again", {}),
        ("order_again", {"category": "UTILITY"}),
        ("pending_promo", {"message_send_ttl_seconds": 86_400}),
        ("rejected_promo", {"category": "SALES"}),
    ],
)
async def test_an_impossible_edit_is_error_100(name: str, edit: dict[str, Any]):
    async with graph() as meta:
        answer = await meta.post(await template_id(meta, name), edit)

    assert answer.json()["error"]["code"] == 100


async def test_a_paused_template_can_be_unpaused_and_sent():
    async with graph() as meta:
        key = await template_id(meta, "paused_promo")
        unpaused = await meta.post(f"{key}/unpause")
        again = await meta.post(f"{key}/unpause")
        sent = await meta.send(send("paused_promo", body("Ana")))

    assert unpaused.json() == {"success": True}
    assert again.json()["error"]["code"] == 100
    assert sent.status_code == 200


async def test_a_created_template_is_pending_then_approved_and_told_by_webhook():
    async with graph_with_webhooks() as (meta, hook):
        created = (await meta.post(LISTING, new_template())).json()
        meta.sim.advance(61)
        await hook.until(lambda: hook.values("message_template_status_update") != [])
        read = await meta.get(created["id"], fields="status,message_send_ttl_seconds")

    (value,) = hook.values("message_template_status_update")
    assert created["status"] == "PENDING"
    assert read.json() == {"status": "APPROVED", "id": created["id"]}
    assert (value["event"], value["message_template_id"]) == ("APPROVED", int(created["id"]))
    assert value["message_template_language"] == "en-US"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (new_template(name="Brand New"), 100),
        (new_template(category="SALES"), 100),
        (new_template(components="text"), 100),
        (new_template(colour="red"), 100),
        ({"name": "brand_new"}, 100),
        (new_template(message_send_ttl_seconds=120), 100),
        (new_template(name="order_again"), 2388024),
        (new_template(components=[{"type": "FOOTER", "text": "x"}]), 2388072),
        (new_template(components=[{"type": "BODY", "text": "x" * 1025}]), 2388040),
        (new_template(components=[{"type": "BODY", "text": "{{1}} for you"}]), 2388299),
        (new_template(components=[{"type": "BODY", "text": "for you {{1}}"}]), 2388299),
    ],
)
async def test_a_wrong_creation_is_refused(content: Any, code: int):
    async with graph() as meta:
        answer = await meta.post(LISTING, content)

    assert answer.json()["error"]["code"] == code


async def test_a_fresh_template_syncs_for_ten_minutes_after_approval():
    async with graph() as meta:
        await meta.post(LISTING, new_template())
        content = send("brand_new", body("Ana"), product_policy="STRICT")

        assert await meta.refusal(content) == (132001, 404)
        meta.sim.advance(61)
        assert await meta.refusal(content) == (134101, 400)
        meta.sim.advance(600)
        assert (await meta.send(content)).status_code == 200


async def test_a_dormant_template_takes_one_message_and_then_waits_ten_minutes():
    async with graph() as meta:
        content = send("dormant_promo", body("Ana"), suffix("x"), product_policy="STRICT")

        assert (await meta.send(content)).status_code == 200
        assert await meta.refusal(content) == (134101, 400)
        meta.sim.advance(599)
        assert await meta.refusal(content) == (134101, 400)
        meta.sim.advance(2)
        assert (await meta.send(content)).status_code == 200


async def test_with_fallback_a_syncing_template_leaves_on_the_cloud_route():
    async with graph() as meta:
        content = send("dormant_promo", body("Ana"), suffix("x"))
        await meta.send(content)
        await meta.send(content)

    assert [message.route for message in meta.sim.received["+447700900001"]] == ["marketing_lite", "marketing"]


async def test_not_onboarded_strict_is_refused_and_fallback_takes_the_cloud_route():
    async with graph(knobs={"onboarding_status": "ELIGIBLE"}) as meta:
        strict = await meta.refusal(order_again(product_policy="STRICT"))
        fallback = await meta.send(order_again())
        gif = send("gif_promo", {"type": "header", "parameters": [{"type": "gif", "gif": {"link": "https://x/a"}}]})
        gif["template"]["components"] += [body("a"), suffix("x")]

        assert strict == (134102, 500)
        assert fallback.status_code == 200
        assert await meta.refusal(gif) == (132012, 400)
        assert await meta.refusal(send("max_price_promo", body("a"))) == (131061, 400)
        assert meta.sim.last_message("+447700900001").route == "marketing"


async def test_marketing_can_be_switched_off_on_the_cloud_route():
    async with graph(knobs={"onboarding_status": "ELIGIBLE"}) as meta:
        await meta.post(f"{WABA}?disable_marketing_messages_on_cloud_api=true")
        read = await meta.get(WABA, fields="disable_marketing_messages_on_cloud_api")

        assert read.json()["disable_marketing_messages_on_cloud_api"] is True
        assert await meta.refusal(order_again()) == (131063, 400)
        assert await meta.refusal(order_again(), edge="messages") == (131063, 400)


async def test_a_max_price_template_needs_a_phone():
    async with graph() as meta:
        content = send("max_price_promo", body("a"))
        del content["to"]

        assert await meta.refusal(content | {"recipient": "NL.9f3k"}) == (131062, 400)


async def test_the_account_and_its_numbers_can_be_read():
    async with graph(mps=1000, phone_number_ids=("1", "2")) as meta:
        account = (await meta.get(WABA, fields="marketing_messages_onboarding_status,name,health_status")).json()
        numbers = (await meta.get(f"{WABA}/phone_numbers")).json()["data"]
        number = (await meta.get("2", fields="throughput,whatsapp_business_manager_messaging_limit")).json()

    assert account["marketing_messages_onboarding_status"] == "ONBOARDED"
    assert account["health_status"]["can_send_message"] == "AVAILABLE"
    assert [row["id"] for row in numbers] == ["1", "2"]
    assert number["throughput"] == {"level": "HIGH"}
    assert number["whatsapp_business_manager_messaging_limit"] == "TIER_100K"


async def test_an_unknown_account_setting_is_error_100():
    async with graph() as meta:
        answer = await meta.post(WABA, {"colour": "red"})

    assert answer.json()["error"]["code"] == 100


async def test_an_unknown_edge_is_refused():
    async with graph() as meta:
        answer = await meta.get(f"{NUMBER}/marketing_messages")

    assert answer.json()["error"]["code"] == 2500


def test_the_seed_has_every_kind_of_template():
    sim = MetaSimulator()

    rows = [template.everything() for template in sim.catalogue.by_id.values()]
    formats = {part.get("format") for row in rows for part in row["components"]}
    kinds = {b["type"] for row in rows for part in row["components"] for b in part.get("buttons", [])}
    assert formats >= {"TEXT", "IMAGE", "VIDEO", "DOCUMENT", "GIF", "PRODUCT", "LOCATION"}
    assert kinds >= {"URL", "QUICK_REPLY", "COPY_CODE", "CATALOG", "MPM", "FLOW"}
    assert {row["status"] for row in rows} >= {"APPROVED", "PAUSED", "REJECTED", "PENDING", "DISABLED"}
    assert {row["language"] for row in rows} == {"en_US", "pt_BR", "nl"}
    assert len({row["id"] for row in rows}) == len(rows)
