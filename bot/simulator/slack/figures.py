"""Blocks that show figures and rich text: tables, charts, cards, and the rich text inside them.

Source of the numbers: Slack, "Block Kit reference" (data_table, data_visualization, table, card), read 2026-11-22.
"""

from typing import Any

from bot.simulator.slack.composition import BLOCK_ID, SLACK_FILE, TYPE, URL, text
from bot.simulator.slack.elements import BUTTON, IMAGE
from bot.simulator.slack.schema import (
    Check,
    Report,
    anything,
    array,
    boolean,
    integer,
    lazily,
    number,
    one_of,
    shape,
    string,
    typed,
)

_STYLE = {"style": anything}
_RICH_LEAF = typed(
    {
        "text": shape({"type": TYPE, "text": string(12000)}, _STYLE),
        "link": shape({"type": TYPE, "url": URL}, {"text": string(3000), "unsafe": boolean, **_STYLE}),
        "emoji": shape({"type": TYPE, "name": string(100)}, {"unicode": string(100), **_STYLE}),
        "user": shape({"type": TYPE, "user_id": string(50)}, _STYLE),
        "channel": shape({"type": TYPE, "channel_id": string(50)}, _STYLE),
        "usergroup": shape({"type": TYPE, "usergroup_id": string(50)}, _STYLE),
        "broadcast": shape({"type": TYPE, "range": one_of("here", "channel", "everyone")}, _STYLE),
        "date": shape(
            {"type": TYPE, "timestamp": integer(0, 9_999_999_999), "format": string(255)},
            {"url": URL, "fallback": string(255), **_STYLE},
        ),
        "color": shape({"type": TYPE, "value": string(20)}, _STYLE),
    }
)
_LEAVES = array(_RICH_LEAF, 1000, least=0)
_BORDER = {"border": integer(0, 1)}
_RICH_SECTION = shape({"type": TYPE, "elements": _LEAVES})
RICH_TEXT = shape(
    {
        "type": TYPE,
        "elements": array(
            typed(
                {
                    "rich_text_section": _RICH_SECTION,
                    "rich_text_preformatted": shape({"type": TYPE, "elements": _LEAVES}, _BORDER),
                    "rich_text_quote": shape({"type": TYPE, "elements": _LEAVES}, _BORDER),
                    "rich_text_list": shape(
                        {
                            "type": TYPE,
                            "style": one_of("bullet", "ordered"),
                            "elements": array(typed({"rich_text_section": _RICH_SECTION}), 1000),
                        },
                        {"indent": integer(0, 8), "offset": integer(0, 100_000), **_BORDER},
                    ),
                }
            ),
            1000,
        ),
    },
    {"block_id": BLOCK_ID},
)

_CELL = typed(
    {
        "raw_text": shape({"type": TYPE, "text": string(3000, 0)}),
        "raw_number": shape({"type": TYPE, "value": number}, {"text": string(100)}),
        "rich_text": RICH_TEXT,
    }
)
_COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})
_FEW_CELLS = array(_CELL, 20)


def _equal_rows(block: Any, pointer: str, report: Report) -> None:
    if len({len(row) for row in block["rows"]}) != 1:
        report.add(f"{pointer}/rows", "every row must have the same number of cells")


def _plain_header(block: Any, pointer: str, report: Report) -> None:
    if any(cell["type"] == "rich_text" for cell in block["rows"][0]):
        report.add(f"{pointer}/rows/0", "the header row must not hold rich_text")


TABLE = shape(
    {"type": TYPE, "rows": array(_FEW_CELLS, 100)},
    {"block_id": BLOCK_ID, "column_settings": array(_COLUMN, 20)},
)
# Sources disagree between 101 and 201 rows; the smaller is the safe reading.
DATA_TABLE = shape(
    {"type": TYPE, "caption": string(255), "rows": array(_FEW_CELLS, 101, least=2)},
    {"block_id": BLOCK_ID, "page_size": integer(1, 100), "row_header_column_index": integer(0, 19)},
    _equal_rows,
    _plain_header,
)

_POINT = shape({"label": string(20), "value": number})
_SERIES = shape({"name": string(20), "data": array(_POINT, 20)})
_AXES = shape({"categories": array(string(20), 20)}, {"x_label": string(50), "y_label": string(50)})


def _above_zero(value: Any, pointer: str, report: Report) -> None:
    number(value, pointer, report)
    if isinstance(value, int | float) and value <= 0:
        report.add(pointer, "must be greater than 0")


def _one_point_per_category(chart: Any, pointer: str, report: Report) -> None:
    categories = chart["axis_config"]["categories"]
    for index, series in enumerate(chart["series"]):
        if sorted(point["label"] for point in series["data"]) != sorted(categories):
            report.add(f"{pointer}/series/{index}", "every series needs exactly one point per category")


_AXIS_CHART: Check = shape(
    {"type": TYPE, "series": array(_SERIES, 6), "axis_config": _AXES}, {}, _one_point_per_category
)
_PIE = shape(
    {"type": TYPE, "segments": array(shape({"label": string(20), "value": _above_zero}), 6)},
)
DATA_VISUALIZATION = shape(
    {
        "type": TYPE,
        "title": string(50),
        "chart": typed({"line": _AXIS_CHART, "bar": _AXIS_CHART, "area": _AXIS_CHART, "pie": _PIE}),
    },
    {"block_id": BLOCK_ID},
)

CARD = shape(
    {"type": TYPE},
    {
        "block_id": BLOCK_ID,
        "hero_image": IMAGE,
        "icon": IMAGE,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": array(typed({"button": BUTTON}), 3),
        "slack_icon": SLACK_FILE,
    },
)
CAROUSEL = shape({"type": TYPE, "elements": array(typed({"card": CARD}), 10)}, {"block_id": BLOCK_ID})

_STATUS = one_of("pending", "in_progress", "complete", "error")
TASK_CARD = shape(
    {"type": TYPE, "task_id": string(255), "title": string(255), "status": _STATUS},
    {"block_id": BLOCK_ID, "details": lazily(lambda: RICH_TEXT), "output": RICH_TEXT, "sources": anything},
)
PLAN = shape(
    {"type": TYPE, "title": string(255)},
    {"block_id": BLOCK_ID, "tasks": array(typed({"task_card": TASK_CARD}), 50)},
)
