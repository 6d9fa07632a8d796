"""Filling a table: many rows in each statement, because one begun and ended for each takes as long as the row."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain, islice

from storage.books.connection import Connection

#: More only make the statements longer (benchmarks/planning.py, benchmarks/optins_import.py).
TOGETHER = 50


def fill(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows, each with its values in the order of the columns."""
    left = iter(rows)
    while part := list(islice(left, TOGETHER)):
        connection.execute(_filling(table, tuple(columns), len(part)), [*chain.from_iterable(part)])


@cache
def _filling(table: str, columns: tuple[str, ...], rows: int) -> str:
    row = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)}"
