"""Single values of a column: JSON text, booleans that may be missing."""

import json
from collections.abc import Collection, Iterator
from typing import Any, Protocol


class Row(Protocol):
    """A row of any engine."""

    def __getitem__(self, column: str, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...


def in_order(row: Row) -> tuple[Any, ...]:
    """Give the values of a row in the order of its columns."""
    return tuple(row.values()) if isinstance(row, dict) else tuple(row)


def to_json(value: object) -> str:
    """Write a structured value as JSON text; mappings keep their order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Any:
    """Read JSON text back."""
    return json.loads(text)


class Listed(str):
    """A collection written as a JSON list; `values` are its members, for engines that bind arrays."""

    __slots__ = ("values",)
    values: list[Any]


def listed(values: Collection[object]) -> Listed:
    """Write a collection as a JSON list, in a stable order, to be bound as one value of a constant statement."""
    members = sorted(values, key=str)
    text = Listed(to_json(members))
    text.values = members
    return text


def optional_bool(value: int | None) -> bool | None:
    """Read 0, 1 or nothing."""
    return None if value is None else bool(value)
