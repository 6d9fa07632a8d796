"""Phone numbers: what is one, where it belongs, and how it is shown masked.

The home of `phonenumbers`, which is the judge: a number is accepted exactly when the library calls it valid
and its kind can be on a person's phone. Most numbers are read before it is asked (`bot.domain.numbering`).
Numbers reserved for fiction get no special treatment.
"""

import re
from functools import lru_cache
from traceback import clear_frames
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

from bot.domain.errors import InvalidInputError
from bot.domain.numbering import Reading, read
from bot.domain.spellings import e164_of_digits, identity_of_digits

#: Region codes of the library that are no country ("001": satellites and other numbers without one).
_NO_COUNTRY = frozenset({"001", "ZZ", ""})

#: Kinds that no person has WhatsApp on. Fixed lines stay: WhatsApp registers them by a voice call. Toll-free too.
_REFUSED_KINDS = {
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.SHARED_COST: "a shared-cost number",
    PhoneNumberType.PAGER: "a pager",
    PhoneNumberType.UAN: "a company-wide number",
    PhoneNumberType.VOICEMAIL: "a voicemail box",
}

#: The same by the names that `bot.domain.numbering` gives them.
_REFUSED_NAMES = {PhoneNumberType.to_string(kind).lower(): kind for kind in _REFUSED_KINDS}

# Marks of writing direction and of width zero, which contact apps copy along and nobody sees.
_INVISIBLE = dict.fromkeys((*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF))
# Digits of any script, with the separators people write; letters and extensions are refused, not guessed at.
_WRITTEN = re.compile(r"[+＋]?[\d\s().\-/\u2010-\u2015\u2212\u30fc\uff0d-\uff0f\uff08\uff09\u00ad]+")
# 5.51199E+12 has lost its last digits; 5511999991234.0 would gain one.
_SPOILT = re.compile(r"[+]?\d+([.,]\d+)?[eE][+]?\d+|\d{7,}[.,]0+")
_BSUID = re.compile(r"([A-Z]{2})\.[A-Za-z0-9.]+")


class PhoneNumber(NamedTuple):
    """A valid number. `region` is a two-letter country code, or empty where a number belongs to no country.

    `identity` is equal for two spellings of one line (see `identity_of_digits`). A tuple: an import makes one a row.
    """

    e164: str
    region: str
    identity: str


def parse(text: str, default_region: str | None = None) -> PhoneNumber:
    """Read a phone number as people and spreadsheets write it.

    A number without `+` is only taken with a default region (two letters). Raises InvalidInputError with one sentence
    that says what is wrong and never holds the number itself.
    """
    # What can be read as it stands needs no cleaning.
    reading = read(text)
    if reading is None and (written := _clean(text)) != text:
        reading = read(written)
    if reading is None:
        return judge(_clean(text), default_region)
    digits, _, region, kind = reading
    if not kind:
        raise InvalidInputError(_unassigned_sentence(reading))
    if kind in _REFUSED_NAMES:
        raise InvalidInputError(_refused_sentence(_REFUSED_NAMES[kind]))
    return PhoneNumber(f"+{digits}", region, identity_of_digits(digits))


def judge(written: str, default_region: str | None) -> PhoneNumber:
    """Let the library read a number without spaces around it; raises InvalidInputError as `parse` does."""
    _refuse_spoilt(written, default_region)
    try:
        number = phonenumbers.parse(written, default_region)
    except NumberParseException as problem:
        # A frame of the library's keeps its own traceback, and so whatever its callers work on, until the garbage
        # collector looks: thousands of rows of an import for a single bad one.
        clear_frames(problem.__traceback__)
        raise InvalidInputError(_PARSE_SENTENCES.get(problem.error_type, _NOT_A_NUMBER)) from problem
    kind = phonenumbers.number_type(number)  # UNKNOWN exactly when `is_valid_number` is false
    if kind == PhoneNumberType.UNKNOWN:
        raise InvalidInputError(_invalid_sentence(number))
    if kind in _REFUSED_KINDS:
        raise InvalidInputError(_refused_sentence(kind))
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return PhoneNumber(e164, _country(phonenumbers.region_code_for_number(number)), identity_of_digits(e164[1:]))


def check_region(text: str) -> str:
    """Read a two-letter country code; raises InvalidInputError for one that no phone number belongs to."""
    region = text.strip().upper()
    if region in phonenumbers.SUPPORTED_REGIONS:
        return region
    hint = "use GB for the United Kingdom" if region == "UK" else "use two letters such as BR or NL"
    raise InvalidInputError(f"“{text.strip()}” is not a country code; {hint}.")


def region_of(e164: str) -> str:
    """Give the country of an E.164 number (plus sign first); empty where it belongs to none or is not a number."""
    try:
        number = phonenumbers.parse(e164)
    except NumberParseException:
        return ""
    return _country(phonenumbers.region_code_for_number(number)) or _country(
        phonenumbers.region_code_for_country_code(number.country_code or 0)
    )


def calling_code_of(region: str) -> str:
    """Give a country's calling code with its plus sign (`NL` gives `+31`); empty for an unknown country."""
    code = phonenumbers.country_code_for_region(region)
    return f"+{code}" if code else ""


def is_number(text: str) -> bool:
    """Tell whether `parse` takes this."""
    try:
        parse(text)
    except InvalidInputError:
        return False
    return True


