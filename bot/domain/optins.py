"""What one row of an opt-in file says: who, how to reach them, and when and how they agreed."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import repeat
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, NamedTuple, overload

from bot.domain import phone, rates
from bot.domain.csvfile import PHONE, Refused, Row
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

    `market` is where a message to the number is billed.
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


class Columns(NamedTuple):
    """The values of many opt-ins, one list for each field; `attributes` are JSON objects of texts."""

    line: Sequence[int]
    e164: Sequence[str]
    region: Sequence[str]
    identity: Sequence[str]
    market: Sequence[str]
    name: Sequence[str]
    language: Sequence[str]
    tags: Sequence[frozenset[str]]
    attributes: Sequence[str]
    opted_in_at: Sequence[Millis | None]
    source: Sequence[str]
    wording: Sequence[str]


#: One value for each of `Columns`, in their order.
Values = tuple[Any, ...]


class OptIns(Sequence[OptIn]):
    """Many opt-ins, kept by columns: an import of a million never makes an object for a row of a newcomer.

    `benchmarks/optins_import.py` shows what it is worth.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    @classmethod
    def of(cls, rows: Iterable[OptIn]) -> "OptIns":
        """Take rows apart."""
        table = [(one.line, *one.number, *one[2:6], attributes_json(one.attributes), *one[7:]) for one in rows]
        return cls.of_values(table)

    @classmethod
    def of_values(cls, rows: Collection[Values]) -> "OptIns":
        """Put together what `values` gave."""
        return cls(Columns._make(zip(*rows, strict=True) if rows else repeat((), len(Columns._fields))))

    def values(self, at: int) -> Values:
        """Give the values of one, which take a third of the memory of an object."""
        return tuple(column[at] for column in self.columns)

    def __len__(self) -> int:
        return len(self.columns.line)

    @overload
    def __getitem__(self, at: int) -> OptIn: ...
    @overload
    def __getitem__(self, at: slice) -> "OptIns": ...
    def __getitem__(self, at: int | slice) -> "OptIn | OptIns":
        if isinstance(at, slice):
            return OptIns(Columns._make(column[at] for column in self.columns))
        c = self.columns
        return OptIn(
            c.line[at],
            phone.PhoneNumber(c.e164[at], c.region[at], c.identity[at]),
            c.market[at],
            c.name[at],
            c.language[at],
            c.tags[at],
            json.loads(c.attributes[at]),
            c.opted_in_at[at],
            c.source[at],
            c.wording[at],
        )

    def by_number(self, places: Iterable[int]) -> "OptIns":
        """Give those at some places in the order of their numbers, in which an index is written page by page."""
        ordered = sorted(places, key=self.columns.e164.__getitem__)
        return self.pick(ordered)

    def pick(self, places: Sequence[int]) -> "OptIns":
        """Give those at some places, in the order of the places."""
        if len(places) < 2:  # noqa: PLR2004 - of one place itemgetter gives no tuple
            return OptIns(Columns._make([column[at] for at in places] for column in self.columns))
        return OptIns(Columns._make(map(itemgetter(*places), self.columns)))


class OptInReader:
    """Judges the rows of one file, many at a time; a number without + is read as one of the default region, if any."""

    def __init__(
        self,
        columns: Sequence[str],
        *,
        default_region: str | None,
        default_source: str,
        default_wording: str,
        now: Millis,
    ) -> None:
        self._columns = columns
        self._default_region = default_region
        self._default_source = default_source
        self._default_wording = default_wording
        self._now = now
        self._phone = columns.index(PHONE)
        self._time = columns.index("opted_in_at") if "opted_in_at" in columns else None
        self._attributes = [name for name in columns if name not in _OURS]
        self._attributes_of = lru_cache(maxsize=_CELLS_KEPT)(self._write_attributes)

    def read(self, rows: Sequence[Row]) -> tuple[OptIns, list[Refused]]:
        """Give the rows that can be taken, and the others with their reason."""
        judged = [self._judge(row) for row in rows]
        refused = [one for one in judged if isinstance(one, Refused)]
        taken = [(row, *one) for row, one in zip(rows, judged, strict=True) if not isinstance(one, Refused)]
        return (OptIns(self._read(*zip(*taken, strict=True))) if taken else OptIns.of(())), refused

    def _judge(self, row: Row) -> tuple[phone.PhoneNumber, Millis | None] | Refused:
        line, cells = row
        written = cells[self._phone].strip()
        try:
            number = phone.parse(written, self._default_region)
        except InvalidInputError as problem:
            return Refused(line, str(problem), written)
        if self._time is None:
            return number, None
        written = cells[self._time].strip()
        try:
            return number, parse_opted_in_at(written, self._now)
        except InvalidInputError as problem:
            return Refused(line, str(problem), written)

    def _read(
        self, rows: Sequence[Row], numbers: Sequence[phone.PhoneNumber], times: Sequence[Millis | None]
    ) -> Columns:
        """Read what else the rows say; cells of one column repeat each other, and are read once."""
        table = zip(*(row.cells for row in rows), strict=True)
        cells = {name: list(map(str.strip, column)) for name, column in zip(self._columns, table, strict=True)}
        nothing = [""] * len(rows)
        e164, region, identity = zip(*numbers, strict=True)
        others = [cells[name] for name in self._attributes]
        return Columns(
            line=[row.line for row in rows],
            e164=e164,
            region=region,
            identity=identity,
            market=[rates.market_of(number, self._now) for number in e164],
            name=cells.get("name", nothing),
            language=list(map(normal_language, cells.get("language", nothing))),
            tags=[parse_tags(text, ";") for text in cells.get("tags", nothing)],
            attributes=list(map(self._attributes_of, *others)) if others else ["{}"] * len(rows),
            opted_in_at=times,
            source=[text or self._default_source for text in cells.get("source", nothing)],
            wording=[text or self._default_wording for text in cells.get("wording", nothing)],
        )

    def _write_attributes(self, *values: str) -> str:
        return attributes_json({name: value for name, value in zip(self._attributes, values, strict=True) if value})


def attributes_json(attributes: Mapping[str, str]) -> str:
    """Write texts as JSON without making an encoder for every person, which takes longer than the rest of a row."""
    pairs = [f"{encode_basestring(name)}:{encode_basestring(value)}" for name, value in attributes.items()]
    return "{" + ",".join(pairs) + "}"


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
