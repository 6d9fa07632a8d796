"""Phone numbers as they are shown and compared: masking, and the one identity behind two spellings of a line."""

import re

_BR_WITHOUT_NINE = re.compile(r"55(\d\d)([6-9]\d{7})")
_MX_WITH_ONE = re.compile(r"521(\d{10})")
_AR_WITH_NINE = re.compile(r"549(\d{10})")


def identity_of_digits(digits: str) -> str:
    """Give the canonical digits of a line, from the digits Meta names (`wa_id`, no plus)."""
    if brazilian := _BR_WITHOUT_NINE.fullmatch(digits):
        return f"55{brazilian[1]}9{brazilian[2]}"
    if mexican := _MX_WITH_ONE.fullmatch(digits):
        return f"52{mexican[1]}"
    if argentine := _AR_WITH_NINE.fullmatch(digits):
        return f"54{argentine[1]}"
    return digits


def mask(address: str) -> str:
    """Show an address so that only somebody who knows it recognises it: `+5511*****1234`, `NL.****`."""
    if not address.startswith("+"):
        return f"{address[:3]}****"
    hidden = max(len(address) - 9, 3)
    return f"{address[:5]}{'*' * hidden}{address[-4:]}"
