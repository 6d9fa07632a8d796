"""The fast reader against the library: it may leave a number to the library, and never says anything else."""

from collections.abc import Callable, Iterator
from random import Random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from bot.domain import phone
from bot.domain.errors import InvalidInputError
from bot.domain.numbering import read, recognise

#: Kinds of numbers to start from.
KINDS = (
    *(PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE),
    *(PhoneNumberType.SHARED_COST, PhoneNumberType.VOIP, PhoneNumberType.UAN, PhoneNumberType.PAGER),
)
#: Changed copies of each example: enough to reach most branches of a country's patterns over its kinds.
COPIES = 12
#: Numbers by chance in every region, of lengths that the region has.
BY_CHANCE = 40
CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def examples(code: int) -> Iterator[str]:
    """Give valid numbers of every kind in every country of a calling code."""
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
        for kind in KINDS:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                yield phonenumbers.format_number(number, PhoneNumberFormat.E164)


def changed(example: str, random: Random) -> str:
    """Change, add or take out digits, most often none or one."""
    digits = list(example[1:])
    for _ in range(random.choice((0, 1, 1, 2, 4))):
        place = random.randrange(len(digits))
        digits[place : place + random.randint(0, 1)] = random.choice(("", *"0123456789"))
    return f"+{''.join(digits)}"


def by_chance(region: str, random: Random) -> str:
    """Make up a number of a region from the beginning of a real one, or from nothing."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    length = random.choice(metadata.general_desc.possible_length) + random.choice((0, 0, 0, 1, -1))
    kind = random.choice(KINDS)
    example = phonenumbers.example_number_for_type(region, kind) or phonenumbers.example_number(region)
    beginning = phonenumbers.national_significant_number(example)[: random.randint(0, 4)]
    rest = "".join(random.choice("0123456789") for _ in range(length - len(beginning)))
    return f"+{phonenumbers.country_code_for_region(region)}{beginning}{rest}"


def outcome(read: Callable[[str], phone.PhoneNumber], written: str) -> phone.PhoneNumber | str:
    """Give the number, or the sentence that says what is wrong with it."""
    try:
        return read(written)
    except InvalidInputError as refused:
        return str(refused)


def judged(written: str) -> phone.PhoneNumber:
    return phone.judge(written.strip(), None)


def agrees(written: str) -> bool:
    return outcome(phone.parse, written) == outcome(judged, written)


@pytest.mark.parametrize("code", CODES)
def test_it_never_disagrees_with_the_library_in_any_country(code: int):
    random = Random(code)  # noqa: S311 - the same numbers in every run
    copies = [changed(example, random) for example in examples(code) for _ in range(COPIES)]

    disagreed = [written for written in copies if not agrees(written)]

    assert disagreed == []


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_it_never_disagrees_about_numbers_by_chance_in_any_region(region: str):
    random = Random(region)  # noqa: S311 - the same numbers in every run

    disagreed = [written for _ in range(BY_CHANCE) if not agrees(written := by_chance(region, random))]

    assert disagreed == []


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_a_number_it_reads_is_of_the_kind_and_country_that_the_library_names(region: str):
    random = Random(region)  # noqa: S311 - the same numbers in every run
    readings = [reading for _ in range(BY_CHANCE) if (reading := read(by_chance(region, random)))]

    for reading in readings:
        number = phonenumbers.parse(f"+{reading.digits}")
        kind = phonenumbers.number_type(number)
        assert reading.region == (phonenumbers.region_code_for_number(number) if reading.kind else "")
        assert (kind == PhoneNumberType.UNKNOWN) == (not reading.kind)
        assert kind not in {PhoneNumberType.PAGER, PhoneNumberType.UAN} or reading.kind in {"pager", "uan"}


@given(st.sampled_from(CODES), st.text("0123456789", min_size=4, max_size=13), st.text(" ()-", max_size=2))
def test_digits_by_chance_are_read_alike(code: int, national: str, separator: str):
    assert agrees(f"+{code}{separator}{national[:3]}{separator}{national[3:]}")


@given(st.from_regex(r"\+?[0-9() .\-/,e+]{0,20}"))
def test_whatever_is_written_is_read_alike(written: str):
    assert agrees(written)


@pytest.mark.parametrize(
    "written", ["+5511912345678", "+55 (11) 91234-5678", "+12125550123", "+447400123456", "+31612345678"]
)
def test_what_files_are_full_of_is_recognised(written: str):
    assert recognise(written) is not None


@pytest.mark.parametrize("written", ["5511912345678", "+5511912345678.0", "+44 07700 900123", "+551191234567", ""])
def test_what_needs_a_closer_look_is_left_to_the_library(written: str):
    assert recognise(written) is None


def test_numbers_that_no_country_has_given_out_are_refused_without_the_library():
    reading = read("+55 11 12345-6789")

    assert reading is not None
    assert (reading.kind, reading.region) == ("", "")