def digits_of(text: str) -> str:
    """Give the digits of a number that was written well, given out or not; empty for anything else.

    To look for what is on record: WhatsApp knows numbers before the library does, and Meta names people by digits.
    """
    written = _clean(text)
    digits = phonenumbers.normalize_digits_only(written) if _WRITTEN.fullmatch(written) else ""
    return digits if _SHORTEST <= len(digits) <= _LONGEST else ""


def is_bsuid(text: str) -> bool:
    """Tell whether this is a business-scoped user id: two capitals, a dot, letters and digits."""
    return _BSUID.fullmatch(text) is not None


def mask(address: str) -> str:
    """Show a phone number or business-scoped user id so that only somebody who knows it recognises it.

    `+5511999991234` becomes `+55 11 *****-1234`, `NL.9f3k` becomes `NL.****`. Never raises.
    """
    if bsuid := _BSUID.fullmatch(address):
        return f"{bsuid[1]}.****"
    try:
        number = phonenumbers.parse(address)
    except NumberParseException:
        return _stars(address, hidden_from=0)
    shown = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return _stars(shown, hidden_from=_area_end(shown))


#: Digits of a number with its country code (ITU-T E.164; no country has shorter ones than these).
_SHORTEST, _LONGEST = 7, 15
#: Digits that must stay hidden between what is shown in front and the last four.
_HIDDEN_AT_LEAST = 3
_TAIL = 4


def _area_end(shown: str) -> int:
    """Say up to where calling and area code may be shown: the area only where enough digits hide behind it."""
    start = shown.find(" ") + 1
    area = re.match(r"\d+", shown[start:])
    end = start + (area.end() if area else 0)
    return end if _count_digits(shown[end:]) >= _HIDDEN_AT_LEAST + _TAIL else start


def _stars(shown: str, hidden_from: int) -> str:
    left = _count_digits(shown[hidden_from:])
    tail = _TAIL if left >= _HIDDEN_AT_LEAST + _TAIL else 0
    out = list(shown[:hidden_from])
    for char in shown[hidden_from:]:
        out.append(char if char in "+-. ()" or (char.isdigit() and left <= tail) else "*")
        left -= char.isdigit()
    return "".join(out)


def _count_digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _clean(text: str) -> str:
    visible = text if text.isascii() else text.translate(_INVISIBLE)
    return visible.strip().removeprefix("'").strip()


def _country(region: str | None) -> str:
    return "" if region is None or region in _NO_COUNTRY else region


def _refuse_spoilt(written: str, default_region: str | None) -> None:
    if not written:
        raise InvalidInputError("The phone number is empty.")
    if _SPOILT.fullmatch(written):
        raise InvalidInputError("A spreadsheet has spoilt the number; format that column as text and export it again.")
    if written[0] in "=@-":
        raise InvalidInputError("The cell holds a formula, not a phone number.")
    if not _WRITTEN.fullmatch(written):
        raise InvalidInputError(_NOT_A_NUMBER)
    if default_region is None and written[0] not in "+＋":
        raise InvalidInputError(_NO_PLUS)


_NOT_A_NUMBER = "That is not a phone number; write it with + and country code, digits only."
_NO_PLUS = "The country code is missing: a number starts with +, as in +55 or +31 (write + instead of 00)."
_NO_SUCH_CODE = "No country has this calling code; check the digits after the +."
_TOO_SHORT = "The number is too short for its country; digits are missing."
_TOO_LONG = "The number is too long for its country."
_WRONG_LENGTH = "The number has a length that does not exist in its country."
_INVALID = "No such number is given out in its country; check the area code and the first digits."
#: Spellings that a country has given up and that Meta still uses in its ids.
_OLD_SPELLING = {
    "+55": "Brazilian mobile numbers have a 9 after the area code; add it.",
    "+52": "Mexican numbers have no 1 after +52 any more; take it out.",
}

_PARSE_SENTENCES = {
    NumberParseException.INVALID_COUNTRY_CODE: _NO_SUCH_CODE,
    NumberParseException.TOO_SHORT_AFTER_IDD: _TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: _TOO_SHORT,
    NumberParseException.TOO_LONG: _TOO_LONG,
}

_LENGTH_SENTENCES = {
    ValidationResult.INVALID_COUNTRY_CODE: _NO_SUCH_CODE,
    ValidationResult.TOO_SHORT: _TOO_SHORT,
    ValidationResult.TOO_LONG: _TOO_LONG,
    ValidationResult.INVALID_LENGTH: _WRONG_LENGTH,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: _TOO_SHORT,
}


def _refused_sentence(kind: int) -> str:
    return f"The number is {_REFUSED_KINDS[kind]}, which no person has WhatsApp on."


def _unassigned_sentence(reading: Reading) -> str:
    """Say what `_invalid_sentence` says of the same number."""
    digits, code_length, *_ = reading
    if e164_of_digits(digits) != f"+{digits}":
        return _OLD_SPELLING[f"+{digits[:2]}"]
    return _length_sentence(int(digits[:code_length]), len(digits) - code_length)


@lru_cache(maxsize=4096)  # calling codes times lengths
def _length_sentence(code: int, length: int) -> str:
    """Say what is wrong with an unassigned national number of some length, of which the library asks no more."""
    number = phonenumbers.PhoneNumber(country_code=code, national_number=10 ** (length - 1))
    return _LENGTH_SENTENCES.get(phonenumbers.is_possible_number_with_reason(number), _INVALID)


def _invalid_sentence(number: phonenumbers.PhoneNumber) -> str:
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if e164_of_digits(e164[1:]) != e164:
        return _OLD_SPELLING[e164[:3]]
    return _LENGTH_SENTENCES.get(phonenumbers.is_possible_number_with_reason(number), _INVALID)
