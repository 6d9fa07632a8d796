"""CSV files of opt-ins, written at run time: numbers of several countries, some spelt oddly, some twice, some wrong."""

import csv
from collections.abc import Iterator
from pathlib import Path
from random import Random

#: Calling code, what national numbers begin with, and how many digits follow; valid mobile ranges of each country.
_COUNTRIES = (
    ("55", ("119", "219", "319"), 8),
    ("52", ("55", "33"), 8),
    ("31", ("6",), 8),
    ("44", ("7400", "7700"), 6),
    ("49", ("151", "171"), 8),
    ("91", ("98", "99"), 8),
    ("1", ("212", "415"), 7),
)


def write(path: Path, rows: int) -> None:
    """Write a file; one row in fifty repeats an earlier number, one in twenty is no number at all."""
    random = Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("phone", "name", "language", "tags", "opted_in_at", "source", "wording", "city"))
        for n, phone in enumerate(_phones(random, rows)):
            language, city = ("pt_BR", "Recife") if n % 2 else ("en", "Leeds")
            agreed = f"2026-0{1 + n % 9}-1{n % 9}T10:00:00Z"
            writer.writerow((phone, f"Ada {n}", language, "vip;spring", agreed, "web form", "Yes, write to me", city))


def _phones(random: Random, rows: int) -> Iterator[str]:
    known: list[str] = []
    for n in range(rows):
        if n % 20 == 19:
            yield f"+{random.randrange(10**6)}"
        elif n % 50 == 49:
            yield random.choice(known)
        else:
            phone = _phone(random, n)
            if n % 40 == 0:
                known.append(phone)
            yield phone


def _phone(random: Random, n: int) -> str:
    code, beginnings, digits = _COUNTRIES[n % len(_COUNTRIES)]
    national = random.choice(beginnings) + str(random.randrange(2 * 10 ** (digits - 1), 10**digits))
    return f"+{code} {national}" if n % 3 else f"+{code}{national}"
