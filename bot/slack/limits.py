"""Slack's limits, and the checks that hold our messages and views to them before Slack does.

Source: Slack, "Block Kit: blocks, elements and composition objects", "chat.postMessage", "chat.update" and
"views.open" (read 2026-11); the sum over a message is undocumented and was measured by users (slackapi/bolt-js #2509).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from bot.ports.chat import ChatMessage

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
#: `chat.update` refuses more; `chat.postMessage` takes 40,000 but recommends this.
MESSAGE_TEXT: Final = 4_000
#: `msg_blocks_too_long` starts at about 13,200 characters of JSON; we stay below.
MESSAGE_JSON: Final = 12_000
VIEW_JSON: Final = 250_000
HEADER: Final = 150
SECTION: Final = 3_000
FIELD: Final = 2_000
FIELDS: Final = 10
CONTEXT_ELEMENTS: Final = 10
ACTION_ELEMENTS: Final = 25
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2_000
BUTTON_URL: Final = 3_000
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
OPTIONS: Final = 100
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30
PLACEHOLDER: Final = 150
INPUT_LABEL: Final = 2_000
INPUT_VALUE: Final = 3_000
ID: Final = 255
MODAL_TITLE: Final = 24
PRIVATE_METADATA: Final = 3_000


class LimitError(Exception):
    """A message or view that Slack would refuse; the text says where and by how much."""


def clip(text: str, limit: int) -> str:
    """Cut a text to `limit` characters, the last of which shows that something is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def check_message(message: ChatMessage) -> None:
    """Raise LimitError unless Slack takes this message, both posted and as an update."""
    _within("text", message.text, MESSAGE_TEXT)
    _require(message.text.strip() != "", "text is empty: notifications and screen readers read it")
    _check_count("blocks", message.blocks, MESSAGE_BLOCKS)
    _within("all blocks as JSON", json.dumps(message.blocks, ensure_ascii=False), MESSAGE_JSON)
    _check_blocks(message.blocks)


def check_view(view: Mapping[str, Any]) -> None:
    """Raise LimitError unless Slack takes this modal or App Home."""
    blocks = view["blocks"]
    _check_count("blocks", blocks, VIEW_BLOCKS)
    _within("view as JSON", json.dumps(view, ensure_ascii=False), VIEW_JSON)
    _within("private_metadata", view.get("private_metadata", ""), PRIVATE_METADATA)
    _within("callback_id", view.get("callback_id", ""), ID)
    for part in ("title", "submit", "close"):
        if part in view:
            _within(part, view[part]["text"], MODAL_TITLE)
    has_input = any(block["type"] == "input" for block in blocks)
    _require(view["type"] != "modal" or not has_input or "submit" in view, "a modal with inputs needs a submit")
    _check_blocks(blocks)


def _check_blocks(blocks: Sequence[Mapping[str, Any]]) -> None:
    _check_unique("block_id", [block["block_id"] for block in blocks if "block_id" in block])
    elements = [element for block in blocks for element in _elements(block)]
    _check_unique("action_id", [element["action_id"] for element in elements if "action_id" in element])
    for block in blocks:
        _check_block(block)
    for element in elements:
        _check_element(element)


def _check_block(block: Mapping[str, Any]) -> None:
    _within("block_id", block.get("block_id", ""), ID)
    check = _BLOCK_CHECKS.get(block["type"])
    if check is None:
        raise LimitError(f"block type {block['type']} is not one we use")
    check(block)


def _check_header(block: Mapping[str, Any]) -> None:
    _check_text("header", block["text"], HEADER)


def _check_section(block: Mapping[str, Any]) -> None:
    _require("text" in block or "fields" in block, "a section needs text or fields")
    if "text" in block:
        _check_text("section", block["text"], SECTION)
    _check_count("fields", block.get("fields", ()), FIELDS)
    for field in block.get("fields", ()):
        _check_text("field", field, FIELD)


def _check_context(block: Mapping[str, Any]) -> None:
    _require(bool(block["elements"]), "a context is empty")
    _check_count("context elements", block["elements"], CONTEXT_ELEMENTS)
    for element in block["elements"]:
        _check_text("context", element, SECTION)


def _check_actions(block: Mapping[str, Any]) -> None:
    _require(bool(block["elements"]), "actions are empty")
    _check_count("actions", block["elements"], ACTION_ELEMENTS)


def _check_input(block: Mapping[str, Any]) -> None:
    _check_text("label", block["label"], INPUT_LABEL)
    if "hint" in block:
        _check_text("hint", block["hint"], INPUT_LABEL)


def _check_divider(_block: Mapping[str, Any]) -> None:
    """Accept a line: it has nothing to check."""


_BLOCK_CHECKS: Final[Mapping[str, Callable[[Mapping[str, Any]], None]]] = {
    "header": _check_header,
    "section": _check_section,
    "context": _check_context,
    "actions": _check_actions,
    "input": _check_input,
    "divider": _check_divider,
}


def _check_element(element: Mapping[str, Any]) -> None:
    _within("action_id", element.get("action_id", ""), ID)
    if "placeholder" in element:
        _check_text("placeholder", element["placeholder"], PLACEHOLDER)
    if element["type"] == "button":
        _check_text("button", element["text"], BUTTON_TEXT)
        _within("button value", element.get("value", ""), BUTTON_VALUE)
        _within("button url", element.get("url", ""), BUTTON_URL)
    if element["type"] == "plain_text_input":
        maximum = element.get("max_length", INPUT_VALUE)
        _require(maximum <= INPUT_VALUE, f"max_length {maximum} is over {INPUT_VALUE}")
        _within("initial value", element.get("initial_value", ""), maximum)
    if "confirm" in element:
        _check_confirm(element["confirm"])
    _check_options(element)


def _check_confirm(confirm: Mapping[str, Any]) -> None:
    _check_text("confirm title", confirm["title"], CONFIRM_TITLE)
    _check_text("confirm text", confirm["text"], CONFIRM_TEXT)
    _check_text("confirm button", confirm["confirm"], CONFIRM_BUTTON)
    _check_text("deny button", confirm["deny"], CONFIRM_BUTTON)


def _check_options(element: Mapping[str, Any]) -> None:
    options = list(element.get("options", ()))
    _check_count("options", options, OPTIONS)
    initial = element.get("initial_option")
    _require(initial is None or not options or initial in options, "initial_option is none of the options")
    for option in [*options, *([initial] if initial else [])]:
        _check_text("option", option["text"], OPTION_TEXT)
        _within("option value", option["value"], OPTION_VALUE)
        if "description" in option:
            _check_text("option description", option["description"], OPTION_TEXT)


def _elements(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if block["type"] == "actions":
        yield from block["elements"]
    for part in ("element", "accessory"):
        if part in block:
            yield block[part]


def _check_text(what: str, text: Mapping[str, Any], limit: int) -> None:
    _within(what, text["text"], limit)
    _require(text["text"] != "", f"{what} is empty")


def _check_count(what: str, items: Sequence[object], limit: int) -> None:
    _require(len(items) <= limit, f"{len(items)} {what}, Slack takes {limit}")


def _check_unique(what: str, values: Sequence[str]) -> None:
    _require(len(values) == len(set(values)), f"a {what} is used twice: {sorted(values)}")


def _within(what: str, text: str, limit: int) -> None:
    _require(len(text) <= limit, f"{what} has {len(text)} characters, Slack takes {limit}: {text[:60]!r}")


def _require(is_met: bool, message: str) -> None:  # noqa: FBT001 - reads as a sentence: require(condition, else)
    if not is_met:
        raise LimitError(message)
