"""Renders messages and views as plain text, so that a test or a terminal can read a card."""

import re
from collections.abc import Iterator
from typing import Any

from bot.simulator.slack.blocks import Block
from bot.simulator.slack.inputs import KINDS
from bot.simulator.slack.state import Message, View

_LINK = re.compile(r"<(?:[^|>]*\|)?([^|>]*)>")  # <target|label> or <target>


def render(shown: Message | View) -> str:
    """Flatten a message, a modal or a home to lines of text; a message without blocks is its top-level text."""
    if isinstance(shown, View):
        title = shown.body.get("title", {}).get("text", "")
        return "\n".join(filter(None, [title, *_lines(shown.blocks)]))
    return "\n".join(_lines(shown.blocks)) if shown.blocks else plain(shown.text)


def plain(mrkdwn: str) -> str:
    """Replace links, mentions and dates by what a reader sees."""
    return _LINK.sub(r"\1", mrkdwn)


def _lines(blocks: list[Block]) -> Iterator[str]:
    for block in blocks:
        if block["type"] == "layout":
            yield block["label"]
            yield from (line for row in block["rows"] for item in row for line in _lines(item["blocks"]))
        elif block["type"] == "carousel":
            yield from _lines(block["elements"])
        else:
            yield from filter(None, _block(block))


def _block(block: Block) -> Iterator[str]:
    kind = block["type"]
    if kind == "divider":
        yield "---"
    elif kind in {"table", "data_table"}:
        yield block.get("caption", "")
        yield from (" | ".join(_words(cell) for cell in row) for row in block["rows"])
    elif kind == "data_visualization":
        yield from _chart(block)
    elif kind in {"actions", "context_actions"}:
        yield " ".join(_element(element) for element in block["elements"])
    elif kind == "input":
        yield f"{_words(block['label'])}: {_element(block['element'])}"
    else:
        yield from _prose(block)


def _prose(block: Block) -> Iterator[str]:
    for key in ("title", "subtitle", "text", "body", "alt_text"):
        yield _words(block.get(key))
    yield from (_words(field) for field in block.get("fields", []))
    yield " ".join(_words(element) for element in block.get("elements", []))
    yield _element(block["accessory"]) if "accessory" in block else ""
    yield " ".join(_element(element) for element in block.get("actions", []))
    yield from _lines(block.get("child_blocks", []))


def _chart(block: Block) -> Iterator[str]:
    yield block["title"]
    chart = block["chart"]
    for series in chart.get("series", []):
        points = ", ".join(f"{point['label']} {point['value']}" for point in series["data"])
        yield f"{series['name']}: {points}"
    yield ", ".join(f"{segment['label']} {segment['value']}" for segment in chart.get("segments", []))


def _element(element: Block) -> str:
    kind = element["type"]
    if kind == "image":
        return _words(element)
    if kind not in KINDS:
        return f"[{_words(element.get('text'))}]"
    value = element.get(KINDS[kind].initial)
    return f"<{_words(value) or _words(element.get('placeholder')) or kind}>"


def _words(node: Any) -> str:
    """Read the text of anything that has some: text objects, options, cells, rich text, plain values."""
    if isinstance(node, list):
        return " ".join(filter(None, (_words(item) for item in node)))
    if not isinstance(node, dict):
        return "" if node is None else plain(str(node))
    for key in ("text", "elements", "alt_text", "value", "name", "url", "user_id", "fallback"):
        if key in node:
            return _words(node[key])
    return ""
