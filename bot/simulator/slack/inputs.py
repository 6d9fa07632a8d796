"""What a person can enter, element by element: the shape in `state.values`, and what the client itself refuses.

Source of the shapes: Slack, "Block elements" and "View submission payloads", read 2026-11-22.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.simulator.slack.blocks import Block, parts, walk
from bot.simulator.slack.composition import offered_options
from bot.simulator.slack.elements import DATE, NUMBER, TIME, UNIX_SECONDS
from bot.simulator.slack.errors import PersonRefusedError
from bot.simulator.slack.files import Files, extension
from bot.simulator.slack.schema import Report
from bot.simulator.slack.state import Channel, Json

LARGEST_FILE = 10_000_000  # bytes
MOST_CHOICES = 100
MISSING = "Please complete this required field."


@dataclass(frozen=True, slots=True)
class Kind:
    """How an element type shows its value: its key in the state, the key of its initial value, whether it is a list."""

    key: str
    initial: str
    is_many: bool = False


KINDS = {
    **{
        kind: Kind("value", "initial_value")
        for kind in ("plain_text_input", "email_text_input", "url_text_input", "number_input")
    },
    **{
        kind: Kind("selected_option", "initial_option")
        for kind in ("static_select", "external_select", "radio_buttons", "overflow")
    },
    **{
        kind: Kind("selected_options", "initial_options", is_many=True)
        for kind in ("multi_static_select", "multi_external_select", "checkboxes")
    },
    "users_select": Kind("selected_user", "initial_user"),
    "conversations_select": Kind("selected_conversation", "initial_conversation"),
    "channels_select": Kind("selected_channel", "initial_channel"),
    "multi_users_select": Kind("selected_users", "initial_users", is_many=True),
    "multi_conversations_select": Kind("selected_conversations", "initial_conversations", is_many=True),
    "multi_channels_select": Kind("selected_channels", "initial_channels", is_many=True),
    "datepicker": Kind("selected_date", "initial_date"),
    "timepicker": Kind("selected_time", "initial_time"),
    "datetimepicker": Kind("selected_date_time", "initial_date_time"),
    "rich_text_input": Kind("rich_text_value", "initial_value"),
    "file_input": Kind("files", "initial_files", is_many=True),
}


def stateful(blocks: list[Block]) -> Iterator[tuple[Block, Block]]:
    """Visit each block that holds something with a value, together with that element."""
    for block in walk(blocks):
        for part in parts(block):
            if part["type"] in KINDS and part["type"] != "overflow":
                yield block, part


def initial_value(element: Block, origin: str | None = None) -> Json:
    """Return the state of an element nobody has touched; `origin` is the channel the view was opened from."""
    kind = KINDS[element["type"]]
    value = element.get(kind.initial, [] if kind.is_many else None)
    if element.get("default_to_current_conversation") and not value and origin:
        value = [origin] if kind.is_many else origin
    zone = {"timezone": element["timezone"]} if "timezone" in element else {}
    return {"type": element["type"], kind.key: value, **zone}


def state_values(blocks: list[Block], typed: dict[str, dict[str, Json]], origin: str | None = None) -> Json:
    """Assemble `state.values`: every stateful element, touched or not."""
    values: Json = {}
    for block, part in stateful(blocks):
        touched = typed.get(block["block_id"], {}).get(part["action_id"])
        values.setdefault(block["block_id"], {})[part["action_id"]] = touched or initial_value(part, origin)
    return values


def is_empty(value: Json) -> bool:
    """Whether an element's state holds nothing."""
    return value[KINDS[value["type"]].key] in (None, "", [])


