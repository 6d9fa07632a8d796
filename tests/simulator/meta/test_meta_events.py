"""What Meta does by itself: templates, account and numbers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.meta.building import NUMBER, graph_with_webhooks, order_again


@pytest.mark.parametrize(
    ("event", "status", "code", "detail"),
    [
        ("PAUSED", "PAUSED", 132015, "other_info"),
        ("DISABLED", "DISABLED", 132016, "disable_info"),
        ("REJECTED", "REJECTED", 132001, "rejection_info"),
    ],
)
async def test_a_template_event_changes_the_state_and_is_told(event: str, status: str, code: int, detail: str):
    async with graph_with_webhooks() as (meta, hook):
        await meta.http.post("/_sim/templates/order_again/status", json={"event": event})
        refused, _ = await meta.refusal(order_again())
        await hook.until(lambda: hook.changes != [])

    (value,) = hook.values("message_template_status_update")
    template = meta.sim.catalogue.find("order_again", "en_US")
    assert (template.status, refused) == (status, code)
    assert value["event"] == event
    assert value["message_template_id"] == int(template.id)
    assert value["message_template_language"] == "en-US"
    assert value["reason"] == "NONE"
    assert detail in value
    assert "time" in hook.requests[0][0].decode()


async def test_an_unpaused_template_is_told_as_approved():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.events.template_status("paused_promo", "UNPAUSE")
        await hook.until(lambda: hook.changes != [])

    (value,) = hook.values("message_template_status_update")
    assert (value["event"], value["other_info"]["title"]) == ("APPROVED", "UNPAUSE")


async def test_a_flag_is_told_and_changes_no_state():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.events.template_status("order_again", "FLAGGED")
        await hook.until(lambda: hook.changes != [])

    assert meta.sim.catalogue.find("order_again", "en_US").status == "APPROVED"


async def test_every_translation_of_a_name_is_concerned():
    async with graph_with_webhooks() as (meta, hook):
        meta.sim.events.template_status("spring_drop", "PAUSED")
        await hook.until(lambda: len(hook.changes) == 3)

    values = hook.values("message_template_status_update")
    assert {value["message_template_language"] for value in values} == {"en-US", "pt-BR", "nl"}


async def test_a_quality_update_names_both_scores():
    async with graph_with_webhooks() as (meta, hook):
        await meta.http.post("/_sim/templates/order_again/quality", json={"score": "RED"})
        await hook.until(lambda: hook.changes != [])

    (value,) = hook.values("message_template_quality_update")
    assert (value["previous_quality_score"], value["new_quality_score"]) == ("GREEN", "RED")


async def test_a_category_notice_changes_nothing_and_names_the_present_category_as_new():
    async with graph_with_webhooks() as (meta, hook):
        await meta.http.post("/_sim/templates/order_shipped/category", json={"category": "MARKETING", "notice": True})
        await hook.until(lambda: hook.changes != [])

    (value,) = hook.values("template_category_update")
    assert (value["correct_category"], value["new_category"]) == ("MARKETING", "UTILITY")
    assert meta.sim.catalogue.find("order_shipped", "en_US").category == "UTILITY"


async def test_a_category_change_resets_the_lifetime_and_refuses_marketing():
    async with graph_with_webhooks() as (meta, hook):
        await meta.http.post("/_sim/templates/short_lived/category", json={"category": "UTILITY"})
        await hook.until(lambda: hook.changes != [])

    (value,) = hook.values("template_category_update")
    template = meta.sim.catalogue.find("short_lived", "en_US")
    assert (value["previous_category"], value["new_category"]) == ("MARKETING", "UTILITY")
    assert (template.category, template.message_send_ttl_seconds) == ("UTILITY", None)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"event": "ACCOUNT_RESTRICTION", "restriction_info": []}, (368, 403)),
        ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}, (131031, 403)),
    ],
)
async def test_a_restricted_account_sends_nothing_until_it_is_reinstated(event: dict[str, Any], code: tuple[int, int]):
    async with graph_with_webhooks() as (meta, hook):
        await meta.http.post("/_sim/account", json=event)
        refused = await meta.refusal(order_again())
        health = (await meta.get(NUMBER, fields="health_status")).json()["health_status"]
        await meta.http.post(
            "/_sim/account", json={"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}
        )
        accepted = await meta.send(order_again())
        await hook.until(lambda: len(hook.values("account_update")) == 2)

    assert refused == code
    assert health["can_send_message"] == "BLOCKED"
    assert accepted.status_code == 200
    assert hook.values("account_update")[0] == event


async def test_a_throughput_upgrade_is_told_and_granted():
    async with graph_with_webhooks() as (meta, hook):
        change = {"event": "THROUGHPUT_UPGRADE", "limit": "TIER_UNLIMITED"}
        await meta.http.post(f"/_sim/numbers/{NUMBER}/quality", json=change)
        level = (await meta.get(NUMBER, fields="throughput,whatsapp_business_manager_messaging_limit")).json()
        await hook.until(lambda: hook.changes != [])

    (value,) = hook.values("phone_number_quality_update")
    assert value["event"] == "THROUGHPUT_UPGRADE"
    assert level["throughput"] == {"level": "HIGH"}
    assert level["whatsapp_business_manager_messaging_limit"] == "TIER_UNLIMITED"


@pytest.mark.parametrize("limit", ["TIER_2K", 2000, -1])
async def test_a_capability_update_is_told_as_text_or_number(limit: Any):
    async with graph_with_webhooks() as (meta, hook):
        await meta.http.post("/_sim/capability", json={"limit": limit})
        await hook.until(lambda: hook.changes != [])

    assert hook.values("business_capability_update")[0]["max_daily_conversations_per_business"] == limit


async def test_any_value_can_be_emitted():
    async with graph_with_webhooks() as (meta, hook):
        await meta.http.post("/_sim/events", json={"field": "security", "value": {"event": "PIN_CHANGED"}})
        await hook.until(lambda: hook.changes != [])

    assert hook.values("security") == [{"event": "PIN_CHANGED"}]
