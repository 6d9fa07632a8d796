"""Block Kit's interactive elements, with Slack's limits, and which block may hold which of them.

Source of the numbers: Slack, "Block Kit reference", Block elements, read 2026-11-22.
"""

import datetime as dt
import re
from typing import Any

from bot.simulator.slack.composition import (
    ACTION_ID,
    CONFIRM,
    CONVERSATION_FILTER,
    OPTION_GROUPS,
    OPTIONS,
    PLAIN_OPTION,
    RICH_OPTION,
    SLACK_FILE,
    TYPE,
    URL,
    initial_is_offered,
    option,
    plain,
)
from bot.simulator.slack.schema import (
    Check,
    Report,
    anything,
    array,
    boolean,
    exactly_one,
    integer,
    matching,
    one_of,
    shape,
    string,
    typed,
)


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_zone(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*", text) is not None


DATE = matching(_is_date, "a date as YYYY-MM-DD")
TIME = matching(lambda text: re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text) is not None, "a time as HH:mm")
NUMBER = matching(lambda text: re.fullmatch(r"-?\d+(\.\d+)?", text) is not None, "a number written as a string")
# Ten digits: what Slack takes as a Unix time in seconds.
UNIX_SECONDS = integer(1_000_000_000, 9_999_999_999)
CHARACTERS = integer(0, 3000)
DISPATCH = shape({}, {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 2)})
USER_ID = string(50)


def _element(required: dict[str, Check], optional: dict[str, Check], *rules: Check) -> Check:
    return shape({"type": TYPE, **required}, {"action_id": ACTION_ID, "focus_on_load": boolean, **optional}, *rules)


def _picker(optional: dict[str, Check], *rules: Check) -> Check:
    return _element({}, {"placeholder": plain(150), "confirm": CONFIRM, **optional}, *rules)


def _typing(optional: dict[str, Check], required: dict[str, Check] | None = None, *rules: Check) -> Check:
    extra = {"placeholder": plain(150), "dispatch_action_config": DISPATCH, **optional}
    return _element(required or {}, extra, *rules)


def _lengths_in_order(element: Any, pointer: str, report: Report) -> None:
    if element.get("min_length", 0) > element.get("max_length", 3000):
        report.add(pointer, "min_length must not be greater than max_length")


def _values_in_order(element: Any, pointer: str, report: Report) -> None:
    if float(element.get("min_value", "-inf")) > float(element.get("max_value", "inf")):
        report.add(pointer, "min_value must not be greater than max_value")


def _static_select(optional: dict[str, Check]) -> Check:
    keys = {"options": OPTIONS, "option_groups": OPTION_GROUPS, **optional}
    return _picker(keys, exactly_one("options", "option_groups"), initial_is_offered)


def _choices(optional: dict[str, Check]) -> Check:
    return _element({"options": array(RICH_OPTION, 10)}, {"confirm": CONFIRM, **optional}, initial_is_offered)


_MANY = {"max_selected_items": integer(1, 100)}
_URLS = {"response_url_enabled": boolean}
_CONVERSATIONS = {"filter": CONVERSATION_FILTER, "default_to_current_conversation": boolean}

BUTTON = shape(
    {"type": TYPE, "text": plain(75)},
    {
        "action_id": ACTION_ID,
        "url": URL,
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
IMAGE = shape(
    {"type": TYPE, "alt_text": string(2000)},
    {"image_url": URL, "slack_file": SLACK_FILE},
    exactly_one("image_url", "slack_file"),
)
OVERFLOW = _element({"options": array(option(plain(75), with_url=True), 5)}, {"confirm": CONFIRM})
SINGLE_SELECTS: dict[str, Check] = {
    "static_select": _static_select({"initial_option": PLAIN_OPTION}),
    "external_select": _picker({"initial_option": PLAIN_OPTION, "min_query_length": integer(0, 150)}),
    "users_select": _picker({"initial_user": USER_ID}),
    "conversations_select": _picker({"initial_conversation": USER_ID, **_CONVERSATIONS, **_URLS}),
    "channels_select": _picker({"initial_channel": USER_ID, **_URLS}),
}
MULTI_SELECTS: dict[str, Check] = {
    "multi_static_select": _static_select({"initial_options": array(PLAIN_OPTION, 100), **_MANY}),
    "multi_external_select": _picker(
        {"initial_options": array(PLAIN_OPTION, 100), "min_query_length": integer(0, 150), **_MANY}
    ),
    "multi_users_select": _picker({"initial_users": array(USER_ID, 100), **_MANY}),
    "multi_conversations_select": _picker({"initial_conversations": array(USER_ID, 100), **_CONVERSATIONS, **_MANY}),
    "multi_channels_select": _picker({"initial_channels": array(USER_ID, 100), **_MANY}),
}
CHOICES: dict[str, Check] = {
    "checkboxes": _choices({"initial_options": array(RICH_OPTION, 10)}),
    "radio_buttons": _choices({"initial_option": RICH_OPTION}),
}
PICKERS: dict[str, Check] = {
    "datepicker": _picker({"initial_date": DATE}),
    "timepicker": _picker({"initial_time": TIME, "timezone": matching(_is_zone, "an IANA time zone")}),
}
DATETIME_PICKER = _element({}, {"initial_date_time": UNIX_SECONDS, "confirm": CONFIRM})
TEXT_INPUTS: dict[str, Check] = {
    "plain_text_input": _typing(
        {
            "initial_value": string(3000, 0),
            "multiline": boolean,
            "min_length": CHARACTERS,
            "max_length": integer(1, 3000),
        },
        {},
        _lengths_in_order,
    ),
    "email_text_input": _typing({"initial_value": string(3000, 0)}),
    "url_text_input": _typing({"initial_value": URL}),
    "number_input": _typing(
        {"initial_value": NUMBER, "min_value": NUMBER, "max_value": NUMBER},
        {"is_decimal_allowed": boolean},
        _values_in_order,
    ),
    "rich_text_input": _typing({"initial_value": anything}),
}
FILE_INPUT = shape(
    {"type": TYPE},
    {"action_id": ACTION_ID, "filetypes": array(string(50), 100), "max_files": integer(1, 10)},
)

SECTION_ACCESSORY = typed(
    {
        "button": BUTTON,
        "image": IMAGE,
        "overflow": OVERFLOW,
        **SINGLE_SELECTS,
        **MULTI_SELECTS,
        **CHOICES,
        **PICKERS,
    }
)
ACTIONS_ELEMENT = typed(
    {
        "button": BUTTON,
        "overflow": OVERFLOW,
        **SINGLE_SELECTS,
        **CHOICES,
        **PICKERS,
        "datetimepicker": DATETIME_PICKER,
    }
)
INPUT_ELEMENT = typed(
    {
        **SINGLE_SELECTS,
        **MULTI_SELECTS,
        **CHOICES,
        **PICKERS,
        **TEXT_INPUTS,
        "datetimepicker": DATETIME_PICKER,
        "file_input": FILE_INPUT,
    }
)
