"""Several spellings of one line: which digits Meta may name for a number, and what all of them have in common.

Only Brazil, Mexico and Argentina have numbers that are spelt in more than one way.
"""

import re

_BR_WITHOUT_NINE = re.compile(r"55(\d\d)([6-9]\d{7})")
_MX_WITH_ONE = re.compile(r"521(\d{10})")
_AR_WITH_NINE = re.compile(r"549(\d{10})")
_AR_WITHOUT_NINE = re.compile(r"54(\d{10})")
#: What the digits begin with that may have more than one spelling; of those with 55, only these are of full length.
_RESPELT = ("521", "54", "55")
_BR_WITH_NINE_DIGITS = 13


def may_be_respelt(digits: str) -> bool:
    """Tell by length and first digits where `identity_of_digits` may change them: of few countries' numbers."""
    return digits.startswith(_RESPELT) and not (len(digits) == _BR_WITH_NINE_DIGITS and digits.startswith("55"))


def identity_of_digits(digits: str) -> str:
    """Give the canonical digits of a line, from the digits Meta names (`wa_id`, no plus).

    Brazil: mobile numbers with the 9 after the area code; Mexico: without the 1 after 52; Argentina: without the 9
    after 54 (Meta: "for BR and MX the platform may change the extra digit", "Send messages", read 2026-09).
    """
    if not may_be_respelt(digits):
        return digits
    if argentine := _AR_WITH_NINE.fullmatch(digits):
        return f"54{argentine[1]}"
    return e164_of_digits(digits)[1:]


def e164_of_digits(digits: str) -> str:
    """Spell the digits Meta names as the number would stand in an import: Brazil with its 9, Mexico without its 1."""
    if brazilian := _BR_WITHOUT_NINE.fullmatch(digits):
        return f"+55{brazilian[1]}9{brazilian[2]}"
    if mexican := _MX_WITH_ONE.fullmatch(digits):
        return f"+52{mexican[1]}"
    return f"+{digits}"


def spellings_of_digits(digits: str) -> tuple[str, ...]:
    """List every way the same line's digits may be on record, the given one first."""
    if not may_be_respelt(digits):
        return (digits,)
    known = [digits, identity_of_digits(digits)]
    if argentine := _AR_WITHOUT_NINE.fullmatch(known[1]):
        known.append(f"549{argentine[1]}")
    return tuple(dict.fromkeys(known))
