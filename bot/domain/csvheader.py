"""The header of a CSV file: what separates its cells, and what its columns are called."""

import csv
import re

from bot.domain.csvlines import NOT_UTF8
from bot.domain.errors import InvalidInputError

PHONE = "phone"
#: Columns that are ours, whatever case they are written in; all others keep their name.
_OURS = frozenset({PHONE, "name", "first_name", "language", "tags", "opted_in_at", "source", "wording"})
_DELIMITERS = ",;"
_NAMES_SHOWN = 200


def delimiter_of(header: str) -> str:
    """Choose what separates a `phone` column from the others; the one found more often where neither does."""
    for delimiter in _DELIMITERS:
        names = next(csv.reader([header], delimiter=delimiter), [])
        if PHONE in (name.strip().lower() for name in names):
            return delimiter
    return max(_DELIMITERS, key=header.count)


def _split(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter, strict=True), [])
    except csv.Error as problem:
        raise InvalidInputError("The header line has a quotation mark that is not closed; correct it.") from problem


def columns_of(header: str, delimiter: str) -> tuple[str, ...]:
    """Name the columns; raises InvalidInputError where one is missing or there twice."""
    if "\0" in header or NOT_UTF8.search(header):
        raise InvalidInputError("The header line is not UTF-8 text; save the file as CSV UTF-8 and import it again.")
    columns = [_column(name, at) for at, name in enumerate(_split(header, delimiter), start=1)]
    if PHONE not in columns:
        raise InvalidInputError(_no_phone(columns))
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise InvalidInputError(f"The column “{twice}” is there twice; rename or remove one of them.")
    return tuple(columns)


def _column(name: str, at: int) -> str:
    name = name.strip()
    if name.lower() in _OURS:
        return name.lower()
    return name or f"column_{at}"  # spreadsheets export columns without a title; what is in them is kept


def _no_phone(columns: list[str]) -> str:
    named = ", ".join(columns)[:_NAMES_SHOWN]
    if any(re.fullmatch(r"[+\d][\d\s().-]{6,}", name) for name in columns):
        return "The file has no header; put a first line with the names of the columns, phone among them."
    return f"The file has no column named phone; its columns are: {named}."
