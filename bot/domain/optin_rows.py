"""Reading the rows of an opt-in file, many at a time and column by column.

Cells of one column repeat each other, and numbers begin alike: each is read once, and every further one is looked up
(`benchmarks/optins_import.py`).
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import compress
from typing import Generic, TypeVar, cast

from bot.domain.csvfile import Block, Refused
from bot.domain.csvheader import PHONE
from bot.domain.errors import InvalidInputError
from bot.domain.instants import Millis, from_datetime
from bot.domain.optins import Columns, OptIns, attributes_json
from bot.domain.phone_columns import Facts, NumberReader, Verdict, identities

T = TypeVar("T")

#: Columns with a meaning of their own; every other one is an attribute of the person.
_OURS = frozenset({"phone", "name", "language", "tags", "opted_in_at", "source", "wording"})
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})[-_]([A-Za-z]{2})")
#: Messages on mobile phones that anybody could agree to are not older; what is, is a slip of the pen.
_EARLIEST = Millis(946_684_800_000)  # 2000-01-01
#: Different cells of one column whose meaning is remembered while a file is read.
_CELLS_KEPT = 4096


class _Remembered(dict[str, T], Generic[T]):
    """What cells mean: each different one is read once, unless there are very many."""

    def __init__(self, read: Callable[[str], T]) -> None:
        self._read = read

    def __missing__(self, cell: str) -> T:
        if len(self) >= _CELLS_KEPT:
            self.clear()
        self[cell] = found = self._read(cell)
        return found


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
        self._places = {name: place for place, name in enumerate(columns)}
        self._now = now
        self._numbers = NumberReader(default_region, now)
        self._times = _Remembered(self._time)
        self._languages = _Remembered(lambda cell: normal_language(cell.strip()))
        self._tags = _Remembered(lambda cell: parse_tags(cell, ";"))
        self._sources = _Remembered(lambda cell: cell.strip() or default_source)
        self._wordings = _Remembered(lambda cell: cell.strip() or default_wording)
        self._attributes = [name for name in columns if name not in _OURS]
        self._attributes_of = lru_cache(maxsize=_CELLS_KEPT)(self._write_attributes)

    def read(self, block: Block) -> tuple[OptIns, list[Refused]]:
        """Give the rows that can be taken, and the others with their reason."""
        if not block.rows:
            return OptIns.of(()), list(block.refused)
        cells = list(zip(*block.rows, strict=True))
        written = list(map(str.strip, cells[self._places[PHONE]]))
        numbers, found = self._numbers.read(written)
        times = self._meanings(cells, "opted_in_at", self._times)
        taken = [one.__class__ is not str and at.__class__ is not str for one, at in zip(found, times, strict=True)]
        refused = [
            _refused(block.lines[at], (found[at], written[at]), (times[at], self._said(cells, at)))
            for at, is_taken in enumerate(taken)
            if not is_taken
        ]
        return OptIns(self._columns(block.lines, numbers, found, times, cells, taken)), [*block.refused, *refused]

    def _said(self, cells: Sequence[Sequence[str]], at: int) -> str:
        """Give the time that a row names, as it stands there."""
        place = self._places.get("opted_in_at")
        return "" if place is None else cells[place][at].strip()

    def _columns(
        self,
        lines: Sequence[int],
        numbers: Sequence[str],
        found: Sequence[Verdict],
        times: Sequence[Millis | str | None],
        cells: Sequence[Sequence[str]],
        taken: Sequence[bool],
    ) -> Columns:
        """Read what else the rows that are taken say."""
        said = [list(compress(column, taken)) for column in cells]
        e164 = list(compress(numbers, taken))
        facts = cast("list[Facts]", list(compress(found, taken)))
        names = self._places.get("name")
        return Columns(
            line=list(compress(lines, taken)),
            e164=e164,
            region=[one.region for one in facts],
            identity=identities(e164, facts),
            market=[one.market for one in facts],
            name=[""] * len(e164) if names is None else list(map(str.strip, said[names])),
            language=self._meanings(said, "language", self._languages),
            tags=self._meanings(said, "tags", self._tags),
            attributes=self._meant(said),
            opted_in_at=cast("list[Millis | None]", list(compress(times, taken))),
            source=self._meanings(said, "source", self._sources),
            wording=self._meanings(said, "wording", self._wordings),
        )

    def _meanings(self, cells: Sequence[Sequence[str]], name: str, meaning: _Remembered[T]) -> list[T]:
        """Read one column; one that is not there is empty."""
        place = self._places.get(name)
        if place is None:
            return [meaning[""]] * len(cells[0])
        return [meaning[cell] for cell in cells[place]]

    def _meant(self, cells: Sequence[Sequence[str]]) -> list[str]:
        """Read the columns that are attributes."""
        others = [cells[self._places[name]] for name in self._attributes]
        return list(map(self._attributes_of, *others)) if others else ["{}"] * len(cells[0])

    def _time(self, cell: str) -> Millis | str | None:
        """Read a time; gives the sentence that says what is wrong with it."""
        try:
            return parse_opted_in_at(cell.strip(), self._now)
        except InvalidInputError as problem:
            return str(problem)

    def _write_attributes(self, *cells: str) -> str:
        pairs = zip(self._attributes, map(str.strip, cells), strict=True)
        return attributes_json({name: value for name, value in pairs if value})


def _refused(line: int, *judged: tuple[object, str]) -> Refused:
    """Refuse a row for the first of its cells that has a sentence instead of a meaning."""
    return next(Refused(line, reason, said) for reason, said in judged if isinstance(reason, str))


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


def _instant(text: str) -> Millis:
    try:
        moment = datetime.fromisoformat(text)
        return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except ValueError as problem:
        sentence = "opted_in_at is not ISO 8601; write it as 2026-03-31 or 2026-03-31T14:05:00Z."
        raise InvalidInputError(sentence) from problem


def normal_language(text: str) -> str:
    """Write a language as Meta does (`pt-br` becomes `pt_BR`, `EN` becomes `en`); words stay as they are."""
    found = _LANGUAGE.fullmatch(text)
    if found:
        return f"{found[1].lower()}_{found[2].upper()}"
    return text.lower() if re.fullmatch(r"[A-Za-z]{2,3}", text) else text


def parse_tags(text: str, separator: str) -> frozenset[str]:
    """Split tags, in lower case and without the spaces around them."""
    return frozenset(tag for part in text.split(separator) if (tag := " ".join(part.lower().split())))
