"""Block Kit's composition objects: text, option, option group, confirmation, with Slack's limits.

Source of the numbers: Slack, "Block Kit reference", read 2026-11-22.
"""

from typing import Any

from bot.simulator.slack.schema import (
    Check,
    Report,
    array,
    boolean,
    exactly_one,
    one_of,
    shape,
    string,
    typed,
)

BLOCK_ID = string(255)
ACTION_ID = string(255)
URL = string(3000)
TYPE = string(255)


def plain(longest: int) -> Check:
    """Accept a plain_text object of 1 to `longest` characters."""
    return shape({"type": one_of("plain_text"), "text": string(longest)}, {"emoji": boolean})


def mrkdwn(longest: int) -> Check:
    """Accept a mrkdwn object of 1 to `longest` characters."""
    return shape({"type": one_of("mrkdwn"), "text": string(longest)}, {"verbatim": boolean})


def text(longest: int) -> Check:
    """Accept either kind of text object."""
    return typed({"plain_text": plain(longest), "mrkdwn": mrkdwn(longest)})


def option(label: Check, *, with_url: bool = False) -> Check:
    """Accept one option: text 75, value 150, description 75."""
    optional = {"description": label, **({"url": URL} if with_url else {})}
    return shape({"text": label, "value": string(150)}, optional)


PLAIN_OPTION = option(plain(75))
RICH_OPTION = option(text(75))
OPTIONS = array(PLAIN_OPTION, 100)
OPTION_GROUPS = array(shape({"label": plain(75), "options": OPTIONS}), 100)
OPTIONS_ANSWER = shape(
    {},
    {
        "options": array(PLAIN_OPTION, 100, least=0),
        "option_groups": array(shape({"label": plain(75), "options": array(PLAIN_OPTION, 100, least=0)}), 100, least=0),
    },
    exactly_one("options", "option_groups"),
)
CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
SLACK_FILE = shape({}, {"id": string(255), "url": URL}, exactly_one("id", "url"))
CONVERSATION_FILTER = shape(
    {},
    {
        "include": array(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)


def offered_options(element: dict[str, Any]) -> list[dict[str, Any]]:
    """List every option of a select, whether grouped or not."""
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *grouped]


def initial_is_offered(element: Any, pointer: str, report: Report) -> None:
    """Refuse initial options that are not among the options."""
    chosen = [*element.get("initial_options", [])]
    if "initial_option" in element:
        chosen.append(element["initial_option"])
    offered = [option["value"] for option in offered_options(element)]
    if any(option["value"] not in offered for option in chosen):
        report.add(pointer, "initial option must match one of the options exactly")
