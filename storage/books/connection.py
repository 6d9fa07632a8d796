"""What the books ask of an engine: a connection that runs statements and gives rows by the names of their columns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

Values = Sequence[Any] | Mapping[str, Any]


class Cursor(Protocol):
    """The outcome of one statement."""

    @property
    def rowcount(self) -> int:
        """How many rows were written."""
        ...

    def fetchone(self) -> Any:
        """Give the next row, None after the last."""
        ...

    def fetchall(self) -> list[Any]:
        """Give the rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Walk the rows that are left."""
        ...


class Connection(Protocol):
    """One transaction's way to the database.

    Statements are written once, in SQLite's spelling with `?` or `:name` for values; an engine that spells a phrase
    differently turns it into its own. A collection is bound as one value (`rows.values.listed`).
    """

    def execute(self, sql: str, values: Values = (), /) -> Cursor:
        """Run a statement."""
        ...

    def executemany(self, sql: str, values: Iterable[Any], /) -> Cursor:
        """Run a statement once for each set of values; `rowcount` is their sum."""
        ...

    def each(self, sql: str, values: Values = (), /) -> Iterable[Any]:
        """Run a query and walk its rows without holding them all."""
        ...
