"""What one row of an opt-in file says: who, how to reach them, and when and how they agreed."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from bot.domain import phone, rates
from bot.domain.csvfile import Refused, Row
from bot.domain.errors import InvalidInputError
from bot.domain.instants import Millis, from_datetime

#: Columns with a meaning of their own; every other one is an attribute of the person.
_OURS = frozenset({"phone", "name", "language", "tags", "opted_in_at", "source", "wording"})
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})[-_]([A-Za-z]{2})")
#: Messages on mobile phones that anybody could agree to are not older; what is, is a slip of the pen.
_EARLIEST = Millis(946_684_800_000)  # 2000-01-01
#: Different cells of one column whose meaning is remembered while a file is read.
_CELLS_KEPT = 4096


class OptIn(NamedTuple):
    """A row that can be taken; `opted_in_at` is None where the row does not say when.

    `market` is where a message to the number is billed. A tuple: an import makes one for every row.
    """

    line: int
    number: phone.PhoneNumber
    market: str
    name: str
    language: str
    tags: frozenset[str]
    attributes: Mapping[str, str]
    opted_in_at: Millis | None
    source: str
    wording: str


def read_opt_in(
    row: Row, *, default_region: str | None, default_source: str, default_wording: str, now: Millis
) -> OptIn | Refused:
    """Judge a row; a number without + is read as one of the default region, if there is one."""
    line, values = row
    cell = values.get
    try:
        number = phone.parse(values["phone"], default_region)
    except InvalidInputError as problem:
        return Refused(line, str(problem), values["phone"])
    try:
        opted_in_at = parse_opted_in_at(cell("opted_in_at", ""), now)
    except InvalidInputError as problem:
        return Refused(line, str(problem), values["opted_in_at"])
    return OptIn(
        line=line,
        number=number,
        market=rates.market_of(number.e164, now),
        name=cell("name", ""),
        language=normal_language(cell("language", "")),
        tags=parse_tags(cell("tags", ""), ";"),
        attributes={name: value for name, value in values.items() if value and name not in _OURS},
        opted_in_at=opted_in_at,
        source=cell("source") or default_source,
        wording=cell("wording") or default_wording,
    )


def parse_opted_in_at(text: str, now: Millis) -> Millis | None:
    """Read an ISO 8601 date or time, UTC where it names no zone; nothing gives None.

    Raises InvalidInputError for another format and for times that are in the future or before 2000.
    """
    if not text:
        return None
    instant = _instant(text)
    if instant > now:
        raise InvalidInputError("opted_in_at is in the future; nobody can have agreed yet.")
    if instant < _EARLIEST:
        raise InvalidInputError("opted_in_at is before the year 2000; check the date.")
    return instant


# Cells of a column repeat each other; what they say does not depend on the row. `benchmarks/optins_import.py`.
@lru_cache(maxsize=_CELLS_KEPT)
def _instant(text: str) -> Millis:
    try:
        moment = datetime.fromisoformat(text)
        return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except ValueError as problem:
        sentence = "opted_in_at is not ISO 8601; write it as 2026-03-31 or 2026-03-31T14:05:00Z."
        raise InvalidInputError(sentence) from problem


@lru_cache(maxsize=_CELLS_KEPT)
def normal_language(text: str) -> str:
    """Write a language as Meta does (`pt-br` becomes `pt_BR`, `EN` becomes `en`); words stay as they are."""
    found = _LANGUAGE.fullmatch(text)
    if found:
        return f"{found[1].lower()}_{found[2].upper()}"
    return text.lower() if re.fullmatch(r"[A-Za-z]{2,3}", text) else text


@lru_cache(maxsize=_CELLS_KEPT)
def parse_tags(text: str, separator: str) -> frozenset[str]:
    """Split tags, in lower case and without the spaces around them."""
    return frozenset(tag for part in text.split(separator) if (tag := " ".join(part.lower().split())))
