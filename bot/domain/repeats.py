"""Finding the numbers that may stand in a file twice, in memory that does not grow with the file."""

import re
from collections.abc import Iterable

from bot.domain.csvfile import PHONE, Refused, Row

_ENDING_DIGITS = 8
_NO_DIGIT = re.compile(r"\D+")


def ending(row: Row | Refused) -> int:
    """Give the last eight digits of a row's number: alike for all spellings of one number, and cheap; -1 for none."""
    if isinstance(row, Refused):
        return -1
    digits = _NO_DIGIT.sub("", row.values[PHONE])
    return int(digits[-_ENDING_DIGITS:]) if digits else -1


def repeated_endings(rows: Iterable[Row | Refused]) -> frozenset[int]:
    """Find the endings that occur more than once, with one bit for every possible ending (12.5 MB).

    Different numbers may end alike; the caller looks at those few more closely.
    """
    seen = bytearray(10**_ENDING_DIGITS // 8)
    repeated: set[int] = set()
    for number in map(ending, rows):
        if number < 0:
            continue
        byte, bit = number >> 3, 1 << (number & 7)
        if seen[byte] & bit:
            repeated.add(number)
        seen[byte] |= bit
    return frozenset(repeated)
