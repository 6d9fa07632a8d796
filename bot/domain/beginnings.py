"""What the first digits of a number settle: its country and kind, where any digit may stand in every other place.

In a file most numbers begin like thousands of others, and a look into a table takes a twentieth of the time of reading
a number (`benchmarks/optins_import.py`). What is remembered is proved from the library's patterns
(`bot.domain.digitpatterns`); what the first digits leave open is read as ever.
"""

from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from bot.domain.digitpatterns import UnreadablePatternError, fits, opens
from bot.domain.numbering import code_length, has_no_code, metadata_of, patterns_of

V = TypeVar("V")

#: How much of a number is looked up first and next, its plus included: enough for a market and for an old spelling.
_SHORT: Final = 6
_LONG: Final = 8
#: How much of it shows that no country has given it out; of these countries' numbers, more may stand in the sentence.
_BARE: Final = 4
_RESPELT: Final = ("+54", "+55")
#: Digits of the longest number, and its plus.
_LONGEST: Final = 16
#: A proof takes about as long as judging so many numbers: it is sought once so many have begun alike. What no country
#: has given out takes longest to judge.
_WORTH_A_PROOF: Final = {_BARE: 3, _SHORT: 20, _LONG: 20}
#: Beginnings that are remembered or counted, some hundred bytes each.
_MOST: Final = 50_000


class Beginnings(Generic[V]):
    """Remembers verdicts on numbers by how these begin.

    A verdict must go by calling code, country, kind, length and the first five digits alone, and where no country has
    given out a number by length and three digits (five in `_RESPELT`); it is true as Python sees it. Numbers are a plus
    and digits.
    """

    def __init__(self) -> None:
        #: By the length of the number.
        self._known: list[dict[str, V]] = [{} for _ in range(_LONGEST + 1)]
        self._met: dict[tuple[int, str], int] = {}

    def find(self, number: str) -> V | None:
        """Give the verdict on a number, None where none is known; on an empty text there is none."""
        known = self._known[len(number)]
        return known.get(number[:_SHORT]) or known.get(number[:_LONG]) or known.get(number[:_BARE])

    def find_all(self, numbers: Sequence[str]) -> list[V | None]:
        """Give the verdict on each of many numbers; nearly all are found at the first look."""
        known, look = self._known, self.find
        return [known[len(number)].get(number[:_SHORT]) or look(number) for number in numbers]

    def learn(self, number: str, verdict: V) -> None:
        """Count a number that no verdict was known on, and seek a proof once many have begun alike."""
        if len(self._met) >= _MOST:
            self._forget()
        for size, enough in _WORTH_A_PROOF.items():
            key = len(number), number[:size]
            self._met[key] = times = self._met.get(key, 0) + 1
            if times == enough and _is_enough(number, size):
                self._known[len(number)][number[:size]] = verdict
            if times <= enough:
                return

    def _forget(self) -> None:
        self._met.clear()
        for known in self._known:
            known.clear()


def _is_enough(number: str, size: int) -> bool:
    """Tell whether so much of a number settles what is remembered."""
    settled = settle(number[1:size], len(number) - 1)
    if size == _BARE:
        return settled is False and not number.startswith(_RESPELT)
    return settled is not None


def settle(beginning: str, length: int) -> bool | None:
    """Tell whether all numbers of so many digits that begin so are of one country and one kind.

    False if no country has given out any of them, None if that is open, or `bot.domain.numbering` might leave one of
    them to the judge. Calling codes are part of both.
    """
    try:
        return _settle(beginning, length)
    except UnreadablePatternError:
        return None


def _settle(beginning: str, length: int) -> bool | None:
    if has_no_code(beginning):
        return False
    of_code = code_length(beginning)
    national, left = beginning[of_code:], length - of_code
    if not of_code or not national or national[0] == "0" or len(national) > left:
        return None
    regions = COUNTRY_CODE_TO_REGION_CODE[int(beginning[:of_code])]
    if _may_lose_a_prefix(metadata_of(regions[0]), national, left):
        return None
    for metadata in map(metadata_of, regions):
        leading = metadata.leading_digits
        is_theirs = opens(leading, national, left) if leading else True
        has_kind = _has_kind(metadata, national, left) if is_theirs else is_theirs
        if has_kind is not False or (leading and is_theirs):
            return has_kind
    return False


def _may_lose_a_prefix(metadata: Any, national: str, length: int) -> bool:
    """Tell whether the library might take something off the front of one of them."""
    prefix = metadata.national_prefix_for_parsing
    # Without the sign for the end a pattern fits more, which is on the safe side.
    return bool(prefix) and opens(prefix.replace("$", ""), national, length, at_least=1) is not False


def _has_kind(metadata: Any, national: str, length: int) -> bool | None:
    """Tell whether all are of the same kind in a country (True) or of none (False); None where that is open."""
    if length not in metadata.general_desc.possible_length:
        return False
    is_number = fits(metadata.general_desc.national_number_pattern, national, length)
    if not is_number:
        return is_number
    for _, pattern in patterns_of(metadata, length):
        is_of_kind = fits(pattern, national, length)
        if is_of_kind is not False:
            return is_of_kind
    return False
