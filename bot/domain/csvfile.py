"""Reading CSV as people save it: streamed, one bad row at a time; and writing cells that stay text in a spreadsheet.

A file is UTF-8 with or without BOM, separated by commas or semicolons, with any line ends. What is wrong with the whole
file (no header, no `phone` column) raises; what is wrong with one row is given as `Refused` and reading goes on.
"""

import csv
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.domain.csvheader import PHONE, columns_of, delimiter_of
from bot.domain.csvlines import NOT_UTF8, Chunks, Lines
from bot.domain.errors import InvalidInputError

_VALUE_SHOWN = 200


class Row(NamedTuple):
    """One row: the number of its first line (the header is line 1) and its cells as they stand, one for each column."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken: where, why in one sentence, and what stood there."""

    line: int
    reason: str
    value: str

    def __str__(self) -> str:
        """Write the report's line, `LINE<TAB>REASON<TAB>VALUE`, free of further tabs and line ends."""
        return f"{self.line}\t{_one_line(self.reason)}\t{_one_line(self.value)}"


class ScatteredCellError(Exception):
    """Only reading all rows can tell what a line begins with."""


class Block(NamedTuple):
    """Rows that stand together: the numbers of their first lines and their cells, and the rows refused among them."""

    lines: Sequence[int]
    rows: Sequence[list[str]]
    refused: Sequence[Refused] = ()


