"""Reads plainly written numbers many times faster than the library, with the library's own patterns and in its order.

Whatever a country's rules could rewrite is left to the judge (`bot.domain.phone`). A test holds the two against each
other over every country; `benchmarks/optins_import.py` shows what it is worth.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

# A plus, a digit, and single separators; no dots, because spreadsheets leave those.
_PLAIN: Final = re.compile(r"\+[1-9](?:[ ()-]{0,2}+[0-9]){3,14}", re.ASCII)
_SEPARATORS: Final = str.maketrans("", "", " ()-")
_DIGITS_AND_SPACES: Final = b"+0123456789 \n"
#: Of numbers that match, with the plus.
_SHORTEST: Final = 5
_LONGEST: Final = 16
_DIGITS_OF_CODE: Final = (1, 2, 3)
_SHORTEST_NATIONAL: Final = 2
_NO_REGION: Final = "001"

#: Every kind of number, in the order in which the library asks for them: the first that fits counts.
_KINDS: Final = (
    *("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail"),
    *("fixed_line", "mobile"),
)
_USUAL: Final = ("fixed_line", "mobile")


class Reading(NamedTuple):
    """What the library would say of a number.

    `digits` are all of them, without a plus; the first `code_length` are the calling code. `kind` is empty where no
    country has given out such a number, and then `region` is empty too.
    """

    digits: str
    code_length: int
    region: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Country:
    """One country of a calling code."""

    region: str
    #: Beginnings that make a number this country's, whether it is valid or not; None where its kinds decide.
    leading: Callable[[str], object] | None
    #: By length: finds the first kind that a national number is of, as the name of its group.
    kind_of: Mapping[int, Callable[[str], re.Match[str] | None]]

    def kind(self, national: str) -> str:
        matches = self.kind_of.get(len(national))
        found = matches(national) if matches is not None else None
        return "" if found is None else found.lastgroup or ""


@dataclass(frozen=True, slots=True)
class _Code:
    """One calling code, with its countries in the library's order."""

    length: int
    regions: tuple[str, ...]
    #: Finds what the library might take off the front of a national number.
    prefix: Callable[[str], re.Match[str] | None] | None

    def takes(self, national: str) -> bool:
        """Tell whether the library takes a national number as it stands."""
        if len(national) < _SHORTEST_NATIONAL or national[0] == "0":
            return False  # leading zeros belong to the number in a few countries only, which the library knows
        # A prefix that may be empty, and is, takes nothing off.
        return self.prefix is None or (found := self.prefix(national)) is None or not found.end()


def recognise(written: str) -> Reading | None:
    """Recognise a valid mobile or fixed number with its calling code; None for any other."""
    reading = read(written)
    return reading if reading is not None and reading.kind in _USUAL else None


def read(written: str) -> Reading | None:
    """Read a number with its calling code; None where the library has to judge."""
    parts = _parts(written)
    if parts is None:
        return None
    digits, code, national = parts
    return Reading(digits, code.length, *_place(code, national))


def plain_digits(written: str) -> str | None:
    """Give the digits of a number with its calling code as E.164 has them, valid or not; None where it takes a judge.

    Those are all the digits that stand there, unless the library might take a prefix out.
    """
    parts = _parts(written)
    return None if parts is None else parts[0]


def has_no_code(digits: str) -> bool:
    """Tell whether three digits or more begin with no calling code at all, so that nobody has the number."""
    return not any(int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE for length in _DIGITS_OF_CODE)


def code_length(digits: str) -> int:
    """Say how many digits the calling code has that a number begins with; 0 where it takes a judge."""
    code = _code(digits[:3])
    return 0 if code is None else code.length


def compact(written: Sequence[str]) -> list[str]:
    """Give a plus and the digits of each number that is plainly written, and an empty text for each other."""
    return _compact_all(written) or [
        f"+{one[1:].translate(_SEPARATORS)}" if _PLAIN.fullmatch(one) else "" for one in written
    ]


def _compact_all(written: Sequence[str]) -> list[str]:
    """Do as `compact` for numbers that have no separators but single spaces; nothing where others are among them.

    A few looks at all of them together take a sixth of the time of one look at each (`benchmarks/optins_import.py`).
    """
    joined = "\n".join(written)
    if not joined.isascii():
        return []
    lines = b"\n" + joined.encode("ascii")
    is_plain = (
        not lines.translate(None, _DIGITS_AND_SPACES)
        and lines.count(b"+") == lines.count(b"\n+") == lines.count(b"\n") == len(written)
        and not any(odd in lines for odd in (b"  ", b"+ ", b" \n", b"+0"))
        and lines[-1:] != b" "
    )
    if not is_plain:
        return []
    numbers = lines[1:].translate(None, b" ").decode("ascii").split("\n")
    return [one if _SHORTEST <= len(one) <= _LONGEST else "" for one in numbers]


def _parts(written: str) -> tuple[str, _Code, str] | None:
    """Give all digits, the calling code, and the national number; None where it takes a judge."""
    if not _PLAIN.fullmatch(written):
        return None
    digits = written[1:]
    if not digits.isdigit():
        digits = digits.translate(_SEPARATORS)
    code = _code(digits[:3])
    if code is None or not code.takes(national := digits[code.length :]):
        return None
    return digits, code, national


def _place(code: _Code, national: str) -> tuple[str, str]:
    """Give the country that a number belongs to, and its kind there; both empty where it is nobody's."""
    for country in map(_country, code.regions):
        if country.leading is None:
            # What `kind` does, without a call: nearly every number ends here.
            matches = country.kind_of.get(len(national))
            if matches is not None and (found := matches(national)) is not None:
                return country.region, found.lastgroup or ""
        elif country.leading(national):
            kind = country.kind(national)
            return (country.region, kind) if kind else ("", "")
    return "", ""


@cache
def _code(beginning: str) -> _Code | None:
    """Read the patterns of the calling code that a number begins with; None for those of no country."""
    for length in _DIGITS_OF_CODE:
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(beginning[:length]))
        if regions is not None:
            break
    if regions is None or _NO_REGION in regions:
        return None
    prefix = metadata_of(regions[0]).national_prefix_for_parsing
    return _Code(length, regions, re.compile(prefix).match if prefix else None)


def metadata_of(region: str) -> Any:
    """Give what the library knows of a country, in its own shape."""
    return PhoneMetadata.metadata_for_region(region)


@cache
def _country(region: str) -> _Country:
    metadata = metadata_of(region)
    leading = metadata.leading_digits
    lengths = metadata.general_desc.possible_length
    return _Country(
        region=region,
        leading=re.compile(leading).match if leading else None,
        kind_of={length: re.compile(_kinds(metadata, length)).match for length in lengths},
    )


def patterns_of(metadata: Any, length: int) -> Iterator[tuple[str, str]]:
    """Give the kinds of one length that a country has, each with its pattern, in the library's order."""
    for kind in _KINDS:
        one = getattr(metadata, kind)
        # A kind that names no lengths has those of its country.
        if one is not None and one.national_number_pattern is not None and length in (one.possible_length or [length]):
            yield kind, one.national_number_pattern


def _kinds(metadata: Any, length: int) -> str:
    """Join the patterns of the kinds that a country has in one length, each named after its kind."""
    groups = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in patterns_of(metadata, length))
    # Where a country has no kind of that length, only a number that is not there would match.
    return rf"(?=(?:{metadata.general_desc.national_number_pattern})\Z)(?:{groups or '(?!)'})\Z"
