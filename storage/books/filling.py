"""Filling a table: many rows in each statement, because one begun and ended for each takes as long as the row."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain, count, islice
from types import MappingProxyType

from storage.books.connection import Connection

#: More only make the statements longer (benchmarks/planning.py, benchmarks/optins_import.py).
TOGETHER = 50


def fill(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    alike: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Write rows, each with its values in the order of the columns; in the columns of `alike` all have that value.

    Such a value is bound once for all rows of a statement, not once for each.
    """
    left, values = iter(rows), tuple(alike.values())
    while part := list(islice(left, TOGETHER)):
        sql = _filling(table, tuple(alike), tuple(columns), len(part))
        connection.execute(sql, [*values, *chain.from_iterable(part)])


@cache
def _filling(table: str, alike: tuple[str, ...], columns: tuple[str, ...], rows: int) -> str:
    numbered = count(len(alike) + 1)
    same = [f"?{place}" for place in range(1, len(alike) + 1)]
    values = (", ".join([*same, *(f"?{next(numbered)}" for _ in columns)]) for _ in range(rows))
    return f"INSERT INTO {table} ({', '.join((*alike, *columns))}) VALUES {', '.join(f'({row})' for row in values)}"
