import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import phone
from bot.domain.errors import InvalidInputError
from bot.domain.spellings import identity_of_digits, spellings_of_digits

BRAZIL = "+5511999991234"
WRITINGS = [
    "+55 11 99999-1234",
    "+55 (11) 99999.1234",
    "'+5511999991234",
    "+55 11 ９９９９９-1234",
    "＋5511999991234",
    "\u202a+55 11 99999\u20111234\u202c",
    "\ufeff+55\u00a011\u00a0999991234 ",
]
SENTENCES = {
    "": "empty",
    "  ": "empty",
    "5511999991234": "starts with +",
    "005511999991234": "instead of 00",
    "5.51199E+12": "spreadsheet",
    "5,51199E+12": "spreadsheet",
    "5511999991234.0": "spreadsheet",
    "=+5511999991234": "formula",
    "@SUM(1)": "formula",
    "+1 800 FLOWERS": "not a phone number",
    "+5511999991234 ext. 5": "not a phone number",
    "hello": "not a phone number",
    "+": "not a phone number",
    "+55": "not a phone number",
    "+9991234567": "calling code",
    "+55119999": "too short",
    "+55119999912345678": "too long",
    "+12015550123456": "too long",
    "+551188887777": "a 9 after the area code",
    "+5215512345678": "no 1 after +52",
    "+447700900123": "given out",
    "+19005550123": "premium-rate",
}


@pytest.mark.parametrize("text", WRITINGS)
def test_a_number_is_taken_however_people_write_it(text: str):
    number = phone.parse(text)

    assert (number.e164, number.region) == (BRAZIL, "BR")


@pytest.mark.parametrize(("text", "words"), SENTENCES.items())
def test_a_refusal_says_what_is_wrong_in_one_sentence(text: str, words: str):
    with pytest.raises(InvalidInputError, match=r"^[A-Z][^\n]+\.$") as refusal:
        phone.parse(text)

    assert words in str(refusal.value)


@pytest.mark.parametrize("text", [text for text in SENTENCES if len(text) > 5])
def test_a_refusal_never_holds_the_number(text: str):
    with pytest.raises(InvalidInputError) as refusal:
        phone.parse(text)

    assert text not in str(refusal.value)


@pytest.mark.parametrize(("text", "region"), [("011 99999-1234", "BR"), ("11999991234", "BR"), ("5511999991234", "BR")])
def test_a_default_region_stands_in_for_the_country_code(text: str, region: str):
    assert phone.parse(text, region).e164 == BRAZIL


def test_a_leading_00_counts_where_the_default_region_dials_it():
    assert phone.parse("0031 6 12345678", "DE").e164 == "+31612345678"


def test_numbers_reserved_for_fiction_are_judged_as_the_library_judges_them():
    assert phone.parse("+12025550123").region == "US"
    assert not phonenumbers.is_valid_number(phonenumbers.parse("+447700900123"))


def test_a_number_of_no_country_has_no_region():
    assert phone.parse("+870773111632").region == ""


@given(
    st.one_of(
        st.from_regex(r"\+[1-9][0-9]{4,14}", fullmatch=True),
        st.from_regex(r"\+(55|52|54|44|1|49|31)[0-9]{7,11}", fullmatch=True),
        st.from_regex(r"\+?[0-9 ().\-/]{0,20}", fullmatch=True),
    ),
    st.sampled_from([None, "BR", "US", "DE", "MX", "AR"]),
)
def test_what_is_taken_is_what_the_library_calls_valid(text: str, region: str | None):
    refused_kinds = set(phone._REFUSED_KINDS)
    try:
        judged = phonenumbers.parse(text, region)
        is_valid = phonenumbers.is_valid_number(judged) and phonenumbers.number_type(judged) not in refused_kinds
    except phonenumbers.NumberParseException:
        is_valid = False

    try:
        number = phone.parse(text, region)
    except InvalidInputError:
        assert not is_valid or _is_spoilt(text) or text.strip().startswith("-")
    else:
        assert is_valid
        assert number.e164 == phonenumbers.format_number(judged, phonenumbers.PhoneNumberFormat.E164)


