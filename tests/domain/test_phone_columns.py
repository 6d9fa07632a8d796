"""Numbers judged by how they begin, against the library: never another verdict, in any country, for any ending."""

from collections.abc import Iterator
from random import Random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import phone, rates
from bot.domain.beginnings import settle
from bot.domain.errors import InvalidInputError
from bot.domain.instants import Millis
from bot.domain.phone_columns import Facts, NumberReader, identities
from tests.domain.test_numbering import KINDS, by_chance, changed

NOW = Millis(1_795_000_000_000)  # 2026-11-18T11:06:40Z
#: Numbers that begin alike, twice as many as it takes to remember what their beginning says.
ALIKE = 45
TOGETHER = 30


def outcome(written: str, region: str | None = None) -> phone.PhoneNumber | str:
    """Let the library judge."""
    try:
        return phone.judge(written.strip(), region)
    except InvalidInputError as refused:
        return str(refused)


def outcomes(reader: NumberReader, written: list[str]) -> list[phone.PhoneNumber | str]:
    """Judge columns, one after the other, so that the later ones meet what was learnt from the earlier."""
    found: list[phone.PhoneNumber | str] = []
    for start in range(0, len(written), TOGETHER):
        numbers, verdicts = reader.read(written[start : start + TOGETHER])
        for number, verdict in zip(numbers, verdicts, strict=True):
            if isinstance(verdict, Facts):
                assert verdict.market == rates.market_of(number, NOW)
                [respelt] = identities([number], [verdict])
                found.append(phone.PhoneNumber(number, verdict.region, respelt or number[1:]))
            else:
                found.append(verdict)
    return found


def alike(region: str, random: Random) -> Iterator[str]:
    """Give numbers of a country, many of each beginning: those of its examples, and others near them."""
    for kind in KINDS:
        number = phonenumbers.example_number_for_type(region, kind)
        if number is None:
            continue
        example = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        for size in (4, 6, 8):
            beginning = changed(example, random)[:size]
            length = len(example) + random.choice((0, 0, 0, 1, -1))
            for _ in range(ALIKE):
                rest = random.choices("0123456789", k=max(length - len(beginning), 0))
                yield beginning + random.choice(("", "", " ")) + "".join(rest)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_numbers_that_begin_alike_are_judged_as_the_library_judges_each(region: str):
    random = Random(region)  # noqa: S311 - the same numbers in every run
    written = [number.strip() for number in alike(region, random)]
    written += [by_chance(region, random) for _ in range(ALIKE)]

    found = outcomes(NumberReader(None, NOW), written)

    assert found == [outcome(number) for number in written]


@given(st.lists(st.from_regex(r"\+?[0-9() .\-/,e+\n]{0,20}", fullmatch=True), max_size=8))
def test_whatever_is_written_is_judged_alike(written: list[str]):
    written = [one.strip() for one in written]

    assert outcomes(NumberReader(None, NOW), written) == [outcome(one) for one in written]


def test_a_number_of_another_script_is_judged_beside_plain_ones():
    written = ["+5511912345678", "+55 11 ９１２３４-５６７８", "", "x", "+55  11 91234 5678", "11 91234-5678"]

    found = outcomes(NumberReader("BR", NOW), written)

    assert found == [outcome(one, "BR") for one in written]


def test_what_a_country_code_or_a_line_end_is_hidden_in_is_not_taken_for_a_number():
    written = ["+55\n+5511912345678", "+5511912345678", "++5511912345678", "5511912345678+", "+ 5511912345678"]

    assert outcomes(NumberReader(None, NOW), written) == [outcome(one) for one in written]


@pytest.mark.parametrize(
    ("beginning", "length", "answer"),
    [
        ("55119", 13, True),  # mobile in São Paulo
        ("31612", 11, True),
        ("4415", 12, None),  # areas of their own in there
        ("4477001", 12, True),
        ("447700", 12, None),  # 077000 and 077001 were given out, the others not
        ("316", 8, False),  # too short
        ("12125", 11, True),
        ("121", 11, None),
        ("49015", 12, None),  # a trunk 0 takes a judge
        ("8001", 11, None),  # of no country
    ],
)
def test_only_what_holds_for_every_ending_is_settled(beginning: str, length: int, answer: bool | None):
    assert settle(beginning, length) is answer
