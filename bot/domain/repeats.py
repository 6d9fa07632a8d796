"""Finding the numbers that may stand in a file twice, in memory that does not grow with the file."""

from collections.abc import Collection, Iterable, Sequence

from bot.domain import phone
from bot.domain.beginnings import Beginnings
from bot.domain.errors import InvalidInputError
from bot.domain.numbering import compact, plain_digits

_ENDING_DIGITS = 8
# So long, a number with + ends in eight digits of its own even where a trunk 0 was written behind the country code.
_LONG = 12


def ending(written: str, default_region: str | None) -> int:
    """Give the last eight digits of a number, alike for all spellings of one number; -1 where it is none.

    Most numbers with + are not judged here, which saves the time of judging every number twice.
    """
    digits = written[1:].replace(" ", "")
    if written.startswith("+") and len(digits) >= _LONG and digits.isascii() and digits.isdigit():
        return int(digits[-_ENDING_DIGITS:])
    try:
        digits = plain_digits(written) or phone.parse(written, default_region).e164[1:]
    except InvalidInputError:
        return -1
    return int(digits[-_ENDING_DIGITS:])


def places_of(endings: Collection[int], numbers: Sequence[str]) -> list[int]:
    """Find the places of numbers, written as E.164, that have one of these endings."""
    return [at for at, e164 in enumerate(numbers) if int(e164[1:][-_ENDING_DIGITS:]) in endings]


def repeated_endings(numbers: Iterable[Sequence[str]], default_region: str | None) -> frozenset[int]:
    """Find the endings that occur more than once, with one bit for every possible ending (12.5 MB).

    Different numbers may end alike, and some that are none are among them; the caller looks at those few more closely.
    """
    seen = bytearray(10**_ENDING_DIGITS // 8)
    repeated: set[int] = set()
    reader = _EndingReader(default_region)
    for written in numbers:
        for number in reader.read(written):
            byte, bit = number >> 3, 1 << (number & 7)
            if seen[byte] & bit:
                repeated.add(number)
            else:
                seen[byte] |= bit
    return frozenset(repeated)


class _EndingReader:
    """Reads the endings of a file's numbers, most of them without judging."""

    def __init__(self, default_region: str | None) -> None:
        self._default_region = default_region
        #: How numbers begin that are taken as they stand.
        self._taken = Beginnings[bool]()

    def read(self, written: Sequence[str]) -> list[int]:
        """Give the endings of those that are numbers."""
        is_taken = self._taken.find
        endings = [
            int(number[-_ENDING_DIGITS:])
            if len(number) > _LONG or is_taken(number)
            else self._look_at(number, as_written)
            for number, as_written in zip(compact(written), written, strict=True)
        ]
        return [ending for ending in endings if ending >= 0]

    def _look_at(self, number: str, written: str) -> int:
        if number:
            self._taken.learn(number, verdict=True)
        return ending(written, self._default_region)
