"""Binding variables: what is wrong with a form is said at its field, in one sentence."""

import pytest
from binding_forms import (
    COUPON,
    LATER,
    NOW,
    OFFER,
    PUBLIC,
    body,
    buttons,
    complaints,
    composed,
    fields,
    header,
    template,
    url_button,
)

from bot.domain.binding import Composed, is_click_link


def test_a_template_without_variables_needs_nothing():
    plain = template(body("Hello"), {"type": "FOOTER", "text": "Reply STOP"})

    assert complaints(plain) == []
    assert composed(plain, {}) == Composed(b"[]")


def test_every_missing_value_is_asked_for_at_its_field():
    found = template(header("IMAGE"), body("Hi {{1}}, {{2}}"), buttons(url_button(), COUPON))

    missing = complaints(found, body__2="  \n ")

    assert fields(missing) == ["var:header:1", "var:body:1", "var:body:2", "var:button:0", "var:button:1"]
    assert all(sentence.endswith("needs a value.") for _, sentence in missing)


@pytest.mark.parametrize(
    "typed",
    [
        *("{{name", "name}}", "{{name}", "{{}}", "{{ }}", "{{|friend}}", "{{name|}}", "{{name| }}", "{{a|b|c}}"),
        *("{{{{name}}}}", "{{na{me}}", "Hi {{name}} and {{"),
    ],
)
def test_what_is_not_an_expression_is_refused_with_one_sentence(typed: str):
    [(field, sentence)] = complaints(template(body("Hi {{1}}")), body__1=typed)

    assert field == "var:body:1"
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    "typed", ["friend", "{{name}}", "{{ name | friend }}", "{{Größe}}", "{{last order}} {x}", "a | b"]
)
def test_text_and_attributes_are_taken(typed: str):
    assert complaints(template(body("Hi {{1}}")), body__1=typed) == []


@pytest.mark.parametrize("typed", ["1166846181421424", "https://cdn.example/a.png", "https://cdn.example/{{sku}}.png"])
def test_a_header_file_is_a_number_or_an_https_link(typed: str):
    assert complaints(template(header("IMAGE")), header__1=typed) == []


@pytest.mark.parametrize(
    "typed",
    [
        *("http://cdn.example/a.png", "picture.png", "{{photo}}", "https://", "https://{{host}}/a.png", "12345a"),
        *("123{{n}}", "https://cdn.example{{x}}", "https://cdn.example:port/a.png", "https://[broken/a.png", "1" * 33),
    ],
)
def test_anything_else_as_a_header_file_is_refused(typed: str):
    assert fields(complaints(template(header("VIDEO")), header__1=typed)) == ["var:header:1"]


@pytest.mark.parametrize("typed", ["SPRING20", "x" * 15, "{{coupon}}", "A-{{coupon|none}}"])
def test_a_coupon_code_of_fifteen_characters_is_taken(typed: str):
    assert complaints(template(buttons(COUPON)), button__0=typed) == []


@pytest.mark.parametrize("typed", ["x" * 16, "{{coupon|0123456789abcdef}}", "0123456789{{coupon|abcdef}}"])
def test_a_longer_coupon_code_is_refused(typed: str):
    assert fields(complaints(template(buttons(COUPON)), button__0=typed)) == ["var:button:0"]


@pytest.mark.parametrize(
    "typed", ["https://shop.example", "http://shop.example/x?u={{name}}", "https://shop.example#{{id}}"]
)
def test_a_landing_address_is_taken(typed: str):
    assert complaints(template(buttons(url_button(f"{PUBLIC}/c/{{{{1}}}}"))), button__0=typed) == []


@pytest.mark.parametrize(
    "typed",
    [
        *("shop.example/x", "ftp://shop.example/x", "javascript:alert(1)", "{{url}}", "https://{{host}}/x"),
        *("https:///x", "//x/y", "https://shop.example{{x}}", "https://shop example/x"),
    ],
)
def test_a_landing_address_must_say_itself_where_it_leads(typed: str):
    assert fields(complaints(template(buttons(url_button(f"{PUBLIC}/c/{{{{1}}}}"))), button__0=typed)) == [
        "var:button:0"
    ]


def test_a_click_link_without_a_public_url_is_refused_at_the_template():
    found = template(buttons(url_button("https://anywhere.example/c/{{1}}")))

    refused = complaints(found, public_url=None, button__0="https://shop.example")

    assert fields(refused) == ["template"]
    assert "PUBLIC_URL" in refused[0][1]


@pytest.mark.parametrize(
    ("url", "public_url", "is_ours"),
    [
        ("https://arauto.example/c/{{1}}", "https://arauto.example", True),
        ("https://Arauto.Example/c/{{ 1 }}", "https://arauto.example/", True),
        ("https://host.example/arauto/c/{{1}}", "https://host.example/arauto/", True),
        ("https://arauto.example/c/{{1}}/x", "https://arauto.example", False),
        ("https://arauto.example/d/{{1}}", "https://arauto.example", False),
        ("https://evil.example/c/{{1}}", "https://arauto.example", False),
        ("http://arauto.example/c/{{1}}", "https://arauto.example", False),
        ("https://arauto.example/c/{{1}}", None, False),
    ],
)
def test_a_click_link_is_told_from_every_other_button(url: str, public_url: str | None, is_ours: bool):
    assert is_click_link(url, public_url) is is_ours


def test_a_countdown_needs_an_end_in_the_future():
    found = template(body("Hi"), OFFER)

    assert fields(complaints(found)) == ["offer_ends"]
    assert fields(complaints(found, offer=NOW)) == ["offer_ends"]
    assert complaints(found, offer=LATER) == []
    assert complaints(template({**OFFER, "limited_time_offer": {"has_expiration": False}})) == []
