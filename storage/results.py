"""What a work may hand out of its transaction: values, never something that would still read from the database."""

from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def check_result(result: T) -> T:
    """Give the result back; an iterator raises TypeError, because its rows are gone when the transaction ends."""
    if isinstance(result, Iterator):
        raise TypeError("a work returned an iterator; walk it inside the transaction and return what you need")
    return result
