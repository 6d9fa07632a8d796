"""Binding variables: what is wrong with a form is said at its field, and what leaves is exactly what Meta documents."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.binding import Composed, Composer, check, is_click_link
from bot.domain.instants import Millis
from bot.domain.template import Template, variables

PUBLIC = "https://arauto.example"
NOW = Millis(1_790_000_000_000)
LATER = Millis(NOW + 86_400_000)


def template(*components: Mapping[str, Any], parameter_format: str = "POSITIONAL") -> Template:
    return Template(
        id="1689556908129832",
        name="spring_drop_v3",
        language="nl",
        status="APPROVED",
        category="MARKETING",
        components=components,
        parameter_format=parameter_format,
    )


def body(text: str) -> dict[str, Any]:
    return {"type": "BODY", "text": text}


def header(kind: str, text: str = "") -> dict[str, Any]:
    return {"type": "HEADER", "format": kind, "text": text}


def buttons(*found: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(found)}


def url_button(url: str = "https://shop.example/p/{{1}}") -> dict[str, Any]:
    return {"type": "URL", "text": "Shop", "url": url}


COUPON = {"type": "COPY_CODE", "example": "SPRING20"}
OFFER = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends soon", "has_expiration": True}}


def complaints(found: Template, *, public_url: str | None = PUBLIC, offer: Millis | None = None, **typed: str):
    bindings = {key.replace("__", ":"): value for key, value in typed.items()}
    return check(found, bindings, public_url=public_url, offer_ends_at=offer, now=NOW)


def fields(found: list[tuple[str, str]]) -> list[str]:
    return [field for field, _ in found]


def numbered() -> Callable[[], str]:
    given = iter(range(1000))
    return lambda: f"token{next(given)}"


def composed(
    found: Template,
    bindings: Mapping[str, str],
    attributes: Mapping[str, str] | None = None,
    *,
    offer: Millis | None = None,
    public_url: str | None = PUBLIC,
) -> Composed:
    return Composer(found, bindings, public_url, offer).compose(attributes or {}, token=numbered())


def components(*args: Any, **more: Any) -> Any:
    return json.loads(composed(*args, **more).components_json)


def body_text(typed: str, attributes: Mapping[str, str] | None = None) -> str:
    [part] = components(template(body("Hi {{1}}")), {"body:1": typed}, attributes)
    return str(part["parameters"][0]["text"])


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
