"""Writing changed messages: only the columns that changed, only over the row that was read."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import compress
from operator import is_not, itemgetter, ne
from typing import Any, NamedTuple

from bot.domain.errors import ConflictError
from bot.domain.message import Delivery, Recipient
from storage.books.connection import Connection
from storage.books.reach import follow
from storage.books.tallies import move_tallies
from storage.rows.recipients import STATE_COLUMNS

_WIDTH = len(STATE_COLUMNS)
_NOTHING = (None,) * _WIDTH
#: The columns that hold a word of ours; they are written into the statement, because an enum is slow to bind.
_WORDS = ("dispatch", "route")
_words_of = itemgetter(*map(STATE_COLUMNS.index, _WORDS))

_Values = tuple[Any, ...]


class _Shape(NamedTuple):
    """What changes have in common that one statement writes.

    For each column of the state whether it changes, and whether it held something before; and the words in it.
    """

    changed: tuple[bool, ...]
    known: tuple[bool, ...]
    words_before: tuple[str | None, ...]
    words_after: tuple[str | None, ...]
    delivery: Delivery


def save_changes(connection: Connection, changes: Sequence[tuple[Recipient, Recipient]]) -> None:
    """Write (before, after) pairs and move the counters; a row that is no longer `before`: ConflictError."""
    if names_each_once(changes):
        saved = _save(connection, changes)
    else:
        saved = sum(_save(connection, [change]) for change in changes)  # what changes twice does so in order
    check_all_saved(saved, changes)
    move_tallies(connection, changes)
    follow(connection, changes)


def names_each_once(changes: Sequence[tuple[Recipient, Recipient]]) -> bool:
    """Tell whether no message changes twice."""
    return len({after.id for _, after in changes}) == len(changes)


def check_all_saved(saved: int, changes: Sequence[tuple[Recipient, Recipient]]) -> None:
    """Raise ConflictError unless every change met the row that it was made from."""
    if saved != len(changes):
        missed = len(changes) - saved
        raise ConflictError(f"{missed} of {len(changes)} messages changed meanwhile; read them again and repeat.")


def _save(connection: Connection, changes: Iterable[tuple[Recipient, Recipient]]) -> int:
    """Write changes of different messages, one statement for each shape; say how many met their row."""
    by_shape: dict[_Shape, list[_Values]] = defaultdict(list)
    for before, after in changes:
        old, new = before[-_WIDTH:], after[-_WIDTH:]
        changed, known = tuple(map(ne, old, new)), tuple(map(is_not, old, _NOTHING))
        shape = _Shape(changed, known, _words_of(old), _words_of(new), after.delivery)
        by_shape[shape].append((*new, after.id, *old))
    saved = 0
    for shape, values in by_shape.items():
        sql, bound = _statement(shape)
        saved += connection.executemany(sql, map(bound, values)).rowcount
    return saved


@lru_cache(maxsize=256)
def _statement(shape: _Shape) -> tuple[str, Callable[[_Values], _Values]]:
    """Write the UPDATE of one shape, and pick what it binds from (new values, id, old values).

    SQLite rewrites every index of a column that is set, changed or not. Comparing with what is missing as `IS ?` took
    more time than all the rest of an UPDATE (benchmarks/webhooks.py), so that it is written out.
    """
    before, after = (dict(zip(_WORDS, words, strict=True)) for words in (shape.words_before, shape.words_after))
    sets = [f"{name} = {_written(name, after)}" for name in compress(STATE_COLUMNS, shape.changed)]
    guards = [
        f"{name} = {_written(name, before)}" if is_known else f"{name} IS NULL"
        for name, is_known in zip(STATE_COLUMNS, shape.known, strict=True)
    ]
    sets.append(f"delivery = '{shape.delivery}'")
    sql = f"UPDATE recipients SET {', '.join(sets)} WHERE id = ? AND {' AND '.join(guards)}"
    places = [*_places(shape.changed, 0), _WIDTH, *_places(shape.known, _WIDTH + 1)]
    return sql, itemgetter(*places)


def _written(name: str, words: Mapping[str, str | None]) -> str:
    """Give what stands for a value: a word itself, or the place where it is bound."""
    if name not in words:
        return "?"
    return "NULL" if words[name] is None else f"'{words[name]}'"


def _places(chosen: Sequence[bool], first: int) -> Iterator[int]:
    """Say where the values of chosen columns stand, words left out."""
    return (first + place for place, name in enumerate(STATE_COLUMNS) if chosen[place] and name not in _WORDS)
