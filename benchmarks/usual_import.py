"""The import most projects have: csv, phonenumbers for every row, executemany into a table with a unique phone."""

import csv
import sqlite3
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

_TABLE = "CREATE TABLE contacts (phone TEXT PRIMARY KEY, name TEXT, language TEXT, tags TEXT, source TEXT, at TEXT)"
_ADD = "INSERT INTO contacts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name"


def _rows(path: str) -> Iterator[tuple[str, ...]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            try:
                number = phonenumbers.parse(row["phone"])
            except NumberParseException:
                continue
            if phonenumbers.is_valid_number(number):
                e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
                yield e164, row["name"], row["language"], row["tags"], row["source"], row["opted_in_at"]


def main(path: str, database: str) -> None:
    """Import a file."""
    connection = sqlite3.connect(database)
    connection.execute(_TABLE)
    rows = _rows(path)
    while chunk := list(islice(rows, 10_000)):
        connection.executemany(_ADD, chunk)
        connection.commit()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
