"""Binding variables: what leaves for one person is exactly what Meta documents."""

import json

import pytest
from binding_forms import (
    COUPON,
    LATER,
    NOW,
    OFFER,
    PUBLIC,
    body,
    body_text,
    buttons,
    components,
    composed,
    fields,
    header,
    numbered,
    template,
    url_button,
)
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.binding import Composer, check
from bot.domain.template import variables


def test_named_parameters_carry_their_names():
    found = template(header("TEXT", "For {{first_name}}"), body("{{first_name}}, {{item}}!"), parameter_format="NAMED")
    bindings = {"header:first_name": "{{first_name}}", "body:first_name": "{{first_name}}", "body:item": "shoes"}

    assert components(found, bindings, {"name": "Noor de Vries"}) == [
        {"type": "header", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Noor"}]},
        {
            "type": "body",
            "parameters": [
                {"type": "text", "parameter_name": "first_name", "text": "Noor"},
                {"type": "text", "parameter_name": "item", "text": "shoes"},
            ],
        },
    ]


def test_positional_parameters_stand_in_their_order():
    found = template(body("{{1}} and {{2}} and {{1}}"))

    assert components(found, {"body:2": "b", "body:1": "a"}) == [
        {"type": "body", "parameters": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    ]


@pytest.mark.parametrize("kind", ["IMAGE", "VIDEO", "DOCUMENT", "GIF"])
def test_a_header_file_is_sent_by_id(kind: str):
    name = kind.lower()

    assert components(template(header(kind)), {"header:1": "1166846181421424"}) == [
        {"type": "header", "parameters": [{"type": name, name: {"id": "1166846181421424"}}]}
    ]


def test_a_document_link_brings_its_file_name():
    [part] = components(template(header("DOCUMENT")), {"header:1": "https://cdn.example/Spring%20list.pdf?v=1"})

    assert part["parameters"] == [
        {
            "type": "document",
            "document": {"link": "https://cdn.example/Spring%20list.pdf?v=1", "filename": "Spring list.pdf"},
        }
    ]


def test_a_header_link_may_differ_between_people():
    [part] = components(template(header("IMAGE")), {"header:1": "https://cdn.example/{{sku}}.png"}, {"sku": "a/b c"})

    assert part["parameters"] == [{"type": "image", "image": {"link": "https://cdn.example/a%2Fb%20c.png"}}]


def test_buttons_offer_and_body_are_sent_as_meta_documents_a_limited_time_offer():
    found = template(header("IMAGE"), OFFER, body("Hi {{1}}"), buttons(COUPON, url_button()))
    bindings = {"header:1": "1", "body:1": "Noor", "button:0": "SPRING20", "button:1": "shoes"}

    assert components(found, bindings, offer=LATER) == [
        {"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Noor"}]},
        {
            "type": "limited_time_offer",
            "parameters": [
                {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": 1_790_086_400_000}}
            ],
        },
        {
            "type": "button",
            "sub_type": "copy_code",
            "index": "0",
            "parameters": [{"type": "coupon_code", "coupon_code": "SPRING20"}],
        },
        {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "shoes"}]},
    ]


def test_a_url_suffix_is_percent_encoded_and_what_was_typed_keeps_its_meaning():
    bindings = {"button:0": "sale day/ünï?u={{name}}&d=20%25"}

    [part] = components(template(buttons(url_button())), bindings, {"name": "Zoë & Co/#1"})

    assert part["parameters"][0]["text"] == "sale%20day/%C3%BCn%C3%AF?u=Zo%C3%AB%20%26%20Co%2F%231&d=20%25"


def test_a_fallback_in_an_address_is_encoded_like_the_value_it_stands_for():
    [part] = components(template(buttons(url_button())), {"button:0": "x?u={{name|you & me}}&d=1"})

    assert part["parameters"][0]["text"] == "x?u=you%20%26%20me&d=1"


def test_a_click_link_gives_every_person_a_token_of_their_own():
    quick_reply = {"type": "QUICK_REPLY", "text": "Stop"}
    found = template(buttons(quick_reply, url_button(f"{PUBLIC}/c/{{{{1}}}}"), url_button(f"{PUBLIC}/c/{{{{1}}}}")))
    bindings = {"button:1": "https://shop.example/x?u={{name}}&a=b c", "button:2": "https://shop.example/help"}
    composer, token = Composer(found, bindings, PUBLIC), numbered()

    first = composer.compose({"name": "Noor & Zoë"}, token=token)
    second = composer.compose({"name": "Ana"}, token=token)

    assert first.links == (
        ("token0", 1, "https://shop.example/x?u=Noor%20%26%20Zo%C3%AB&a=b%20c"),
        ("token1", 2, "https://shop.example/help"),
    )
    assert [link[0] for link in second.links] == ["token2", "token3"]
    assert json.loads(first.components_json) == [
        {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "token0"}]},
        {"type": "button", "sub_type": "url", "index": "2", "parameters": [{"type": "text", "text": "token1"}]},
    ]


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ({"first_name": "Nora", "name": "Noor de Vries"}, "Nora"),
        ({"name": "  Noor   de Vries"}, "Noor"),
        ({"first_name": " ", "name": "Noor"}, "Noor"),
        ({"first_name": "\n\t", "name": " "}, "friend"),
        ({}, "friend"),
    ],
)
def test_a_first_name_is_its_column_else_the_first_word_of_the_name(attributes: dict[str, str], shown: str):
    assert body_text("{{first_name|friend}}", attributes) == shown


