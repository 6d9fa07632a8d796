from __future__ import annotations

import base64

from tests.simulator.meta.building import ANA, NUMBER, WABA, graph, order_again


async def test_a_correct_send_is_accepted_with_a_unique_wamid():
    async with graph() as meta:
        first = await meta.send(order_again())
        second = await meta.send(order_again())

    assert first.status_code == 200
    assert first.json()["messaging_product"] == "whatsapp"
    assert first.json()["contacts"] == [{"input": ANA, "wa_id": "447700900001"}]
    assert first.json()["messages"][0]["message_status"] == "accepted"
    wamids = {answer.json()["messages"][0]["id"] for answer in (first, second)}
    assert len(wamids) == 2
    assert all(base64.b64decode(wamid.removeprefix("wamid."), validate=True) for wamid in wamids)


async def test_the_phone_has_received_the_rendered_text_and_the_filled_link():
    async with graph(public_url="http://127.0.0.1:9") as meta:
        await meta.send(order_again())

        (message,) = (await meta.http.get(f"/_sim/received/{ANA}")).json()

    assert message["text"] == "Hi Ana, your scarf is back in stock."
    assert message["urls"] == ["https://shop.example/p/red-scarf"]
    assert message["route"] == "marketing_lite"
    assert message["template"] == "order_again"


async def test_templates_are_listed_with_the_fields_asked_for():
    async with graph() as meta:
        page = (await meta.get(f"{WABA}/message_templates", fields="name,status", limit=3)).json()

    assert [sorted(row) for row in page["data"]] == [["id", "name", "status"]] * 3
    assert page["paging"]["next"].startswith("http://127.0.0.1:")


async def test_the_number_tells_its_throughput():
    async with graph() as meta:
        answer = await meta.get(NUMBER, fields="throughput")

    assert answer.json() == {"throughput": {"level": "STANDARD"}, "id": NUMBER}
