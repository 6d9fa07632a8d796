from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_builders import actions, button, input_block, modal, option, plain, section, select, text_input
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack.blocks import complete, inspect
from bot.simulator.slack.errors import SlackError
from bot.simulator.slack.views import check_view

CONFIRM = {"title": plain("Sure?"), "text": plain("Really"), "confirm": plain("Yes"), "deny": plain("No")}
POINTS = [{"label": "Mon", "value": 3}, {"label": "Tue", "value": 5}]
LINES = {
    "type": "line",
    "series": [{"name": "Sent", "data": POINTS}],
    "axis_config": {"categories": ["Mon", "Tue"], "x_label": "Day"},
}
PIE = {"type": "pie", "segments": [{"label": "Read", "value": 3}]}
ROW = [{"type": "raw_text", "text": "Brazil"}, {"type": "raw_number", "value": 3, "text": "3"}]
RICH = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "bold", "style": {"bold": True}}]},
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U0ANA"}]}],
        },
    ],
}


def header(text: str = "Title", **fields: Any):
    return {"type": "header", "text": plain(text), **fields}


def context(*elements: Any):
    return {"type": "context", "elements": list(elements)}


def image(**fields: Any):
    return {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a", **fields}


def chart(drawing: Any, **fields: Any):
    return {"type": "data_visualization", "title": "Progress", "chart": drawing, **fields}


def table(rows: Any, kind: str = "table", **fields: Any):
    return {"type": kind, "rows": rows, **fields}


def card(**fields: Any):
    return {"type": "card", "title": plain("Card"), "actions": [button()], **fields}


def layout(*blocks: Any, rows: Any = 1):
    item = {"blocks": list(blocks), "width": "wide"}
    return {"type": "layout", "label": "Figures", "rows": [[item]] * rows, "grid_lines": "rows"}


def container(*blocks: Any, **fields: Any):
    return {"type": "container", "title": plain("More"), "child_blocks": list(blocks), "is_collapsible": True, **fields}


SOUND_IN_MESSAGES = {
    "header": header(level=2),
    "section with fields": {"type": "section", "fields": [plain("a")] * 10},
    "section with accessory": section(accessory=select("a", "b")),
    "section with a full text": section("x" * 3000),
    "divider": {"type": "divider"},
    "context": context(plain("a"), {"type": "mrkdwn", "text": "*b*"}, image()),
    "actions": actions(button(style="primary", value="v" * 2000, confirm=CONFIRM), select("a", confirm=CONFIRM)),
    "overflow": section(accessory={"type": "overflow", "action_id": "more", "options": [option("a")]}),
    "image": image(title=plain("Chart")),
    "markdown": {"type": "markdown", "text": "# Hello"},
    "rich text": RICH,
    "table": table([ROW, ROW], column_settings=[{"align": "right"}]),
    "data table": table([[ROW[0], ROW[0]], ROW], "data_table", caption="By country", page_size=10),
    "line chart": chart(LINES),
    "pie chart": chart(PIE),
    "card": card(),
    "carousel": {"type": "carousel", "elements": [card(), card()]},
    "layout": layout(section(), header()),
    "container": container(section(), {"type": "divider"}),
    "plan": {"type": "plan", "title": "Steps"},
    "context actions": {
        "type": "context_actions",
        "elements": [{"type": "icon_button", "icon": "trash", "text": plain("Remove"), "action_id": "rm"}],
    },
}
SOUND_IN_MODALS = {
    "alert": {"type": "alert", "text": plain("Careful"), "level": "warning"},
    "text input": input_block(text_input(min_length=1, max_length=3000, multiline=True, placeholder=plain("…"))),
    "number input": input_block(
        {"type": "number_input", "action_id": "n", "is_decimal_allowed": False, "min_value": "1", "max_value": "9"}
    ),
    "email": input_block({"type": "email_text_input", "action_id": "mail"}),
    "address": input_block({"type": "url_text_input", "action_id": "url"}),
    "date": input_block({"type": "datepicker", "action_id": "d", "initial_date": "2026-11-22"}),
    "time": input_block({"type": "timepicker", "action_id": "t", "initial_time": "09:30", "timezone": "Europe/Lisbon"}),
    "date and time": input_block(
        {"type": "datetimepicker", "action_id": "dt", "initial_date_time": 1_764_000_000}, optional=True
    ),
    "file": input_block({"type": "file_input", "action_id": "f", "filetypes": ["csv"], "max_files": 1}),
    "external select": input_block({"type": "external_select", "action_id": "e", "min_query_length": 0}),
    "conversation": input_block(
        {
            "type": "conversations_select",
            "action_id": "c",
            "default_to_current_conversation": True,
            "filter": {"include": ["public", "private"], "exclude_bot_users": True},
        }
    ),
    "many": input_block({"type": "multi_static_select", "action_id": "m", "options": [option("a")]}),
    "boxes": input_block({"type": "checkboxes", "action_id": "b", "options": [option("a")]}),
    "radios": input_block({"type": "radio_buttons", "action_id": "r", "options": [option("a")]}),
    "rich input": input_block({"type": "rich_text_input", "action_id": "rich"}),
    "layout": layout(section()),
}
REFUSED_IN_MESSAGES = {
    "no type": ({"text": "x"}, "missing required field: type [json-pointer:/blocks/0]"),
    "unknown type": ({"type": "hologram"}, "unsupported type: hologram [json-pointer:/blocks/0/type]"),
    "unknown key": (section(colour="red"), "invalid additional property: colour [json-pointer:/blocks/0]"),
    "empty section": ({"type": "section"}, "must define at least one of: text, fields"),
    "long section": (section("x" * 3001), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    "no text at all": (section(""), "must be more than 0 characters"),
    "eleven fields": ({"type": "section", "fields": [plain("a")] * 11}, "no more than 10 items allowed"),
    "long field": ({"type": "section", "fields": [plain("a" * 2001)]}, "must be less than 2001 characters"),
    "mrkdwn header": ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "must be a valid enum value"),
    "long header": (header("x" * 151), "must be less than 151 characters"),
    "header level": (header(level=5), "must be between 1 and 4"),
    "eleven in context": (context(*[plain("a")] * 11), "no more than 10 items allowed"),
    "26 actions": (actions(*[button(f"a{n}") for n in range(26)]), "no more than 25 items allowed"),
    "no actions": (actions(), "no less than 1 items allowed"),
    "long button": (actions(button(text="x" * 76)), "must be less than 76 characters"),
    "long button value": (actions(button(value="x" * 2001)), "must be less than 2001 characters"),
    "green button": (actions(button(style="green")), "must be a valid enum value: primary, danger"),
    "long action id": (actions(button("x" * 256)), "must be less than 256 characters"),
    "long block id": (section(block_id="x" * 256), "must be less than 256 characters"),
    "long confirm": (actions(button(confirm={**CONFIRM, "title": plain("x" * 101)})), "must be less than 101"),
    "half a confirm": (actions(button(confirm={"title": plain("?")})), "missing required field: text"),
    "101 options": (section(accessory=select(*[f"o{n}" for n in range(101)])), "no more than 100 items allowed"),
    "long option": (section(accessory=select("x" * 151)), "must be less than 151 characters"),
    "strange initial option": (
        section(accessory=select("a", initial_option=option("b"))),
        "initial option must match one of the options exactly",
    ),
    "no options": (
        section(accessory={"type": "static_select", "action_id": "s"}),
        "must define exactly one of: options, option_groups",
    ),
    "six in overflow": (
        section(accessory={"type": "overflow", "action_id": "o", "options": [option(f"{n}") for n in range(6)]}),
        "no more than 5 items allowed",
    ),
    "eleven radios": (
        actions({"type": "radio_buttons", "action_id": "r", "options": [option(f"{n}") for n in range(11)]}),
        "no more than 10 items allowed",
    ),
    "text input in actions": (actions(text_input()), "unsupported type: plain_text_input"),
    "datetimepicker beside a section": (
        section(accessory={"type": "datetimepicker", "action_id": "d"}),
        "unsupported type: datetimepicker",
    ),
    "no alt text": (
        {"type": "image", "image_url": "https://example.com/a.png"},
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    "image twice": (image(slack_file={"id": "F1"}), "must define exactly one of: image_url, slack_file"),
    "input in a message": (input_block(text_input()), "unsupported type: input"),
    "alert in a message": (SOUND_IN_MODALS["alert"], "unsupported type: alert"),
    "seven series": (
        chart({**LINES, "series": [{"name": f"{n}", "data": POINTS} for n in range(7)]}),
        "no more than 6 items allowed",
    ),
    "missing point": (
        chart({**LINES, "series": [{"name": "Sent", "data": POINTS[:1]}]}),
        "every series needs exactly one point per category",
    ),
    "empty pie piece": (chart({**PIE, "segments": [{"label": "x", "value": 0}]}), "must be greater than 0"),
    "long chart title": (chart(PIE, title="x" * 51), "must be less than 51 characters"),
    "21 cells": (table([ROW * 11]), "no more than 20 items allowed"),
    "101 rows": (table([ROW] * 101), "no more than 100 items allowed"),
    "uneven data table": (table([ROW, ROW[:1]], "data_table", caption="x"), "every row must have the same number"),
    "no caption": (table([ROW, ROW], "data_table"), "missing required field: caption"),
    "rich header cell": (
        table([[RICH], [ROW[0]]], "data_table", caption="x"),
        "the header row must not hold rich_text",
    ),
    "four card buttons": (card(actions=[button(f"{n}") for n in range(4)]), "no more than 3 items allowed"),
    "eleven cards": ({"type": "carousel", "elements": [card()] * 11}, "no more than 10 items allowed"),
    "six layout rows": (layout(section(), rows=6), "no more than 5 items allowed"),
    "eleven children": (container(*[section()] * 11), "no more than 10 items allowed"),
    "nested container": (container(container(section())), "unsupported type: container"),
    "a text for an object": ({"type": "header", "text": "x"}, "must provide an object"),
    "a flag for a flag": (section(expand="yes"), "must be a boolean"),
    "a text for a level": (header(level="2"), "must be an integer"),
    "a text for a figure": (chart({**PIE, "segments": [{"label": "x", "value": "3"}]}), "must be a number"),
    "same action twice": (
        actions(button("same"), button("same"), block_id="row"),
        "`action_id` `same` already exists for `block_id` `row`",
    ),
}


@pytest.mark.parametrize("name", SOUND_IN_MESSAGES)
def test_a_sound_block_passes_in_a_message(name: str):
    assert inspect([SOUND_IN_MESSAGES[name]], "message") == []


@pytest.mark.parametrize("name", SOUND_IN_MODALS)
def test_a_sound_block_passes_in_a_modal(name: str):
    check_view(modal(SOUND_IN_MODALS[name]), "modal")


@pytest.mark.parametrize("name", REFUSED_IN_MESSAGES)
def test_a_block_beyond_a_limit_is_named_with_its_pointer(name: str):
    block, complaint = REFUSED_IN_MESSAGES[name]

    problems = inspect([block], "message")

    assert any(complaint in problem for problem in problems), problems
    assert all("[json-pointer:/blocks" in problem for problem in problems)


@pytest.mark.parametrize("kind", ["table", "data_visualization", "markdown", "card"])
def test_blocks_for_messages_only_are_refused_in_a_modal(kind: str):
    blocks = {"table": table([ROW]), "data_visualization": chart(PIE), "card": card()}
    block = blocks.get(kind, SOUND_IN_MESSAGES["markdown"])

    with pytest.raises(SlackError) as caught:
        check_view(modal(block), "modal")

    assert f"unsupported type: {kind}" in caught.value.messages[0]


REFUSED_VIEWS = {
    "long title": (modal(section(), title=plain("x" * 25)), "characters [json-pointer:/view/title/text]"),
    "long submit": (modal(section(), submit=plain("x" * 25)), "must be less than 25 characters"),
    "long close": (modal(section(), close=plain("x" * 25)), "must be less than 25 characters"),
    "long metadata": (modal(section(), private_metadata="x" * 3001), "must be less than 3001 characters"),
    "long callback": (modal(section(), callback_id="x" * 256), "must be less than 256 characters"),
    "unknown key": (modal(section(), submit_disabled=True), "invalid additional property: submit_disabled"),
    "a home as modal": (modal(section(), type="home"), "must be a valid enum value: modal"),
    "101 blocks": (modal(*[section() for _ in range(101)]), "no more than 100 items allowed"),
    "no submit": (
        {"type": "modal", "title": plain("x"), "blocks": [input_block(text_input())]},
        "missing required field: submit",
    ),
    "block id twice": (modal(section(block_id="a"), section(block_id="a")), "block_id `a` already exists"),
    "long label": (modal(input_block(text_input(), label=plain("x" * 2001))), "must be less than 2001 characters"),
    "long text input": (modal(input_block(text_input(max_length=3001))), "must be between 1 and 3000"),
    "lengths crossed": (
        modal(input_block(text_input(min_length=5, max_length=4))),
        "min_length must not be greater than max_length",
    ),
    "placeholder": (modal(input_block(text_input(placeholder=plain("x" * 151)))), "must be less than 151 characters"),
    "nine digits": (
        modal(input_block({"type": "datetimepicker", "action_id": "d", "initial_date_time": 176_400_000})),
        "must be between 1000000000 and 9999999999",
    ),
    "no such day": (
        modal(input_block({"type": "datepicker", "action_id": "d", "initial_date": "2026-02-30"})),
        "must be a date as YYYY-MM-DD",
    ),
    "number not written": (
        modal(input_block({"type": "number_input", "action_id": "n", "is_decimal_allowed": True, "min_value": 1})),
        "must be a number written as a string",
    ),
    "values crossed": (
        modal(
            input_block(
                {
                    "type": "number_input",
                    "action_id": "n",
                    "is_decimal_allowed": True,
                    "min_value": "9",
                    "max_value": "1",
                }
            )
        ),
        "min_value must not be greater than max_value",
    ),
    "decimals unsaid": (
        modal(input_block({"type": "number_input", "action_id": "n"})),
        "missing required field: is_decimal_allowed",
    ),
    "eleven files": (
        modal(input_block({"type": "file_input", "action_id": "f", "max_files": 11})),
        "must be between 1 and 10",
    ),
    "dispatching file": (
        modal(input_block({"type": "file_input", "action_id": "f"}, dispatch_action=True)),
        "dispatch_action must not be true for file_input",
    ),
    "button as input": (modal(input_block(button())), "unsupported type: button"),
}


@pytest.mark.parametrize("name", REFUSED_VIEWS)
def test_a_view_beyond_a_limit_is_refused_with_a_pointer(name: str):
    view, complaint = REFUSED_VIEWS[name]

    with pytest.raises(SlackError) as caught:
        check_view(view, "modal")

    assert caught.value.name == "invalid_arguments"
    assert any(complaint in message for message in caught.value.messages), caught.value.messages


def test_a_file_input_is_refused_in_a_home():
    block = SOUND_IN_MODALS["file"]

    assert "unsupported type: file_input" in inspect([block], "home")[0]


def test_a_view_over_250_kilobytes_is_too_large():
    rows = [section("x" * 3000) for _ in range(90)]

    with pytest.raises(SlackError) as caught:
        check_view(modal(*rows), "modal")

    assert caught.value.name == "view_too_large"


MESSAGE_TOTALS = {
    "two tables": ([table([ROW]), table([ROW])], "invalid_attachments", "only_one_table_allowed"),
    "three charts": ([chart(PIE)] * 3, "invalid_blocks", "no more than 2 data_visualization blocks allowed"),
    "51 blocks": ([{"type": "divider"}] * 51, "invalid_blocks", "no more than 50 items allowed"),
    "markdown": ([{"type": "markdown", "text": "x" * 6001}] * 2, "invalid_blocks", "less than 12001 characters"),
    "table text": (
        [table([[{"type": "raw_text", "text": "x" * 2600}] * 4])],
        "invalid_blocks",
        "tables must be less than 10001 characters",
    ),
    "nested blocks": (
        [layout(*[section("x")] * 20), layout(*[section("x")] * 20), layout(*[section("x")] * 20)],
        "invalid_blocks",
        "nested blocks included",
    ),
}


@pytest.mark.parametrize("name", MESSAGE_TOTALS)
async def test_what_a_message_may_hold_in_total_is_limited(client: AsyncWebClient, name: str):
    blocks, error, complaint = MESSAGE_TOTALS[name]

    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0MARKETING", text="x", blocks=blocks)

    answer = caught.value.response
    assert answer["error"] == error
    assert any(complaint in message for message in answer["response_metadata"]["messages"])


async def test_a_refused_message_lists_every_complaint_as_slack_does(client: AsyncWebClient):
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0MARKETING", text="x", blocks=[header("x" * 151), section("")])

    assert caught.value.response["errors"] == [
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        "must be more than 0 characters [json-pointer:/blocks/1/text/text]",
    ]
    assert caught.value.response["response_metadata"]["messages"][0].startswith("[ERROR] must be less than 151")


KNOWN_TO_THE_SDK = sorted(set(SOUND_IN_MESSAGES) - {"data table", "line chart", "pie chart", "layout"})


@pytest.mark.parametrize("name", KNOWN_TO_THE_SDK)
def test_slacks_own_models_agree_that_the_block_is_sound(name: str):
    parsed = Block.parse(SOUND_IN_MESSAGES[name])

    assert parsed is not None
    parsed.validate_json()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "text", "elements", "rows", "options", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(
    name=st.sampled_from(sorted(SOUND_IN_MESSAGES)),
    key=st.sampled_from(["type", "text", "elements", "rows", "chart", "accessory", "fields", "title", "block_id"]),
    value=ANYTHING,
)
@settings(max_examples=150, deadline=None)
def test_any_nonsense_in_a_block_is_judged_without_stumbling(name: str, key: str, value: Any):
    problems = inspect([{**SOUND_IN_MESSAGES[name], key: value}, value], "message")

    assert all("[json-pointer:/blocks" in problem for problem in problems)


def test_every_interactive_element_of_a_copy_gets_an_id_and_the_original_stays():
    nameless = {key: value for key, value in button().items() if key != "action_id"}
    blocks = [actions(nameless), {"type": "carousel", "elements": [card(actions=[nameless])]}]

    copied = complete(blocks, lambda prefix: f"{prefix}1")

    assert copied[0]["block_id"] == "blk1"
    assert copied[0]["elements"][0]["action_id"] == "act1"
    assert copied[1]["elements"][0]["actions"][0]["action_id"] == "act1"
    assert "block_id" not in blocks[0]