def test_an_empty_value_takes_the_fallback_and_is_counted():
    found = template(body("{{1}} {{2}}"))
    bindings = {"body:1": "{{city|your town}}", "body:2": "{{name|you}}"}

    result = composed(found, bindings, {"city": " ", "name": "Noor"})

    assert (result.fallbacks, result.missing) == ({"city"}, frozenset())
    assert b'"your town"' in result.components_json


def test_an_empty_value_without_a_fallback_leaves_the_person_out():
    result = composed(template(body("{{1}}")), {"body:1": "Hi {{city}} {{name|you}}"})

    assert (result.missing, result.fallbacks) == ({"city"}, {"name"})


def test_a_persons_coupon_code_that_is_too_long_leaves_the_person_out():
    found = template(buttons(COUPON))

    assert composed(found, {"button:0": "{{coupon}}"}, {"coupon": "x" * 16}).missing == {"coupon"}
    assert composed(found, {"button:0": "{{coupon}}"}, {"coupon": "x" * 15}).missing == frozenset()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("  Noor ", "Noor"),
        ("Den\nHaag", "Den Haag"),
        ("a\tb\r\nc", "a b  c"),
        ("a    b", "a    b"),
        ("a     b", "a b"),
        ("a\n\n\n\n\n\nb", "a b"),
        ("a\u2028b\x0bc\x85d\x00e", "a b c d e"),
        ('"\\{{x}}</script>', '"\\{{x}}</script>'),
        ("😀 ليلى", "😀 ليلى"),
    ],
)
def test_a_value_is_made_fit_for_meta(value: str, shown: str):
    assert body_text("{{city}}", {"city": value}) == shown


def test_what_was_typed_is_made_fit_for_meta_too():
    assert body_text("  Hi\n{{city|the\ttown}}      and more ") == "Hi the town and more"


@pytest.mark.parametrize(("letters", "is_too_long"), [(1017, False), (1018, True)])
def test_a_filled_body_is_measured(letters: int, is_too_long: bool):
    found = template(body("Hi {{1}}, {{2}}"))
    bindings = {"body:1": "{{name}}", "body:2": "ok"}

    assert composed(found, bindings, {"name": "x" * letters}).is_too_long is is_too_long


def test_a_body_is_measured_with_every_occurrence_and_shorter_for_an_offer():
    found = template(body("{{1}}{{1}}"), OFFER)

    assert not composed(found, {"body:1": "{{name}}"}, {"name": "x" * 300}, offer=LATER).is_too_long
    assert composed(found, {"body:1": "x" * 301}, offer=LATER).is_too_long


TEXT = st.text(max_size=40)


@given(typed=TEXT, value=TEXT)
def test_whatever_passes_the_check_composes_to_parameters_meta_takes(typed: str, value: str):
    found = template(body("Hi {{1}}"), buttons(url_button()))
    bindings = {"body:1": typed + "{{x|friend}}", "button:0": typed + "{{x|y}}"}
    if check(found, bindings, public_url=PUBLIC, offer_ends_at=None, now=NOW):
        return

    first, second = components(found, bindings, {"x": value})

    text, suffix = first["parameters"][0]["text"], second["parameters"][0]["text"]
    assert text == text.strip() != ""
    assert "     " not in text
    assert not set(text) & set("\n\r\t\x00")
    assert suffix.isascii()
    assert " " not in suffix


@given(typed=TEXT)
def test_checking_never_raises_and_agrees_with_composing(typed: str):
    found = template(header("IMAGE"), body("{{1}}"), buttons(url_button(f"{PUBLIC}/c/{{{{1}}}}"), COUPON))
    bindings = {variable.key: typed for variable in variables(found)}

    refused = check(found, bindings, public_url=PUBLIC, offer_ends_at=None, now=NOW)

    if not refused:
        assert composed(found, bindings).components_json
    assert all(field.startswith("var:") for field in fields(refused))


def test_a_template_without_variables_gives_everybody_the_same():
    composer = Composer(template(body("Hello")), {}, public_url=None)

    one, other = (composer.compose({"name": name}, token=lambda: "t") for name in ("Ada", "Bea"))

    assert one is other
    assert one.components_json == b"[]"