class CsvFile:
    """An opened file: `columns` is known, and every further row is given once, one by one or in blocks."""

    def __init__(self, chunks: Iterable[bytes], *, max_bytes: int | None = None) -> None:
        """Read as far as the header; raises InvalidInputError where the file as a whole cannot be read.

        `chunks` may be an open binary file. Memory stays flat; more than `max_bytes` raise while reading.
        """
        self._source = Chunks(chunks, max_bytes)
        self._lines = Lines(self._source)
        header = self._first_line()
        self._delimiter = delimiter_of(header)
        self.columns = columns_of(header, self._delimiter)

    @property
    def bytes_read(self) -> int:
        """Say how far reading has come, in bytes."""
        return self._source.bytes_read

    def phones(self) -> Iterator[list[str]]:
        """Give the phones of all rows, trimmed, a block at a time."""
        place = self.columns.index(PHONE)
        for block in self.blocks():
            yield [cells[place].strip() for cells in block.rows]

    def scanned_phones(self) -> Iterator[list[str]]:
        """Do as `phones` where they stand in front, in a third of the time; gives pieces of other cells as well.

        Every row begins where a line does, so that it takes only what each line begins with. Raises ScatteredCellError
        where a cell that a line begins with may go on in the next.
        """
        if self.columns[0] != PHONE:
            yield from self.phones()
            return
        while lines := self._lines.block():
            yield [cell.strip() for cell in self._first_cells(lines)]
            self._lines.begin_behind(len(lines))

    def _first_cells(self, lines: list[str]) -> list[str]:
        text = "".join(lines)
        if not any(begun in text for begun in ('\n"', '\r"')) and text[0] != '"':
            return [line.partition(self._delimiter)[0] for line in lines]
        try:
            rows = list(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except csv.Error as problem:
            raise ScatteredCellError from problem
        if len(rows) != len(lines):
            raise ScatteredCellError
        return [cells[0] if cells else "" for cells in rows]

    def blocks(self) -> Iterator[Block]:
        """Give all rows a block at a time, which takes half of the time of one by one (`benchmarks/optins_import.py`).

        A block in which each line is a row as it should be is read at once, any other row by row.
        """
        while lines := self._lines.block():
            began = self._lines.row_began
            plain = self._read_at_once(lines)
            if plain is None:
                yield self._read_one_by_one(began + len(lines))
            else:
                self._lines.begin_behind(len(lines))
                yield Block(range(began, began + len(lines)), plain)

    def __iter__(self) -> Iterator[Row | Refused]:
        """Give every row that has as many cells as the header; an empty line is no row."""
        while (yield from self._until_swallowed()):
            pass  # a stray quote may have swallowed good rows, which are read again

    def _read_at_once(self, lines: list[str]) -> list[list[str]] | None:
        """Read lines that are a row each; None where one of them is not, or holds what cannot be read."""
        if self._lines.is_dubious:
            return None
        try:
            rows = list(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return None
        return rows if len(rows) == len(lines) and set(map(len, rows)) == {len(self.columns)} else None

    def _read_one_by_one(self, end: int) -> Block:
        """Read rows until one begins at a line or behind it, or the file ends."""
        taken, refused = list[Row](), list[Refused]()
        for row in self:
            if isinstance(row, Row):
                taken.append(row)
            else:
                refused.append(row)
            if self._lines.row_began >= end:
                break
        return Block([row.line for row in taken], [row.cells for row in taken], refused)

    def _until_swallowed(self) -> Generator[Row | Refused, None, bool]:
        """Read until a row was refused that spans several lines; gives False at the end of the file."""
        lines = self._lines
        reader = csv.reader(lines.from_row(), delimiter=self._delimiter, strict=True)
        first = lines.row_began
        try:
            for cells in reader:
                row, behind = self._look_at(cells), first + reader.line_num
                has_swallowed = isinstance(row, Refused) and behind > row.line + 1 and len(cells) != len(self.columns)
                lines.begin_behind(1 if has_swallowed else behind - lines.row_began)
                if row is not None:
                    yield row
                if has_swallowed:
                    return True
        except csv.Error as problem:
            refused = self._refused(self._sentence(problem))
            lines.begin_behind(1)
            yield refused
            return True
        return False

    def _look_at(self, cells: list[str]) -> Row | Refused | None:
        """Take the current row or refuse it; None for an empty line."""
        if len(cells) == len(self.columns):
            dubious = self._lines.is_dubious and _unreadable(cells)
            return (
                Refused(self._lines.row_began, dubious, _shown(cells)) if dubious else Row(self._lines.row_began, cells)
            )
        if len(cells) > 1 or (cells and cells[0].strip()):
            return self._refused(f"The row has {len(cells)} cells, the header {len(self.columns)}.")
        return None

    def _refused(self, reason: str) -> Refused:
        """Refuse one line only."""
        return Refused(self._lines.row_began, reason, _readable(self._lines.first_of_row().strip()))

    def _sentence(self, problem: csv.Error) -> str:
        """Say what is wrong with the current row: a cell may be too long by itself, or because a quote stays open."""
        is_long = str(problem).startswith("field larger than")
        return _LONG_CELL if is_long and len(self._lines.first_of_row()) > _LONGEST_CELL else _BAD_QUOTES

    def _first_line(self) -> str:
        while line := self._lines.take():
            if line.strip("\r\n ,;"):
                return line
        if self.bytes_read:
            raise InvalidInputError("The file has no header; its first line must name the columns, phone among them.")
        raise InvalidInputError("The file is empty; it needs a header line and one row for each person.")


def as_cell(text: str) -> str:
    """Make a text safe as a cell of an export: a spreadsheet must not take it for a formula.

    A leading `'` is added where it begins like one; a phone number's `+` followed by digits alone stays.
    """
    is_formula = text.startswith(("=", "+", "-", "@", "\t", "\r")) and not re.fullmatch(r"\+\d+", text)
    return f"'{text}" if is_formula else text


_BAD_QUOTES = "The row has a quotation mark that is not closed, or text behind a closed one; double it inside a cell."
#: What the reader takes; a longer cell is no name and no wording.
_LONGEST_CELL = csv.field_size_limit()
_LONG_CELL = f"The row has a cell of more than {_LONGEST_CELL:,} characters; shorten it."
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def _unreadable(cells: list[str]) -> str:
    """Say why a row cannot be read; empty where it can."""
    content = "".join(cells)
    if "\0" in content:
        return "The row holds a NUL byte; export the file again."
    if not content.isascii() and (bad := NOT_UTF8.search(content)):
        return f"The row is not UTF-8 (byte 0x{ord(bad[0]) - 0xDC00:02X}); save the file as CSV UTF-8."
    return ""


def _shown(cells: list[str]) -> str:
    return _readable(",".join(cells))


def _readable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")[:_VALUE_SHOWN]


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text)
