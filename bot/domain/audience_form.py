"""Reading what was typed into the form of a new audience."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.domain import phone
from bot.domain.audience import AudienceRule
from bot.domain.consent import UNREACHABLE_COUNTRIES
from bot.domain.errors import InvalidInputError
from bot.domain.optin_rows import normal_language, parse_tags

#: What an input gives: typed text with commas, or the values of a multi-select; None or nothing where left empty.
Typed = str | Sequence[str] | None

_NAME_LENGTH = 75
_LONGEST_SPAN_DAYS = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceForm:
    """A form as read. It can be saved when there are no `complaints`, which are (field, sentence), one for a field.

    `notes` are worth showing and stop nothing.
    """

    name: str
    rule: AudienceRule
    complaints: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def read_audience_form(fields: Mapping[str, Typed], known_tags: Collection[str]) -> AudienceForm:
    """Read the inputs of `audience_new` by their names; unknown tags are only noted, for an import may bring them."""
    countries, bad_countries = _countries(fields.get("countries"))
    days, bad_days = _days(fields.get("not_messaged_days"))
    rule = AudienceRule(
        tags_any=_tags(fields.get("tags_any")),
        tags_all=_tags(fields.get("tags_all")),
        tags_none=_tags(fields.get("tags_none")),
        countries=countries,
        languages=frozenset(normal_language(language).lower() for language in _parts(fields.get("languages"))),
        not_messaged_days=days,
    )
    name = " ".join(" ".join(_parts(fields.get("name"), "")).split())
    found = {"name": _bad_name(name), "tags_none": _bad_tags(rule)}
    found |= {"countries": bad_countries, "not_messaged_days": bad_days}
    complaints = tuple((input_id, sentence) for input_id, sentence in found.items() if sentence)
    return AudienceForm(name=name, rule=rule, complaints=complaints, notes=_notes(rule, known_tags))


def _parts(typed: Typed, separators: str = ",;\n") -> list[str]:
    """Split typed text at its separators; the values of a multi-select are taken as they are."""
    if typed is None:
        return []
    values = [typed] if isinstance(typed, str) else typed
    pattern = f"[{separators}]" if separators else r"\Z"
    return [part.strip() for value in values for part in re.split(pattern, value) if part.strip()]


def _tags(typed: Typed) -> frozenset[str]:
    return parse_tags(",".join(_parts(typed)), ",")


def _countries(typed: Typed) -> tuple[frozenset[str], str]:
    """Read country codes; the sentence is that of the first one that is none."""
    regions: set[str] = set()
    for part in _parts(typed):
        try:
            regions.add(phone.check_region(part))
        except InvalidInputError as problem:
            return frozenset(), str(problem)
    return frozenset(regions), ""


def _days(typed: Typed) -> tuple[int | None, str]:
    text = " ".join(_parts(typed))
    if not text:
        return None, ""
    if re.fullmatch(r"[0-9]{1,4}", text) and int(text) <= _LONGEST_SPAN_DAYS:
        return int(text) or None, ""
    return None, f"Give whole days from 1 to {_LONGEST_SPAN_DAYS}, or nothing to leave nobody out."


def _bad_name(name: str) -> str:
    if not name:
        return "An audience needs a name; that is how it is found again."
    return f"The name is longer than {_NAME_LENGTH} characters; shorten it." if len(name) > _NAME_LENGTH else ""


def _bad_tags(rule: AudienceRule) -> str:
    both = sorted(rule.tags_none & rule.tags_all)
    return f"Nobody can have the tag “{both[0]}” and not have it; take it out of one of the two." if both else ""


def _notes(rule: AudienceRule, known_tags: Collection[str]) -> tuple[str, ...]:
    unknown = sorted((rule.tags_any | rule.tags_all | rule.tags_none) - frozenset(known_tags))
    unreachable = sorted(rule.countries & UNREACHABLE_COUNTRIES)
    notes = []
    if unknown:
        notes.append(f"Nobody has these tags yet: {', '.join(unknown)}.")
    if unreachable:
        notes.append(f"Meta delivers no marketing messages to {', '.join(unreachable)}; people there are left out.")
    return tuple(notes)
