"""Writes JSON once for everybody, with slots for what differs from person to person."""

from collections.abc import Callable, Iterator
from json.encoder import encode_basestring
from typing import Any, TypeAlias, TypeVar

P = TypeVar("P")

#: Writes the text of one value for one person.
Slot: TypeAlias = Callable[[P], str]


def pieces(node: Any) -> list[str | Slot[Any]]:
    """Write a value of dicts, lists, strings, whole numbers and slots: JSON text between the slots, in order."""
    joined: list[str | Slot[Any]] = []
    for piece in _written(node):
        if joined and isinstance(piece, str) and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _written(node: Any) -> Iterator[str | Slot[Any]]:
    match node:
        case dict():
            for position, (key, value) in enumerate(node.items()):
                yield ("," if position else "{") + encode_basestring(key) + ":"
                yield from _written(value)
            yield "}"
        case list():
            for position, value in enumerate(node):
                yield "," if position else "["
                yield from _written(value)
            yield "]" if node else "[]"
        case str():
            yield encode_basestring(node)
        case int():
            yield str(node)
        case _:
            yield node
