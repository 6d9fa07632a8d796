"""The preview of an audience: whom it reaches, whom not and why, and what writing to it would take."""

from collections.abc import Mapping, Sequence

from bot.domain.audience import Audience, AudienceRule
from bot.domain.people_sheet import AudienceSheet
from bot.ports.chat import ChatMessage
from bot.slack.limits import clip
from bot.slack.views import reasons
from bot.slack.views.parts import context, fields, header, section
from bot.slack.views.phrases import at_most, code, duration, line, number, people, plain

_LISTED = 20
_MARKETS_SHOWN = 8


def audience_preview(sheet: AudienceSheet) -> ChatMessage:
    """Draw the waterfall and the estimates of an audience."""
    fall, name = sheet.waterfall, sheet.audience.name
    excluded: Mapping[str, int] = {str(reason): count for reason, count in fall.excluded.items()}
    samples: Mapping[str, Sequence[str]] = {str(reason): found for reason, found in fall.samples.items()}
    rows = [f"{number(fall.matched)} match the rule", *reasons.steps(excluded, samples)]
    blocks = [
        header(f"👥 {plain(name, 140)}"),
        context(f"Rule: {rule_words(sheet.audience.rule)}"),
        section("\n".join([*rows, f"= *{number(fall.will_be_sent)} will be sent*"])),
        *([section(f"*By country*\n{reasons.countries(fall.by_country)}")] if fall.by_country else []),
        *fields(_estimates(sheet)),
        context(f"List prices of {line(sheet.rate_card, 60)}, before tax; assumes every message is delivered."),
    ]
    text = f"{line(name, 100)}: {people(fall.will_be_sent)} of {number(fall.matched)} would be written to."
    return ChatMessage(text=text, blocks=blocks)


def audience_list(audiences: Sequence[Audience]) -> ChatMessage:
    """Answer `/audience list`."""
    if not audiences:
        text = "There are no audiences yet. `/audience new` saves one."
        return ChatMessage(text=text, blocks=[section(text)])
    rows = [f"👥 *{line(one.name, 80)}*: {clip(rule_words(one.rule), 300)}" for one in audiences[:_LISTED]]
    text = ", ".join(line(one.name, 80) for one in audiences[:_LISTED])
    note = context("`/audience preview NAME` shows whom one reaches and whom it leaves out.")
    return ChatMessage(text=text, blocks=[*(section(row) for row in rows), note])


def rule_words(rule: AudienceRule) -> str:
    """Write a rule as a sentence."""
    parts = [f"{label} {_values(values)}" for label, values in _rule_parts(rule) if values]
    if rule.not_messaged_days is not None:
        parts.append(f"not messaged in the last {number(rule.not_messaged_days)} days")
    return "; ".join(parts) or "everybody"


def _rule_parts(rule: AudienceRule) -> list[tuple[str, frozenset[str]]]:
    return [
        ("any tag of", rule.tags_any),
        ("all tags of", rule.tags_all),
        ("no tag of", rule.tags_none),
        ("country", rule.countries),
        ("language", rule.languages),
    ]


def _values(values: frozenset[str]) -> str:
    return ", ".join(reasons.some([code(value, 30) for value in sorted(values)], 10))


def _estimates(sheet: AudienceSheet) -> list[tuple[str, str]]:
    found = [("Cost", at_most(sheet.cost_ceiling, sheet.currency))]
    if sheet.duration_seconds is not None:
        pace = f", at {number(round(sheet.max_mps))} a second" if sheet.max_mps else ""
        found.append(("Takes", duration(sheet.duration_seconds) + pace))
    found.append(("Room today", _room(sheet)))
    markets = sorted(sheet.waterfall.by_market.items(), key=lambda item: (-item[1], item[0]))
    if markets:
        names = [f"{line(sheet.market_names.get(key, key), 40)} {number(count)}" for key, count in markets]
        found.append(("By price list market", ", ".join(reasons.some(names, _MARKETS_SHOWN))))
    return found


def _room(sheet: AudienceSheet) -> str:
    if sheet.headroom is None:
        return "No limit"
    room = people(max(sheet.headroom, 0))
    return f"⚠️ {room}: fewer than this audience has" if sheet.headroom < sheet.waterfall.will_be_sent else room
