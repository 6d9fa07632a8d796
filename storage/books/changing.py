"""Writing changed messages: only the columns that changed, only over the row that was read."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from bot.domain.errors import ConflictError
from bot.domain.message import Delivery, Recipient
from storage.books.alike import WIDTH, Alike, alike
from storage.books.connection import Connection
from storage.books.reach import follow
from storage.books.tallies import move_tallies
from storage.rows.recipients import RECIPIENT_COLUMNS, STATE_COLUMNS

_ID = RECIPIENT_COLUMNS.index("id")
_STATE = {name: RECIPIENT_COLUMNS.index(name) for name in STATE_COLUMNS}
#: The columns that hold a word of ours, or yes or no; they are written into the statement, because what is neither a
#: plain number nor a plain text is slow to bind.
_WORDS = ("dispatch", "route", "free")
_words_of = itemgetter(*map(RECIPIENT_COLUMNS.index, _WORDS))

_Values = tuple[Any, ...]
_Words = tuple[str | bool | None, ...]


class _Shape(NamedTuple):
    """What changes have in common that one statement writes.

    For each column whether it changes, and whether it held something before; and the words in it.
    """

    changed: tuple[bool, ...]
    known: tuple[bool, ...]
    words_before: _Words
    words_after: _Words
    delivery: Delivery


def save_changes(connection: Connection, changes: Sequence[tuple[Recipient, Recipient]]) -> None:
    """Write (before, after) pairs and move the counters; a row that is no longer `before`: ConflictError."""
    # What changes twice does so in order.
    parts = [changes] if names_each_once(changes) else [[change] for change in changes]
    groups = [group for part in parts for group in alike(part)]
    check_all_saved(sum(_save(connection, group) for group in groups), changes)
    move_tallies(connection, groups)
    follow(connection, groups)


def names_each_once(changes: Sequence[tuple[Recipient, Recipient]]) -> bool:
    """Tell whether no message changes twice."""
    return len({after.id for _, after in changes}) == len(changes)


def check_all_saved(saved: int, changes: Sequence[tuple[Recipient, Recipient]]) -> None:
    """Raise ConflictError unless every change met the row that it was made from."""
    if saved != len(changes):
        missed = len(changes) - saved
        raise ConflictError(f"{missed} of {len(changes)} messages changed meanwhile; read them again and repeat.")


def _save(connection: Connection, group: Alike) -> int:
    """Write changes of different messages by one statement; say how many met their row."""
    before, after = group.before, group.after
    shape = _Shape(group.changed, group.known, _words_of(before), _words_of(after), after.delivery)
    sql, bound = _statement(shape)
    return connection.executemany(sql, [bound(new + old) for old, new in group.changes]).rowcount


@lru_cache(maxsize=256)
def _statement(shape: _Shape) -> tuple[str, Callable[[_Values], _Values]]:
    """Write the UPDATE of one shape, and pick what it binds from (new values, old values).

    SQLite rewrites every index of a column that is set, changed or not. Comparing with what is missing as `IS ?` took
    more time than all the rest of an UPDATE (benchmarks/webhooks.py), so that it is written out.
    """
    before, after = (dict(zip(_WORDS, words, strict=True)) for words in (shape.words_before, shape.words_after))
    changed = [name for name, place in _STATE.items() if shape.changed[place]]
    known = [name for name, place in _STATE.items() if shape.known[place]]
    sets = [f"{name} = {_written(name, after)}" for name in changed]
    guards = [f"{name} = {_written(name, before)}" if name in known else f"{name} IS NULL" for name in _STATE]
    sets.append(f"delivery = '{shape.delivery}'")
    sql = f"UPDATE recipients SET {', '.join(sets)} WHERE id = ? AND {' AND '.join(guards)}"
    places = [*_places(changed, 0), _ID, *_places(known, WIDTH)]
    return sql, itemgetter(*places)


def _written(name: str, words: Mapping[str, str | bool | None]) -> str:
    """Give what stands for a value: a word itself, or the place where it is bound."""
    if name not in words:
        return "?"
    match words[name]:
        case None:
            return "NULL"
        case bool() as is_so:
            return str(is_so).upper()
        case word:
            return f"'{word}'"


def _places(names: Iterable[str], first: int) -> Iterator[int]:
    """Say where the values of these columns stand, words left out."""
    return (first + _STATE[name] for name in names if name not in _WORDS)
