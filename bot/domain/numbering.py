"""Recognises plainly written, valid numbers many times faster than the library, from the library's own patterns.

It only ever says yes, and only where the library would: whatever a country's rules could rewrite, split between
countries or doubt is left to the judge (`bot.domain.phone`). A test holds the two against each other over every
country; `benchmarks/optins_import.py` shows what it is worth.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

# A plus, a digit, and single separators; no dots, because spreadsheets leave those.
_PLAIN: Final = re.compile(r"\+[1-9](?:[ ()-]{0,2}[0-9]){6,14}", re.ASCII)
_SEPARATORS: Final = str.maketrans("", "", " ()-+")
_DIGITS_OF_CODE: Final = (1, 2, 3)
_NO_REGION: Final = "001"


class Recognised(NamedTuple):
    """The digits of a valid number, without a plus, and the country it belongs to."""

    digits: str
    region: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of number in one country."""

    lengths: frozenset[int]
    matches: Callable[[str], object]

    def holds(self, national: str) -> bool:
        return len(national) in self.lengths and self.matches(national) is not None


@dataclass(frozen=True, slots=True)
class _Country:
    """The country that the library tries first for a calling code."""

    region: str
    general: _Kind
    usual: tuple[_Kind, ...]
    #: Kinds that no person has WhatsApp on, and that the library prefers where a number is of two kinds.
    refused: tuple[_Kind, ...]
    #: Finds what the library might take off the front of a national number.
    prefixed: Callable[[str], object] | None

    def holds(self, national: str) -> bool:
        if not self.general.holds(national) or (self.prefixed is not None and self.prefixed(national)):
            return False
        is_usual = any(kind.holds(national) for kind in self.usual)
        return is_usual and not any(kind.holds(national) for kind in self.refused)


def recognise(written: str) -> Recognised | None:
    """Recognise a mobile or fixed number with its calling code; None where the library has to judge."""
    if not _PLAIN.fullmatch(written):
        return None
    digits = written.translate(_SEPARATORS)
    for length in _DIGITS_OF_CODE:
        if int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE:
            country = _country(int(digits[:length]))
            is_known = country is not None and country.holds(digits[length:])
            return Recognised(digits, country.region) if country is not None and is_known else None
    return None


@cache
def _country(calling_code: int) -> _Country | None:
    """Read the patterns of the first country of a calling code; None where its numbers need a closer look."""
    region = COUNTRY_CODE_TO_REGION_CODE[calling_code][0]
    metadata: Any = None if region == _NO_REGION else PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.leading_digits is not None:
        return None
    general = _kind(metadata.general_desc)
    if general is None:
        return None
    refused = (metadata.premium_rate, metadata.shared_cost, metadata.pager, metadata.uan, metadata.voicemail)
    prefix = metadata.national_prefix_for_parsing
    return _Country(
        region=region,
        general=general,
        usual=_kinds(metadata.mobile, metadata.fixed_line),
        refused=_kinds(*refused),
        prefixed=re.compile(prefix).match if prefix else None,
    )


def _kinds(*described: Any) -> tuple[_Kind, ...]:
    return tuple(kind for one in described if (kind := _kind(one)) is not None)


def _kind(described: Any) -> _Kind | None:
    """Read one of the library's descriptions; None where a country has no such numbers."""
    if described is None or described.national_number_pattern is None:
        return None
    # Leading zeros belong to the number in a few countries only, which the library knows.
    matches = re.compile(rf"(?!0)(?:{described.national_number_pattern})").fullmatch
    return _Kind(frozenset(described.possible_length), matches)