def _is_spoilt(text: str):
    return text.strip().rstrip("0").endswith(".")


@given(st.text(max_size=40), st.sampled_from([None, "BR", "US"]))
def test_no_text_does_anything_but_parse_or_be_refused(text: str, region: str | None):
    try:
        number = phone.parse(text, region)
    except InvalidInputError:
        return

    assert number.e164[0] == "+"
    assert number.e164[1:].isascii()
    assert number.e164[1:].isdigit()


@given(st.integers(11, 99), st.from_regex(r"[6-9][0-9]{7}", fullmatch=True))
def test_a_brazilian_mobile_is_one_line_with_and_without_its_9(area: int, local: str):
    with_nine, without_nine = f"55{area}9{local}", f"55{area}{local}"

    assert identity_of_digits(with_nine) == identity_of_digits(without_nine) == with_nine


@given(st.integers(11, 99), st.from_regex(r"[2-5][0-9]{7}", fullmatch=True))
def test_a_brazilian_fixed_line_is_a_line_of_its_own(area: int, local: str):
    fixed = f"55{area}{local}"

    assert identity_of_digits(fixed) == fixed


@given(st.from_regex(r"[2-9][0-9]{9}", fullmatch=True))
def test_a_mexican_number_is_one_line_with_and_without_its_1(national: str):
    assert identity_of_digits(f"521{national}") == identity_of_digits(f"52{national}") == f"52{national}"


@given(st.from_regex(r"[1-38][0-9]{9}", fullmatch=True))
def test_an_argentine_number_is_one_line_with_and_without_its_9(national: str):
    assert identity_of_digits(f"549{national}") == identity_of_digits(f"54{national}") == f"54{national}"


@given(st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True))
def test_identity_is_settled_and_among_the_spellings(digits: str):
    identity = identity_of_digits(digits)

    assert identity_of_digits(identity) == identity
    assert spellings_of_digits(digits)[0] == digits
    assert {identity_of_digits(each) for each in spellings_of_digits(digits)} == {identity}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (BRAZIL, "+55 11 *****-1234"),
        ("+12025550123", "+1 202-***-0123"),
        ("+376312345", "+376 *** ***"),
        ("NL.9f3kAbC", "NL.****"),
        ("NL.ENT.9f3kAbC", "NL.****"),
        ("not a number", "*** * ******"),
        ("", ""),
    ],
)
def test_a_masked_address_shows_no_more_than_its_ends(address: str, shown: str):
    assert phone.mask(address) == shown


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_masked_number_hides_three_digits_or_more(e164: str):
    masked = phone.mask(e164)

    assert masked.count("*") >= 3
    assert e164 not in masked.replace(" ", "").replace("-", "")


@given(st.text(max_size=60))
def test_masking_never_fails(text: str):
    assert isinstance(phone.mask(text), str)


@pytest.mark.parametrize(("e164", "region"), [("+12025550123", "US"), ("+14165550123", "CA"), ("+17875550123", "PR")])
def test_one_calling_code_is_told_apart_by_area(e164: str, region: str):
    assert phone.region_of(e164) == region


def test_a_country_code_is_checked_with_a_hint():
    assert phone.check_region(" br ") == "BR"

    with pytest.raises(InvalidInputError, match="use GB"):
        phone.check_region("UK")


def test_a_country_knows_its_calling_code():
    assert (phone.calling_code_of("NL"), phone.calling_code_of("XX")) == ("+31", "")


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("+44 7700 900123", "447700900123"),
        (" 447700900123", "447700900123"),
        ("'+44 7700 900123", "447700900123"),
        ("+44 7700 ９００１２３", "447700900123"),
        ("+44 7700 900123 ext. 5", ""),
        ("=447700900123", ""),
        ("+123456", ""),
        ("+1234567890123456", ""),
        ("", ""),
    ],
)
def test_digits_are_read_of_what_is_written_as_a_number(text: str, digits: str):
    assert phone.digits_of(text) == digits
