"""What opt-ins say: who, how to reach them, and when and how they agreed; one by one, or many in columns."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, repeat
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, NamedTuple, overload

from bot.domain import phone
from bot.domain.instants import Millis


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
    """The values of many opt-ins, one list for each field.

    `attributes` are JSON objects of texts. `identity` is empty where it is the number without its plus.
    """

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
        table = [(one.line, *_spelt(one.number), *one[2:6], attributes_json(one.attributes), *one[7:]) for one in rows]
        return cls.of_values(table)

    @classmethod
    def of_values(cls, rows: Collection[Values]) -> "OptIns":
        """Put together what `values` gave."""
        return cls(Columns._make(zip(*rows, strict=True) if rows else repeat((), len(Columns._fields))))

    @classmethod
    def joined(cls, parts: Iterable[Columns]) -> "OptIns":
        """Put columns behind each other."""
        return cls(Columns._make(list(chain.from_iterable(pieces)) for pieces in zip(*parts, strict=True)))

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
            phone.PhoneNumber(c.e164[at], c.region[at], c.identity[at] or c.e164[at][1:]),
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


def _spelt(number: phone.PhoneNumber) -> tuple[str, str, str]:
    """Leave out an identity that the number says already."""
    e164, region, identity = number
    return e164, region, "" if identity == e164[1:] else identity


def attributes_json(attributes: Mapping[str, str]) -> str:
    """Write texts as JSON without making an encoder for every person, which takes longer than the rest of a row."""
    pairs = [f"{encode_basestring(name)}:{encode_basestring(value)}" for name, value in attributes.items()]
    return "{" + ",".join(pairs) + "}"
