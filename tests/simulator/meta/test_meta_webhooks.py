from __future__ import annotations

import hashlib
import hmac

from tests.simulator.meta.building import NUMBER, WABA, graph_with_webhooks, order_again


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
