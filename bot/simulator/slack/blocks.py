"""Judges a list of blocks as Slack does: which block may stand on which surface, every limit, every duplicate.

Source of the numbers: Slack, "Block Kit reference", read 2026-11-22, and bolt-js issue 2509 for the total size.
"""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from bot.simulator.slack import elements, figures
from bot.simulator.slack.composition import BLOCK_ID, SLACK_FILE, TYPE, URL, mrkdwn, plain, text
from bot.simulator.slack.errors import SlackError
from bot.simulator.slack.schema import (
    Check,
    Report,
    anything,
    array,
    at_least_one,
    boolean,
    exactly_one,
    integer,
    lazily,
    one_of,
    shape,
    string,
    typed,
)

Block = dict[str, Any]

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
LONGEST_MESSAGE = 13_200  # characters of all blocks together; measured by users, not documented
LONGEST_MARKDOWN = 12_000
LONGEST_TABLES = 10_000
_UNTOUCHABLE = {"image", "plain_text", "mrkdwn"}


def _block(required: dict[str, Check], optional: dict[str, Check] | None = None, *rules: Check) -> Check:
    return shape({"type": TYPE, **required}, {"block_id": BLOCK_ID, **(optional or {})}, *rules)


def _file_input_needs_modal(block: Any, pointer: str, report: Report) -> None:
    if block["element"]["type"] != "file_input":
        return
    if report.surface != "modal":
        report.add(f"{pointer}/element/type", "unsupported type: file_input")
    if block.get("dispatch_action"):
        report.add(f"{pointer}/dispatch_action", "dispatch_action must not be true for file_input")


