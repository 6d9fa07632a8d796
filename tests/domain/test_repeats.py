import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import phone
from bot.domain.errors import InvalidInputError
from bot.domain.repeats import ending, places_of, repeated_endings


def test_only_endings_that_occur_again_are_found():
    numbers = ["+5511999991234", "+55 11 98888-7777", "11 99999-1234", "+5521988887777", "x"]

    assert repeated_endings([numbers[:2], numbers[2:]], "BR") == {99_991_234, 88_887_777}


def test_what_is_no_number_repeats_nothing():
    assert repeated_endings([["", "", "hello", "hello", "+999", "+999"]], "BR") == frozenset()


@pytest.mark.parametrize(
    ("one", "other", "region"),
    [
        ("+55 11 99999-1234", "11 99999-1234", "BR"),
        ("+55 11 99999-1234", "+5511９９９９９１２３４", None),
        ("+376 312345", "312345", "AD"),
        ("+49 30 1234", "+49 (0) 30 1234", None),
        ("+44 20 7946 0958", "020 7946 0958", "GB"),
        ("+54 9 11 2345-6789", "011 15-2345-6789", "AR"),
        ("+1 202-555-0123", "'12025550123", "US"),
    ],
)
def test_two_spellings_of_one_number_end_alike(one: str, other: str, region: str | None):
    assert phone.parse(one, region).e164 == phone.parse(other, region).e164

    assert repeated_endings([[one, other]], region) == {int(phone.parse(one, region).e164[-8:])}


@given(st.from_regex(r"\+(55|52|54|44|1|49|31|376|39|36)[0-9]{5,11}", fullmatch=True), st.integers(3, 8))
def test_the_ending_of_a_number_is_that_of_its_e164(number: str, at: int):
    written = f"{number[:at]} {number[at:]}"
    try:
        e164 = phone.parse(written).e164
    except InvalidInputError:
        return

    assert ending(written, None) == int(e164[-8:])
    assert repeated_endings([[written], [number]], None) == {int(e164[-8:])}
    assert places_of({int(e164[-8:])}, ["+31600000000", e164]) == [1]
