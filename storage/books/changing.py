"""Writing changed messages: only the columns that changed, only over the row that was read."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from operator import itemgetter

from bot.domain.errors import ConflictError
from bot.domain.message import Recipient
from storage.books.connection import Connection
from storage.books.reach import follow
from storage.books.tallies import move_tallies
from storage.rows.recipients import STATE_COLUMNS, state_values

_COLUMNS = (*STATE_COLUMNS, "delivery")
#: `IS` also compares what is missing.
_UNCHANGED = " AND ".join(f"{column} IS ?" for column in STATE_COLUMNS)

#: Positions in `_COLUMNS` of what a change changes.
_Shape = tuple[int, ...]


def save_changes(connection: Connection, changes: Sequence[tuple[Recipient, Recipient]]) -> None:
    """Write (before, after) pairs in order and move the counters; a row that is no longer `before`: ConflictError."""
    shaped = [_shaped(before, after) for before, after in changes]
    saved = 0
    # Neighbours that change the same columns share one prepared statement; the order stays.
    for shape, alike in groupby(shaped, key=itemgetter(0)):
        saved += connection.executemany(_update(shape), (values for _, values in alike)).rowcount
    check_all_saved(saved, changes)
    move_tallies(connection, changes)
    follow(connection, changes)


def check_all_saved(saved: int, changes: Sequence[tuple[Recipient, Recipient]]) -> None:
    """Raise ConflictError unless every change met the row that it was made from."""
    if saved != len(changes):
        missed = len(changes) - saved
        raise ConflictError(f"{missed} of {len(changes)} messages changed meanwhile; read them again and repeat.")


def _shaped(before: Recipient, after: Recipient) -> tuple[_Shape, tuple[object, ...]]:
    read = state_values(before)
    old, new = (*read, before.delivery.value), (*state_values(after), after.delivery.value)
    shape = tuple(_different(old, new))
    return shape, (*(new[place] for place in shape), after.id, *read)


def _different(old: tuple[object, ...], new: tuple[object, ...]) -> Iterator[int]:
    return (place for place, (was, becomes) in enumerate(zip(old, new, strict=True)) if was != becomes)


@cache
def _update(shape: _Shape) -> str:
    """Write the statement of one shape: SQLite rewrites every index of a column that is set, changed or not."""
    sets = ", ".join(f"{_COLUMNS[place]} = ?" for place in shape) or "tries = tries"
    return f"UPDATE recipients SET {sets} WHERE id = ? AND {_UNCHANGED}"
