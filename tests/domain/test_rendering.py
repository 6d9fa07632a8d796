"""Previews: a template as a recipient would see it."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.domain.rendering import Preview, filled_in, filled_length, preview
from bot.domain.template import Template


def template(*components: Mapping[str, Any]) -> Template:
    return Template(
        id="1", name="spring", language="en_US", status="APPROVED", category="MARKETING", components=components
    )


BODY = {"type": "BODY", "text": "Hi {{first_name}}, {{item}} is back."}


def button(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "text": "Shop", **more}


def buttons(*found: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(found)}


def test_a_message_is_shown_as_its_recipient_sees_it():
    found = template(
        {"type": "HEADER", "format": "TEXT", "text": "For {{1}}"},
        BODY,
        {"type": "FOOTER", "text": "Reply STOP to end"},
        buttons(button("URL", url="https://shop.example/{{1}}"), button("QUICK_REPLY")),
    )
    values = {"header:1": "you", "body:first_name": "Noor", "body:item": "tea", "button:0": "tea"}

    shown = preview(found, values)

    assert (shown.header, shown.body, shown.footer) == ("For you", "Hi Noor, tea is back.", "Reply STOP to end")
    assert shown.buttons == ("Shop → https://shop.example/tea", "Shop")
    assert shown.text.splitlines()[-1] == "[Shop → https://shop.example/tea] [Shop]"


def test_what_has_no_value_keeps_its_placeholder():
    shown = preview(template(BODY), {"body:item": "tea", "body:first_name": ""})

    assert shown == Preview(header="", body="Hi {{first_name}}, tea is back.", footer="")


@pytest.mark.parametrize(
    ("found", "value", "shown"),
    [
        (button("URL", url="https://a.example/c/{{1}}"), "https://shop.example/x", "Shop → https://shop.example/x"),
        (button("URL", url="https://a.example/p/{{item}}"), "x://y", "Shop → https://a.example/p/x://y"),
        (button("URL", url="https://a.example/p/{{1}}"), "", "Shop → https://a.example/p/{{1}}"),
        (button("URL", url="https://a.example"), "", "Shop → https://a.example"),
        (button("COPY_CODE", text=""), "SPRING20", "Copy code: SPRING20"),
        (button("COPY_CODE", text=""), "", "Copy code"),
        (button("PHONE_NUMBER", phone_number="+12025550100"), "", "Shop → +12025550100"),
        (button("QUICK_REPLY"), "", "Shop"),
    ],
)
def test_a_button_shows_where_it_leads(found: dict[str, Any], value: str, shown: str):
    assert preview(template(buttons(found)), {"button:0": value}).buttons == (shown,)


def test_a_header_file_is_named():
    found = template({"type": "HEADER", "format": "IMAGE"})

    assert preview(found, {"header:1": "https://cdn.example/a.png"}).header == "[Image] https://cdn.example/a.png"
    assert preview(found, {}).header == "[Image]"


def test_one_persons_values_are_filled_in():
    bindings = {"body:first_name": "{{first_name|friend}}", "body:item": "{{item}} {{size"}

    assert filled_in(template(BODY), bindings, {"name": "Noor de Vries"}) == {
        "body:first_name": "Noor",
        "body:item": "{{item}} {{size",
    }
    assert filled_in(template(BODY), {"body:item": "{{item}}!"}, {})["body:item"] == "{{item}}!"


@pytest.mark.parametrize(("parts", "limit"), [([], 1024), ([{"type": "LIMITED_TIME_OFFER"}], 600)])
def test_a_body_that_is_too_long_is_told(parts: list[dict[str, Any]], limit: int):
    found = template({"type": "BODY", "text": "{{1}}"}, *parts)
    fits, too_long = {"body:1": "x" * limit}, {"body:1": "x" * (limit + 1)}

    assert filled_length(found, fits) == limit
    assert not any("characters" in note for note in preview(found, fits).notes)
    assert any(f"refuses more than {limit}" in note for note in preview(found, too_long).notes)


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ([buttons(*[button("QUICK_REPLY")] * 4)], "computer"),
        ([buttons(button("QUICK_REPLY"), button("URL"))], "computer"),
        ([{"type": "LIMITED_TIME_OFFER"}], "offers"),
        ([{"type": "HEADER", "format": "GIF"}], "GIF"),
    ],
)
def test_what_some_recipients_cannot_see_is_told(parts: list[dict[str, Any]], word: str):
    [note] = preview(template(*parts), {}).notes

    assert word in note


def test_an_ordinary_message_has_no_notes():
    assert preview(template(BODY, buttons(button("QUICK_REPLY"), button("QUICK_REPLY"))), {}).notes == ()