@dataclass(slots=True)
class Keyboard:
    """Turns what a person enters into an element's state. Raises PersonRefusedError for what cannot be entered."""

    files: Files

    def enter(self, element: Block, wanted: Any, offered: list[Json]) -> Json:
        """Return the state of `element` after entering `wanted`; nothing empties it, `offered` are fetched options."""
        kind = KINDS[element["type"]]
        if wanted is None or wanted == "":
            return {"type": element["type"], kind.key: [] if kind.is_many else None}
        if kind.is_many:
            self._refuse_too_many(element, wanted)
            value: Any = [self._one(element, item, offered) for item in wanted]
        else:
            value = self._one(element, wanted, offered)
        return {**initial_value(element), kind.key: value}

    def _one(self, element: Block, wanted: Any, offered: list[Json]) -> Any:
        kind = element["type"]
        if "selected_option" in KINDS[kind].key:
            return _option(offered_options(element) or offered, wanted)
        if kind.endswith(("users_select", "conversations_select", "channels_select")):
            return self._place_or_person(element, wanted)
        if kind == "file_input":
            return self._file(element, wanted)
        if kind == "rich_text_input":
            return _rich_text(wanted)
        return _written(element, wanted)

    @staticmethod
    def _refuse_too_many(element: Block, wanted: Any) -> None:
        if not isinstance(wanted, list | tuple):
            raise PersonRefusedError(f"{element['type']} takes a list of values, not {wanted!r}")
        most = element.get("max_selected_items") or element.get("max_files") or MOST_CHOICES
        if len(wanted) > most:
            raise PersonRefusedError(f"{element['type']} takes {most} values at most, not {len(wanted)}")

    def _place_or_person(self, element: Block, wanted: Any) -> str:
        workspace = self.files.workspace
        channel = workspace.channels.get(wanted)
        known = {
            "users_select": wanted in workspace.users,
            "channels_select": channel is not None and channel.kind == "public" and not channel.is_archived,
            "conversations_select": channel is not None and _passes(element.get("filter", {}), channel),
        }
        if not known[element["type"].removeprefix("multi_")]:
            raise PersonRefusedError(f"{element['type']} does not offer {wanted!r}")
        return str(wanted)

    def _file(self, element: Block, wanted: Any) -> Json:
        file = self.files.workspace.files.get(wanted)
        if file is None or not file.is_complete:
            raise PersonRefusedError(f"there is no uploaded file {wanted!r}")
        if len(file.content) > LARGEST_FILE:
            raise PersonRefusedError(f"{file.name} has {len(file.content)} bytes, a file input takes {LARGEST_FILE}")
        allowed = element.get("filetypes")
        if allowed and extension(file.name) not in allowed:
            raise PersonRefusedError(f"{file.name} is not of the types {', '.join(allowed)}")
        return self.files.as_json(file)


def complaint(block: Block, value: Json) -> str | None:
    """Return what the client writes under an input that must not be submitted like this, or None."""
    element, content = block["element"], value[KINDS[value["type"]].key]
    if is_empty(value):
        return None if block.get("optional") else MISSING
    if value["type"] == "plain_text_input":
        return _length_complaint(element, content)
    if value["type"] == "number_input":
        return _number_complaint(element, content)
    if value["type"] == "email_text_input" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", content):
        return "Please enter a valid email address."
    if value["type"] == "url_text_input" and not re.match(r"https?://\S+$", content):
        return "Please enter a valid URL."
    return None


def _length_complaint(element: Block, content: str) -> str | None:
    if len(content) > element.get("max_length", 3000):
        return f"Please enter {element.get('max_length', 3000)} characters at most."
    if len(content) < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    return None


def _number_complaint(element: Block, content: str) -> str | None:
    if not _accepts(NUMBER, content) or ("." in content and not element["is_decimal_allowed"]):
        return "Please enter a valid number."
    lowest, highest = element.get("min_value", "-inf"), element.get("max_value", "inf")
    return None if float(lowest) <= float(content) <= float(highest) else f"Please enter {lowest} to {highest}."


def _option(offered: list[Json], wanted: Any) -> Json:
    for option in offered:
        if option["value"] == wanted:
            return option
    listed = ", ".join(option["value"] for option in offered) or "nothing"
    raise PersonRefusedError(f"the option {wanted!r} is not offered, only {listed}")


def _passes(wanted: Json, channel: Channel) -> bool:
    kinds = wanted.get("include", ["im", "mpim", "private", "public"])
    hidden = wanted.get("exclude_external_shared_channels") and channel.is_ext_shared
    return channel.kind in kinds and not hidden and not channel.is_archived


def _rich_text(wanted: Any) -> Json:
    if isinstance(wanted, dict):
        return wanted
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": str(wanted)}]}
    return {"type": "rich_text", "elements": [section]}


def _written(element: Block, wanted: Any) -> Any:
    shapes = {"datepicker": DATE, "timepicker": TIME, "datetimepicker": UNIX_SECONDS}
    check = shapes.get(element["type"])
    if check is None:
        return str(wanted)
    if not _accepts(check, wanted):
        raise PersonRefusedError(f"{element['type']} cannot show {wanted!r}")
    return wanted


def _accepts(check: Any, value: Any) -> bool:
    report = Report()
    check(value, "", report)
    return not report.problems
