"""The App Home of one person: what waits for them, their campaigns, and how the sender numbers are doing."""

from collections.abc import Sequence

from bot.domain.sheet import CampaignLine, HomeSheet, NumberHealth
from bot.slack import ids
from bot.slack.views import campaign_lines
from bot.slack.views.parts import Block, context, divider, header, link_button, section
from bot.slack.views.phrases import date, line, number, people

_SHOWN = 10
_QUALITY = {"GREEN": "🟢 high", "YELLOW": "🟡 medium", "RED": "🔴 low"}


def home(sheet: HomeSheet) -> Block:
    """Build the Home tab."""
    return {
        "type": "home",
        "callback_id": ids.HOME,
        "blocks": [
            header("Waiting for my decision"),
            *_lines("waiting", sheet.waiting, "Nothing waits for you.", sheet.timezone),
            divider(),
            header("My campaigns"),
            *_lines("mine", sheet.mine, "You have no campaigns yet. `/campaign new` starts one.", sheet.timezone),
            divider(),
            header("Sender health"),
            *(section(_number(one, sheet)) for one in sheet.numbers[:_SHOWN]),
            *([] if sheet.numbers else [section("No sender number is set up.")]),
            context(f"As of {date(sheet.now, sheet.timezone)}. Open this tab again for newer figures."),
        ],
    }


def _lines(place: str, lines: Sequence[CampaignLine], if_none: str, zone: str) -> list[Block]:
    if not lines:
        return [section(if_none)]
    blocks = [
        section(campaign_lines.describe(one, zone), accessory=_open(one, ids.open_key(place, index)))
        for index, one in enumerate(lines[:_SHOWN])
    ]
    more = len(lines) - _SHOWN
    return [*blocks, context(f"… and {number(more)} more in `/campaign list`")] if more > 0 else blocks


def _open(one: CampaignLine, action_id: str) -> Block | None:
    return link_button("Open the card", action_id, one.link) if one.link else None


def _number(one: NumberHealth, sheet: HomeSheet) -> str:
    room = "no daily limit" if one.messaging_limit is None else f"of {number(one.messaging_limit)} allowed"
    pace = f"Pace {number(round(one.pace))} of {number(one.granted_mps)} messages a second"
    rows = [
        f"*{line(one.display, 80)}*",
        f"{pace} · Quality {_QUALITY.get(one.quality, 'not rated yet')}",
        f"{people(one.messaged_24h)} messaged in 24 hours, {room}",
    ]
    return "\n".join([*rows, *_stops(one, sheet)])


def _stops(one: NumberHealth, sheet: HomeSheet) -> list[str]:
    rows = []
    if one.blocked:
        rows.append(f"⛔ Nothing leaves: {line(one.blocked, 300)}")
    if one.rests_until is not None and one.rests_until > sheet.now:
        rows.append(f"⏳ Resting until {date(one.rests_until, sheet.timezone)}, because Meta asked to slow down")
    if one.in_doubt:
        rows.append(f"❓ {number(one.in_doubt)} in doubt: somebody has to decide on the campaign's card")
    return rows
