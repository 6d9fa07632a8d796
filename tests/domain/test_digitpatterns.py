"""What is proved of a pattern against the pattern itself: over every ending where there are few, else over some."""

import re
from collections.abc import Iterator
from itertools import product
from random import Random

import phonenumbers
import pytest

from bot.domain.digitpatterns import UnreadablePatternError, fits, opens
from bot.domain.numbering import metadata_of, patterns_of

#: Digits left open, few enough to try every ending.
OPEN = 2
BEGINNINGS = 6


def patterns(region: str) -> Iterator[tuple[str, int]]:
    """Give every pattern of a country with each length it is asked about."""
    metadata = metadata_of(region)
    for length in metadata.general_desc.possible_length:
        yield metadata.general_desc.national_number_pattern, length
        for _, pattern in patterns_of(metadata, length):
            yield pattern, length


def beginnings(pattern: str, length: int, random: Random) -> Iterator[str]:
    """Give beginnings near what fits: digits that stand in the pattern in front, others behind."""
    digits = re.sub(r"\\d|\{[^}]*\}|[^0-9]", "", pattern) or "0"
    for _ in range(BEGINNINGS):
        start = random.randrange(len(digits))
        wanted = (digits[start : start + random.randint(1, 4)] + "".join(random.choices("0123456789", k=length)))[
            :length
        ]
        yield wanted[: length - OPEN]


def answer(outcomes: set[bool]) -> bool | None:
    return outcomes.pop() if len(outcomes) == 1 else None


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_what_is_said_of_all_endings_is_so_of_each(region: str):
    random = Random(region)  # noqa: S311 - the same beginnings in every run
    endings = ["".join(digits) for digits in product("0123456789", repeat=OPEN)]

    for pattern, length in patterns(region):
        for beginning in beginnings(pattern, length, random):
            outcomes = {re.fullmatch(pattern, beginning + ending) is not None for ending in endings}
            assert fits(pattern, beginning, length) is answer(outcomes), (pattern, beginning, length)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_what_is_said_of_fronts_is_so_of_each_ending(region: str):
    random = Random(region)  # noqa: S311 - the same beginnings in every run
    endings = ["".join(digits) for digits in product("0123456789", repeat=OPEN)]
    metadata = metadata_of(region)
    asked = [one for one in (metadata.leading_digits, metadata.national_prefix_for_parsing) if one and "$" not in one]

    for pattern in asked:
        for beginning in beginnings(pattern, 8, random):
            # Of several ways to fit, the library takes the first; whether there is one, is what all ways say.
            found = [re.match(f"(?:{pattern})", beginning + ending) for ending in endings]
            assert opens(pattern, beginning, len(beginning) + OPEN) is answer({one is not None for one in found})
            if any(one is not None and one.end() for one in found):
                assert opens(pattern, beginning, len(beginning) + OPEN, at_least=1) is not False


@pytest.mark.parametrize(
    ("beginning", "answer"), [("1", True), ("2", None), ("23", True), ("24", False), ("3", False), ("", None)]
)
def test_the_first_digits_settle_what_the_rest_may_be(beginning: str, answer: bool | None):
    assert fits(r"(?:1\d|2[13])\d{3}", beginning, 5) is answer


def test_nothing_of_another_length_fits():
    assert fits(r"1\d{3,4}", "1", 6) is False


@pytest.mark.parametrize("pattern", [r"(?=1)\d", r"1+", r"[^1]", r"\w", r"(1", r"1{2", r"1$", r"1)"])
def test_a_pattern_of_other_things_is_not_guessed_at(pattern: str):
    with pytest.raises(UnreadablePatternError):
        fits(pattern, "1", 3)
