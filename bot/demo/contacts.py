"""Sample opt-ins from a seed, in numbers reserved for fiction, with the flaws real files have."""

import csv
import io
import re
from collections.abc import Iterator
from random import Random
from typing import Final

_NAMES: Final = (
    *("Ana", "Bea", "Caio", "Dora", "Enzo", "Fay", "Gil", "Hugo", "Ines", "Joana", "Karim", "Lea", "Max", "Nina"),
    *("Oto", "Pia", "Rui", "Sam", "Tess", "Uma", "Vito", "Wim", "Yara", "Zoe"),
)
_CITIES: Final = ("Porto", "Lyon", "Leeds", "Braga", "Lille", "York")
_UK_AREAS: Final = (113, 114, 115, 116, 117, 118, 121, 131, 141, 151)
COLUMNS: Final = ("phone", "name", "language", "tags", "opted_in_at", "city")

#: Of a hundred rows so many are flawed; the rest are sound.
_US_SHARE, _DUPLICATE_SHARE, _INVALID_SHARE = 2, 2, 2
_VIP_SHARE = 8


def csv_of(contacts: int, seed: int) -> bytes:
    """Write so many rows: sound ones, people in the US, repeated numbers and invalid ones."""
    chance = Random(seed)  # noqa: S311 - sample data, not secrets
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    phones: list[str] = []
    for number in _fictional(chance):
        if len(phones) >= contacts:
            break
        phone = _flawed(chance, number, phones)
        phones.append(phone)
        writer.writerow(_row(chance, phone))
    return text.getvalue().encode()


def sound_phones(content: bytes) -> list[str]:
    """List the numbers of a sample file that messages can go to, each once, in the order of the file."""
    phones = (line.partition(",")[0] for line in content.decode().splitlines()[1:])
    return [phone for phone in dict.fromkeys(phones) if re.fullmatch(r"\+(33|44)\d{9,10}", phone)]


def _fictional(chance: Random) -> Iterator[str]:
    """Give numbers set aside for film and print: the UK's city ranges 496 0xxx, France's 01 99 00 and 02 61 91."""
    british = [f"+44{area}4960{n:03}" for area in _UK_AREAS for n in range(1_000)]
    french = [f"+33{start}{n:04}" for start in ("19900", "26191") for n in range(10_000)]
    chance.shuffle(british)
    chance.shuffle(french)
    yield from (number for pair in zip(british, french, strict=False) for number in pair)
    yield from french[len(british) :]


def _flawed(chance: Random, phone: str, before: list[str]) -> str:
    draw = chance.randrange(100)
    if draw < _US_SHARE:
        return f"+1202555{chance.randrange(100, 200):04}"
    if draw < _US_SHARE + _DUPLICATE_SHARE and before:
        return chance.choice(before)
    if draw < _US_SHARE + _DUPLICATE_SHARE + _INVALID_SHARE:
        return chance.choice(("12", "not a number", phone[:6], phone.removeprefix("+")))
    return phone


def _row(chance: Random, phone: str) -> tuple[str, ...]:
    name = "" if chance.randrange(100) < 4 else chance.choice(_NAMES)  # noqa: PLR2004 - per cent without a name
    tags = "customers;vip" if chance.randrange(100) < _VIP_SHARE else "customers"
    language = "fr" if phone.startswith("+33") else "en"
    day = chance.randrange(1, 29)
    return phone, name, language, tags, f"2026-0{chance.randrange(1, 10)}-{day:02}T09:00:00Z", chance.choice(_CITIES)