_CONTEXT_ITEM = typed({"image": elements.IMAGE, "plain_text": plain(3000), "mrkdwn": mrkdwn(3000)})
_FEEDBACK = shape({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})
_CONTEXT_ACTION = typed(
    {
        "feedback_buttons": shape(
            {"type": TYPE, "positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, {"action_id": string(255)}
        ),
        "icon_button": shape(
            {"type": TYPE, "icon": one_of("trash"), "text": plain(75)},
            {
                "action_id": string(255),
                "value": string(2000),
                "accessibility_label": string(75),
                "confirm": anything,
                "visible_to_user_ids": array(string(50), 100),
            },
        ),
    }
)
_LAYOUT_ITEM = shape(
    {"blocks": array(lazily(lambda: typed(_NESTED)), 20)}, {"width": one_of("narrow", "standard", "wide")}
)
_NESTED: dict[str, Check] = {
    "header": _block({"text": plain(150)}, {"level": integer(1, 4)}),
    "section": _block(
        {},
        {
            "text": text(3000),
            "fields": array(text(2000), 10),
            "accessory": elements.SECTION_ACCESSORY,
            "expand": boolean,
        },
        at_least_one("text", "fields"),
    ),
    "divider": _block({}),
    "context": _block({"elements": array(_CONTEXT_ITEM, 10)}),
    "actions": _block({"elements": array(elements.ACTIONS_ELEMENT, 25)}),
    "image": _block(
        {"alt_text": string(2000)},
        {"image_url": URL, "slack_file": SLACK_FILE, "title": plain(2000)},
        exactly_one("image_url", "slack_file"),
    ),
    "rich_text": figures.RICH_TEXT,
}
_INPUT = _block(
    {"label": plain(2000), "element": elements.INPUT_ELEMENT},
    {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    _file_input_needs_modal,
)
_LAYOUT = _block(
    {"label": string(150), "rows": array(array(_LAYOUT_ITEM, 5), 5)},
    {
        "grid_lines": one_of("none", "rows", "outer"),
        "is_label_visible": boolean,
        "fallback": array(lazily(lambda: typed(_NESTED)), 50),
    },
)
_CONTAINER = _block(
    {"child_blocks": array(typed({**_NESTED, "table": figures.TABLE}), 10)},
    {
        "title": plain(150),
        "rich_text_title": figures.RICH_TEXT,
        "is_collapsible": boolean,
        "default_collapsed": boolean,
        "has_header_divider": boolean,
        "width": one_of("narrow", "standard", "wide", "full"),
    },
    exactly_one("title", "rich_text_title"),
)
_ALERT = _block({"text": text(3000)}, {"level": one_of("default", "info", "warning", "error", "success")})

SURFACES: dict[str, Check] = {
    "message": typed(
        {
            **_NESTED,
            "markdown": _block({"text": string(LONGEST_MARKDOWN)}),
            "table": figures.TABLE,
            "data_table": figures.DATA_TABLE,
            "data_visualization": figures.DATA_VISUALIZATION,
            "layout": _LAYOUT,
            "container": _CONTAINER,
            "card": figures.CARD,
            "carousel": figures.CAROUSEL,
            "task_card": figures.TASK_CARD,
            "plan": figures.PLAN,
            "context_actions": _block({"elements": array(_CONTEXT_ACTION, 5)}),
        }
    ),
    "modal": typed({**_NESTED, "input": _INPUT, "alert": _ALERT, "layout": _LAYOUT}),
    "home": typed({**_NESTED, "input": _INPUT, "layout": _LAYOUT, "container": _CONTAINER}),
}


def inspect(blocks: Any, surface: str, pointer: str = "/blocks") -> list[str]:
    """List everything Slack would complain about in these blocks on this surface; empty when they are sound."""
    report = Report(surface)
    array(SURFACES[surface], MOST_BLOCKS[surface], least=0)(blocks, pointer, report)
    if not report.problems:
        _count_nested(blocks, pointer, report)
        _refuse_duplicates(blocks, pointer, report)
    return report.problems


def check_message_blocks(blocks: list[Any]) -> None:
    """Raise what chat.postMessage and chat.update answer for these blocks.

    Raises SlackError `invalid_blocks`, `invalid_attachments` (a second table) or `msg_blocks_too_long`.
    """
    if problems := inspect(blocks, "message") or _message_totals(blocks):
        raise SlackError("invalid_blocks", errors=problems, messages=problems)
    if _count(blocks, "table") > 1:
        raise SlackError("invalid_attachments", messages=["only_one_table_allowed"])
    if len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > LONGEST_MESSAGE:
        raise SlackError("msg_blocks_too_long")


def walk(blocks: list[Block]) -> Iterator[Block]:
    """Visit each block, and the blocks inside layouts, containers and carousels, in reading order."""
    for block in blocks:
        yield block
        yield from walk(block["elements"]) if block["type"] == "carousel" else ()
        yield from walk(block.get("child_blocks", []))
        for row in block.get("rows", []) if block["type"] == "layout" else []:
            for item in row:
                yield from walk(item["blocks"])


def parts(block: Block) -> list[Block]:
    """List the elements a person can touch in one block: buttons, selects, inputs."""
    return [part for part in _elements(block) if "action_id" in part]


def _elements(block: Block) -> list[Block]:
    if block["type"] in {"carousel", "rich_text"}:
        return []
    candidates = [*block.get("elements", []), block.get("accessory"), block.get("element"), *block.get("actions", [])]
    return [part for part in candidates if isinstance(part, dict)]


def complete(blocks: list[Block], new_id: Callable[[str], str]) -> list[Block]:
    """Copy blocks, giving a block_id and action_ids where the app left them out, as Slack does on receipt."""
    copied: list[Block] = copy.deepcopy(blocks)
    for block in walk(copied):
        block.setdefault("block_id", new_id("blk"))
        for part in _elements(block):
            if part.get("type") not in _UNTOUCHABLE:
                part.setdefault("action_id", new_id("act"))
    return copied


def _count(blocks: list[Block], kind: str) -> int:
    return sum(block["type"] == kind for block in walk(blocks))


def _count_nested(blocks: list[Block], pointer: str, report: Report) -> None:
    most = MOST_BLOCKS[report.surface]
    if sum(1 for _ in walk(blocks)) > most:
        report.add(pointer, f"no more than {most} items allowed, nested blocks included")


def _refuse_duplicates(blocks: list[Block], pointer: str, report: Report) -> None:
    """Complain of a block_id used twice in the payload, and of an action_id used twice in one block."""
    seen: set[str] = set()
    for block in walk(blocks):
        block_id = block.get("block_id")
        if block_id in seen:
            report.add(pointer, f"block_id `{block_id}` already exists")
        seen |= {block_id} if block_id else set()
        action_ids = [part["action_id"] for part in parts(block)]
        for action_id in sorted({one for one in action_ids if action_ids.count(one) > 1}):
            report.add(pointer, f"`action_id` `{action_id}` already exists for `block_id` `{block_id}`")


def _message_totals(blocks: list[Block]) -> list[str]:
    report = Report()
    if _count(blocks, "data_visualization") > 2:  # noqa: PLR2004  Slack's number, named in the sentence below
        report.add("/blocks", "no more than 2 data_visualization blocks allowed")
    if sum(len(block.get("text", "")) for block in blocks if block["type"] == "markdown") > LONGEST_MARKDOWN:
        report.add("/blocks", f"markdown blocks must be less than {LONGEST_MARKDOWN + 1} characters in total")
    tables = [block.get("rows") for block in blocks if block["type"] in {"table", "data_table"}]
    if sum(len(cell) for cell in _cell_texts(tables)) > LONGEST_TABLES:
        report.add("/blocks", f"tables must be less than {LONGEST_TABLES + 1} characters in total")
    return report.problems


def _cell_texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from [str(node["text"])] if isinstance(node.get("text"), str) else []
        yield from (text for value in node.values() for text in _cell_texts(value))
    elif isinstance(node, list):
        yield from (text for value in node for text in _cell_texts(value))
