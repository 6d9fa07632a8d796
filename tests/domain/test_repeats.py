from hypothesis import given
from hypothesis import strategies as st

from bot.domain import phone
from bot.domain.csvfile import Refused, Row
from bot.domain.errors import InvalidInputError
from bot.domain.repeats import ending, repeated_endings


def row(number: str) -> Row:
    return Row(2, {"phone": number})


def test_only_endings_that_occur_again_are_found():
    rows = [row("+5511999991234"), row("+55 11 98888-7777"), row("0055 11 99999-1234"), row("+5521988887777"), row("x")]

    assert repeated_endings(rows) == {99_991_234, 88_887_777}


def test_rows_without_digits_and_refused_rows_repeat_nothing():
    rows = [row(""), row(""), Refused(3, "Wrong.", "+5511999991234"), Refused(4, "Wrong.", "+5511999991234")]

    assert repeated_endings(rows) == frozenset()


@given(
    st.sampled_from(["+5511999991234", "+12025550123", "+5491123456789", "+393312345678"]),
    st.text(" -.()", max_size=4),
    st.booleans(),
)
def test_however_a_number_is_written_its_ending_is_that_of_its_e164(number: str, spaces: str, full_width: bool):
    written = number[:4] + spaces + number[4:]
    if full_width:
        written = "+" + "".join(chr(ord(char) + 0xFEE0) if char.isdigit() else char for char in written[1:])

    try:
        e164 = phone.parse(written).e164
    except InvalidInputError:
        return

    assert ending(row(written)) == ending(row(e164))
