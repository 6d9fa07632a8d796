"""The blocks every view is put together from, with Slack's limits applied where they are built."""

from collections.abc import Iterable, Sequence
from typing import Any

from bot.slack import limits
from bot.slack.limits import clip

Block = dict[str, Any]


def plain_text(text: str, limit: int) -> Block:
    """Make a text in which nothing is formatted."""
    return {"type": "plain_text", "text": clip(text, limit), "emoji": True}


def mrkdwn(text: str, limit: int = limits.SECTION) -> Block:
    """Make a formatted text. `verbatim` keeps Slack from turning typed words such as @here into mentions."""
    return {"type": "mrkdwn", "text": clip(text, limit), "verbatim": True}


def header(text: str) -> Block:
    """Make a headline."""
    return {"type": "header", "text": plain_text(text, limits.HEADER)}


def section(text: str, *, accessory: Block | None = None) -> Block:
    """Make a paragraph, with a button beside it if given."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return {**block, "accessory": accessory} if accessory else block


def fields(pairs: Iterable[tuple[str, str]]) -> list[Block]:
    """Make two columns of labels, each with its value below; as many sections as ten a section need."""
    texts = [mrkdwn(f"*{label}*\n{value}", limits.FIELD) for label, value in pairs]
    starts = range(0, len(texts), limits.FIELDS)
    return [{"type": "section", "fields": texts[start : start + limits.FIELDS]} for start in starts]


def context(*texts: str, block_id: str | None = None) -> Block:
    """Make a small grey line."""
    block: Block = {"type": "context", "elements": [mrkdwn(text) for text in texts[: limits.CONTEXT_ELEMENTS]]}
    return {**block, "block_id": block_id} if block_id else block


def divider() -> Block:
    """Make a line between parts."""
    return {"type": "divider"}


def actions(buttons: Sequence[Block], *, block_id: str) -> list[Block]:
    """Make a row of buttons; no buttons, no row."""
    return [{"type": "actions", "block_id": block_id, "elements": list(buttons)}] if buttons else []


def button(text: str, action_id: str, value: str, *, style: str | None = None, confirm: Block | None = None) -> Block:
    """Make a button. `style` is primary or danger."""
    element: Block = {
        "type": "button",
        "action_id": action_id,
        "text": plain_text(text, limits.BUTTON_TEXT),
        "value": value,
    }
    if style:
        element["style"] = style
    if confirm:
        element["confirm"] = confirm
    return element


def link_button(text: str, action_id: str, url: str) -> Block:
    """Make a button that opens an address."""
    label = plain_text(text, limits.BUTTON_TEXT)
    return {"type": "button", "action_id": action_id, "text": label, "url": url}


def confirm_dialog(title: str, text: str, *, yes: str, no: str) -> Block:
    """Make the question Slack asks before it reports a click."""
    return {
        "title": plain_text(title, limits.CONFIRM_TITLE),
        "text": plain_text(text, limits.CONFIRM_TEXT),
        "confirm": plain_text(yes, limits.CONFIRM_BUTTON),
        "deny": plain_text(no, limits.CONFIRM_BUTTON),
        "style": "danger",
    }


def option(text: str, value: str, description: str = "") -> Block:
    """Make one choice of a select."""
    made: Block = {"text": plain_text(text, limits.OPTION_TEXT), "value": value}
    return {**made, "description": plain_text(description, limits.OPTION_TEXT)} if description else made


def text_field(*, max_length: int, initial: str = "", placeholder: str = "", multiline: bool = False) -> Block:
    """Make a box for text; give it to `field`."""
    element: Block = {"type": "plain_text_input", "max_length": max_length, "multiline": multiline}
    if initial:
        element["initial_value"] = initial[:max_length]
    return _with_placeholder(element, placeholder)


def select(options: Sequence[Block], *, initial: str, kind: str = "static_select") -> Block:
    """Make a choice among `options`, the one with the value `initial` chosen."""
    chosen = next((one for one in options if one["value"] == initial), options[0])
    return {"type": kind, "options": list(options), "initial_option": chosen}


def search_select(*, placeholder: str, initial: Block | None) -> Block:
    """Make a choice whose options come from us while the person types."""
    element: Block = {"type": "external_select", "min_query_length": 0}
    if initial:
        element["initial_option"] = initial
    return _with_placeholder(element, placeholder)


def field(
    input_id: str, label: str, element: Block, *, hint: str = "", optional: bool = False, dispatch: bool = False
) -> Block:
    """Make an input whose `block_id` and `action_id` are both `input_id`; `dispatch` reports each choice at once."""
    block: Block = {
        "type": "input",
        "block_id": input_id,
        "label": plain_text(label, limits.INPUT_LABEL),
        "element": {**element, "action_id": input_id},
        "optional": optional,
    }
    if hint:
        block["hint"] = plain_text(hint, limits.INPUT_LABEL)
    if dispatch:
        block["dispatch_action"] = True
    return block


def modal(
    title: str, blocks: Sequence[Block], *, callback_id: str, submit: str | None = None, metadata: str = ""
) -> Block:
    """Make a modal; without `submit` it only informs."""
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain_text(title, limits.MODAL_TITLE),
        "close": plain_text("Cancel" if submit else "Close", limits.MODAL_TITLE),
        "private_metadata": metadata,
        "blocks": list(blocks),
    }
    if submit:
        view["submit"] = plain_text(submit, limits.MODAL_TITLE)
    return view


def _with_placeholder(element: Block, placeholder: str) -> Block:
    if not placeholder:
        return element
    return {**element, "placeholder": plain_text(placeholder, limits.PLACEHOLDER)}
