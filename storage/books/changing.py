"""Writing changed messages: only the columns that changed, only over the row that was read."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import compress
from operator import is_not, itemgetter, ne
from typing import Any

from bot.domain.errors import ConflictError
from bot.domain.message import Recipient
from storage.books.connection import Connection
from storage.books.tallies import move_tallies
from storage.rows.recipients import STATE_COLUMNS, delivery_value, state_values

#: What changes have in common that one statement writes: which columns change, and which held something before.
_Shape = tuple[tuple[bool, ...], tuple[bool, ...]]
_NOTHING = (None,) * len(STATE_COLUMNS)


def save_changes(connection: Connection, changes: Sequence[tuple[Recipient, Recipient]]) -> None:
    """Write (before, after) pairs and move the counters; a row that is no longer `before`: ConflictError."""
    if names_each_once(changes):
        saved = _save(connection, changes)
    else:
        saved = sum(_save(connection, [change]) for change in changes)  # what changes twice does so in order
    check_all_saved(saved, changes)
    move_tallies(connection, changes)


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
    by_shape: dict[_Shape, list[tuple[Any, ...]]] = defaultdict(list)
    for before, after in changes:
        old, new = state_values(before), state_values(after)
        shape = (tuple(map(ne, old, new)), tuple(map(is_not, old, _NOTHING)))
        by_shape[shape].append((*new, delivery_value(after), after.id, *old))
    saved = 0
    for shape, values in by_shape.items():
        sql, bound = _statement(shape)
        saved += connection.executemany(sql, map(bound, values)).rowcount
    return saved


@lru_cache(maxsize=256)
def _statement(shape: _Shape) -> tuple[str, Callable[[tuple[Any, ...]], tuple[Any, ...]]]:
    """Write the UPDATE of one shape and say which of (new values, delivery, id, old values) it binds.

    SQLite rewrites every index of a column that is set, changed or not. Comparing with what is missing as `IS ?` took
    more time than all the rest of an UPDATE (benchmarks/webhooks.py), so that it is written out.
    """
    changed, known = shape
    width = len(STATE_COLUMNS)
    sets = [f"{name} = ?" for name in (*compress(STATE_COLUMNS, changed), "delivery")]
    guards = [f"{name} = ?" if held else f"{name} IS NULL" for name, held in zip(STATE_COLUMNS, known, strict=True)]
    places = (*compress(range(width), changed), width, width + 1, *compress(range(width + 2, 2 * width + 2), known))
    return f"UPDATE recipients SET {', '.join(sets)} WHERE id = ? AND {' AND '.join(guards)}", itemgetter(*places)
