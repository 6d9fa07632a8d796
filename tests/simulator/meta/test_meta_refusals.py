"""Every refusal of a send that the sender itself causes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.simulator.meta.building import (
    ANA,
    NUMBER,
    WABA,
    body,
    button,
    graph,
    header,
    order_again,
    send,
    suffix,
    text,
)

IMAGE = {"type": "image", "image": {"link": "https://shop.example/a.png"}}
ACTION = {"type": "action", "action": {"thumbnail_product_retailer_id": "p1"}}
SECTIONS = [{"title": "Shoes", "product_items": [{"product_retailer_id": "p1"}]}]
MPM = {"type": "action", "action": {"thumbnail_product_retailer_id": "p1", "sections": SECTIONS}}
COUPON = button("copy_code", {"type": "coupon_code", "coupon_code": "SPRING20"})


def offer(milliseconds: int) -> dict[str, Any]:
    parameter = {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": milliseconds}}
    return {"type": "limited_time_offer", "parameters": [parameter]}


def card(index: int) -> dict[str, Any]:
    return {"card_index": index, "components": [header(IMAGE), body("Ana"), suffix("x")]}


def carousel(*cards: dict[str, Any]) -> dict[str, Any]:
    return {"type": "carousel", "cards": list(cards)}


def named(**values: str) -> dict[str, Any]:
    return {"type": "body", "parameters": [text(value, name) for name, value in values.items()]}


def without(key: str) -> Any:
    return {name: value for name, value in order_again().items() if name != key}


def in_template(**more: Any) -> Any:
    sent = order_again()
    sent["template"] |= more
    return sent


FAR = 4_000_000_000_000  # milliseconds, year 2096
SPRING = {"first_name": "Ana", "discount": "20%"}

REFUSED = {
    "no recipient": (without("to"), 100),
    "no product": (without("messaging_product"), 100),
    "no template": (without("template"), 131008),
    "foreign type": ({"messaging_product": "whatsapp", "to": ANA, "type": "text", "text": {"body": "x"}}, 131055),
    "unknown key": (order_again(ttl=60), 100),
    "unknown key inside": (in_template(namespace="x"), 100),
    "unknown policy": (order_again(product_policy="MAYBE"), 100),
    "long callback data": (order_again(biz_opaque_callback_data="x" * 513), 100),
    "not a phone": (order_again(to="+12"), 131009),
    "the sender itself": (order_again(to="+1 202-555-0100"), 131021),
    "not a user id": (without("to") | {"recipient": "Ana"}, 131009),
    "unknown template": (send("no_such"), 132001),
    "unknown language": (send("order_again", body("a", "b"), suffix("x"), language="fr"), 132001),
    "pending template": (send("pending_promo", body("a")), 132001),
    "rejected template": (send("rejected_promo", body("a")), 132001),
    "paused template": (send("paused_promo", body("a")), 132015),
    "disabled template": (send("disabled_promo", body("a")), 132016),
    "utility template": (send("hello_world"), 134100),
    "too few body values": (send("order_again", body("Ana"), suffix("x")), 132000),
    "too many body values": (send("order_again", body("a", "b", "c"), suffix("x")), 132000),
    "values for a fixed text": (send("plain_hello", body("a")), 132000),
    "body twice": (send("order_again", body("a", "b"), body("a", "b"), suffix("x")), 131009),
    "picture in the body": (send("plain_hello", {"type": "body", "parameters": [IMAGE]}), 100),
    "empty value": (send("order_again", body("", "b"), suffix("x")), 131008),
    "new line": (send("order_again", body("a\nb", "b"), suffix("x")), 132018),
    "tab": (send("order_again", body("a\tb", "b"), suffix("x")), 132018),
    "five spaces": (send("order_again", body("a     b", "b"), suffix("x")), 132018),
    "text too long": (send("order_again", body("a" * 1020, "b"), suffix("x")), 132005),
    "header too long": (send("hello_header", header(text("a" * 60)), body("b")), 132005),
    "name missing": (send("spring_drop", body("Ana", "20%"), suffix("x")), 132018),
    "wrong name": (send("spring_drop", named(first_name="A", rebate="2"), suffix("x")), 132018),
    "header missing": (send("image_promo", body("a"), suffix("x")), 132012),
    "header of another kind": (send("video_promo", header(IMAGE), body("a"), suffix("x")), 132012),
    "picture for a text header": (send("hello_header", header(IMAGE), body("b")), 132012),
    "unknown media id": (
        send("image_promo", header({"type": "image", "image": {"id": "1"}}), body("a"), suffix("x")),
        131009,
    ),
    "media id and link": (
        send("image_promo", header({"type": "image", "image": {"id": "1", "link": "https://x"}}), body("a")),
        131009,
    ),
    "media link without web": (
        send("image_promo", header({"type": "image", "image": {"link": "ftp://x"}}), body("a")),
        131053,
    ),
    "url suffix missing": (send("order_again", body("a", "b")), 131008),
    "url suffix not encoded": (send("order_again", body("a", "b"), suffix("a b")), 132018),
    "url suffix of another type": (
        send("order_again", body("a", "b"), button("url", {"type": "payload", "payload": "x"})),
        132012,
    ),
    "suffix for a fixed url": (send("news_static", suffix("x")), 132018),
    "no such button": (send("order_again", body("a", "b"), suffix("x", 1)), 131009),
    "index not a number": (send("order_again", body("a", "b"), suffix("x", "first")), 131009),
    "button of another kind": (send("order_again", body("a", "b"), button("quick_reply", text("x"))), 132012),
    "payload as text": (send("vip_evening", button("quick_reply", text("x"))), 132012),
    "coupon missing": (send("coupon_code", body("a")), 131008),
    "coupon too long": (
        send("coupon_code", body("a"), button("copy_code", {"type": "coupon_code", "coupon_code": "X" * 16})),
        132018,
    ),
    "offer missing": (send("flash_sale", body("a"), COUPON, suffix("x", 1)), 131008),
    "offer in seconds": (send("flash_sale", body("a"), COUPON, suffix("x", 1), offer(4_000_000_000)), 131009),
    "offer in the past": (send("flash_sale", body("a"), COUPON, suffix("x", 1), offer(1_600_000_000_000)), 131009),
    "offer without one": (send("coupon_code", body("a"), COUPON, offer(FAR)), 132000),
    "cards missing": (send("carousel_two", body("a")), 132000),
    "one card too few": (send("carousel_two", body("a"), carousel(card(0))), 132000),
    "one card too many": (send("carousel_two", body("a"), carousel(card(0), card(1), card(2))), 132000),
    "gap in the cards": (send("carousel_two", body("a"), carousel(card(0), card(2))), 131009),
    "products missing": (send("picked_products", body("a")), 131008),
    "no sections": (send("picked_products", body("a"), button("mpm", ACTION)), 131009),
    "text for a catalogue": (send("catalog_tour", body("a"), button("catalog", text("x"))), 132012),
}


@pytest.mark.parametrize(("content", "code"), REFUSED.values(), ids=REFUSED)
async def test_a_wrong_send_is_refused_and_nobody_receives_anything(content: Any, code: int):
    async with graph() as meta:
        answer = await meta.send(content)

        assert answer.json()["error"]["code"] == code
        assert answer.status_code == (404 if code == 132001 else 400)
        assert meta.sim.received == {}


CORRECT = {
    "named values in any order": send("spring_drop", named(discount="2", first_name="A"), suffix("x")),
    "translation": send("spring_drop", named(**SPRING), suffix("x"), language="pt_BR"),
    "header text": send("hello_header", header(text("Ana")), body("b")),
    "header link": send("image_promo", header(IMAGE), body("a"), suffix("x")),
    "gif": send("gif_promo", header({"type": "gif", "gif": {"link": "https://x/a.mp4"}}), body("a"), suffix("x")),
    "location": send(
        "store_opening",
        header({"type": "location", "location": {"latitude": 1, "longitude": 2, "name": "n", "address": "a"}}),
    ),
    "product": send(
        "single_product",
        header({"type": "product", "product": {"product_retailer_id": "p", "catalog_id": "c"}}),
        body("a"),
    ),
    "document name": send(
        "document_promo",
        header({"type": "document", "document": {"link": "https://x/a.pdf", "filename": "a.pdf"}}),
        body("a"),
        suffix("x"),
    ),
    "quick reply payloads": send("vip_evening", button("quick_reply", {"type": "payload", "payload": "yes"})),
    "quick replies without payload": send("vip_evening"),
    "coupon": send("coupon_code", body("a"), COUPON),
    "offer": send("flash_sale", body("a"), COUPON, suffix("x", "1"), offer(FAR)),
    "carousel": send("carousel_two", body("a"), carousel(card(1), card(0))),
    "catalogue": send("catalog_tour", body("a"), button("CATALOG", ACTION)),
    "products": send("picked_products", body("a"), button("mpm", MPM)),
    "flow": send("book_a_fitting", body("a"), button("flow", {"type": "action", "action": {"flow_token": "t"}})),
    "index as number": send("order_again", body("a", "b"), suffix("x", 0)),
    "currency": send(
        "plain_hello",
        {
            "type": "tap_target_configuration",
            "parameters": [
                {
                    "type": "tap_target_configuration",
                    "tap_target_configuration": [{"url": "https://shop.example", "title": "Shop"}],
                }
            ],
        },
    ),
    "user id instead of a phone": without("to") | {"recipient": "NL.9f3k"},
}


@pytest.mark.parametrize("content", CORRECT.values(), ids=CORRECT)
async def test_every_kind_of_template_can_be_sent(content: Any):
    async with graph() as meta:
        answer = await meta.send(content)

    assert answer.status_code == 200, answer.text


async def test_an_error_has_the_shape_of_graph():
    async with graph() as meta:
        answer = await meta.send(send("no_such"))

    error = answer.json()["error"]
    assert set(error) == {"message", "type", "code", "error_data", "fbtrace_id"}
    assert error["type"] == "OAuthException"
    assert error["message"].startswith("(#132001)")
    assert error["error_data"]["messaging_product"] == "whatsapp"
    assert "no_such" in error["error_data"]["details"]


async def test_a_body_that_is_no_json_is_error_100():
    async with graph() as meta:
        answer = await meta.http.post(f"/v25.0/{NUMBER}/marketing_messages", content=b"{")

    assert answer.json()["error"]["code"] == 100


@pytest.mark.parametrize("token", [{}, {"Authorization": "Bearer other"}], ids=["missing", "wrong"])
async def test_without_the_right_token_everything_is_refused_with_190(token: dict[str, str]):
    async with graph() as meta, httpx.AsyncClient(base_url=meta.http.base_url) as stranger:
        answer = await stranger.get(f"/v25.0/{WABA}", headers=token)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)


@pytest.mark.parametrize("path", [f"/{NUMBER}/marketing_messages", f"/25/{NUMBER}/marketing_messages", "/v25.0/"])
async def test_a_path_without_a_version_is_refused(path: str):
    async with graph() as meta:
        answer = await meta.http.post(path, json=order_again())

    assert answer.json()["error"]["code"] == 2500
    assert meta.sim.received == {}


async def test_an_unknown_number_is_refused_with_33():
    async with graph() as meta:
        answer = await meta.send(order_again(), number="999")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 33)


async def test_a_number_without_plus_reaches_a_stranger_and_the_books_say_so():
    async with graph() as meta:
        answer = await meta.send(order_again(to="447700900001"))

    assert answer.json()["contacts"][0]["input"] == "447700900001"
    (stranger,) = meta.sim.received["+1447700900001"]
    assert stranger.stranger
    assert ANA not in meta.sim.received


async def test_punctuation_in_a_phone_is_accepted():
    async with graph() as meta:
        await meta.send(order_again(to="+44 (7700) 900-001"))

    assert [message.to for message in meta.sim.received[ANA]] == ["+44 (7700) 900-001"]


@pytest.mark.parametrize(
    ("phone", "wa_id"),
    [("+5531900000001", "553100000001"), ("+5511900000001", "5511900000001"), ("+525500000001", "5215500000001")],
)
async def test_the_wa_id_of_brazil_and_mexico_differs_from_the_phone(phone: str, wa_id: str):
    async with graph() as meta:
        answer = await meta.send(order_again(to=phone))

    assert answer.json()["contacts"] == [{"input": phone, "wa_id": wa_id}]


async def test_a_user_id_is_answered_without_a_phone():
    async with graph() as meta:
        answer = await meta.send(without("to") | {"recipient": "NL.9f3k"})

    assert answer.json()["contacts"] == [{"input": "NL.9f3k", "user_id": "NL.9f3k"}]


async def test_callback_data_can_be_refused_by_name():
    async with graph(knobs={"callback_data_refused": True}) as meta:
        refused = await meta.send(order_again(biz_opaque_callback_data="c=1"))
        accepted = await meta.send(order_again())

    assert refused.json()["error"]["code"] == 100
    assert "biz_opaque_callback_data" in refused.json()["error"]["message"]
    assert accepted.status_code == 200


async def test_the_pair_limit_stops_a_burst_to_one_person():
    async with graph(mps=1000) as meta:
        for _ in range(45):
            await meta.send(order_again())

        assert await meta.refusal(order_again()) == (131056, 400)


async def test_an_uploaded_file_can_be_sent_until_it_expires():
    async with graph() as meta:
        upload = await meta.http.post(
            f"/v25.0/{NUMBER}/media",
            data={"messaging_product": "whatsapp", "type": "image/png"},
            files={"file": ("a.png", b"png", "image/png")},
        )
        media_id = upload.json()["id"]
        content = send("image_promo", header({"type": "image", "image": {"id": media_id}}), body("a"), suffix("x"))

        assert (await meta.get(media_id)).json()["mime_type"] == "image/png"
        assert (await meta.send(content)).status_code == 200
        meta.sim.advance(31 * 86_400)
        await meta.send(content)  # wakes the template, or is refused already
        meta.sim.advance(601)
        assert await meta.refusal(content) == (131053, 400)


async def test_a_file_of_another_type_is_no_header():
    async with graph() as meta:
        upload = await meta.http.post(
            f"/v25.0/{NUMBER}/media",
            data={"messaging_product": "whatsapp", "type": "application/pdf"},
            files={"file": ("a.pdf", b"pdf", "application/pdf")},
        )
        content = send("image_promo", header({"type": "image", "image": {"id": upload.json()["id"]}}), body("a"))

        assert await meta.refusal(content) == (131053, 400)


async def test_an_upload_without_a_file_is_refused():
    async with graph() as meta:
        answer = await meta.http.post(f"/v25.0/{NUMBER}/media", data={"messaging_product": "whatsapp"})

    assert answer.json()["error"]["code"] == 100
