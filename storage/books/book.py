"""What all books share: a connection, a clock for the few writes whose port names no instant, and ways to read rows."""

from collections.abc import Iterable, Sequence
from typing import Any

from bot.ports.clock import Clock
from storage.books.connection import Connection, Cursor, Values


class Book:
    """One part of the records; its methods run inside the transaction that the connection is in."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def _run(self, sql: str, values: Values = ()) -> Cursor:
        return self._connection.execute(sql, values)

    def _all(self, sql: str, values: Values = ()) -> list[Any]:
        return self._connection.execute(sql, values).fetchall()

    def _one(self, sql: str, values: Values = ()) -> Any | None:
        return self._connection.execute(sql, values).fetchone()

    def _value(self, sql: str, values: Values = ()) -> Any:
        """Give the column `value` of a query that always has one row."""
        return self._connection.execute(sql, values).fetchone()["value"]

    def _each(self, sql: str, values: Values = ()) -> Iterable[Any]:
        """Walk rows without holding them all."""
        return self._connection.each(sql, values)


def insertion(table: str, columns: Sequence[str]) -> str:
    """Write an INSERT that binds every column by its name; both come from constants of our own."""
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(f":{column}" for column in columns)
    return f"INSERT INTO {table} ({names}) VALUES ({values})"


def assignments(columns: Sequence[str]) -> str:
    """Write the SET part of an UPDATE that binds every column by its name."""
    return ", ".join(f'"{column}" = :{column}' for column in columns)


def like(text: str) -> str:
    """Write a LIKE pattern (with ESCAPE '!') that finds a text anywhere, whatever signs it holds."""
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return f"%{text}%"
