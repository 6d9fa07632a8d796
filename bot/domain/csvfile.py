"""Reading CSV as people save it: streamed, one bad row at a time; and writing cells that stay text in a spreadsheet.

A file is UTF-8 with or without BOM, separated by commas or semicolons, with any line ends. What is wrong with the whole
file (no header, no `phone` column) raises; what is wrong with one row is given as `Refused` and reading goes on.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from bot.domain.errors import InvalidInputError

PHONE = "phone"
#: Columns that are ours, whatever case they are written in; all others keep their name.
_OURS = frozenset({PHONE, "name", "first_name", "language", "tags", "opted_in_at", "source", "wording"})
_DELIMITERS = ",;"
_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_VALUE_SHOWN = 200
_BUFFER_BYTES = 1 << 16
_BLOCK_CHARACTERS = 1 << 17


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


class CsvFile:
    """An opened file: `columns` is known, iterating gives every further row once, as Row or Refused."""

    def __init__(self, chunks: Iterable[bytes], *, max_bytes: int | None = None) -> None:
        """Read as far as the header; raises InvalidInputError where the file as a whole cannot be read.

        `chunks` may be an open binary file. Memory stays flat; more than `max_bytes` raise while reading.
        """
        self._source = _Chunks(chunks, max_bytes)
        buffered = io.BufferedReader(self._source, _BUFFER_BYTES)
        text = io.TextIOWrapper(buffered, "utf-8-sig", errors="surrogateescape", newline="")
        self._lines = _Lines(text)
        header = self._first_line()
        self._delimiter = _delimiter(header)
        self.columns = _columns(header, self._delimiter)

    @property
    def bytes_read(self) -> int:
        """Say how far reading has come, in bytes."""
        return self._source.bytes_read

    def phones(self) -> Iterator[str]:
        """Give the phone of every row, trimmed."""
        place = self.columns.index(PHONE)
        for row in self:
            if isinstance(row, Row):
                yield row.cells[place].strip()

    def __iter__(self) -> Iterator[Row | Refused]:
        """Give every row that has as many cells as the header; an empty line is no row."""
        while (yield from self._until_refused()):
            self._lines.begin_behind(1)  # a stray quote may have swallowed good rows, which are read again

    def _until_refused(self) -> Generator[Row | Refused, None, bool]:
        """Read until only the first line of several was refused; gives False at the end of the file."""
        lines, width = self._lines, len(self.columns)
        reader = csv.reader(lines.from_row(), delimiter=self._delimiter, strict=True)
        began = first = lines.row_began
        try:
            for cells in reader:
                if len(cells) == width:
                    dubious = lines.is_dubious and _unreadable(cells)
                    yield Refused(began, dubious, _shown(cells)) if dubious else Row(began, cells)
                elif len(cells) > 1 or (cells and cells[0].strip()):
                    yield self._refused(f"The row has {len(cells)} cells, the header {width}.")
                    if first + reader.line_num > began + 1:
                        return True
                lines.row_began = began = first + reader.line_num
        except csv.Error:
            yield self._refused(_BAD_QUOTES)
            return True
        return False

    def _refused(self, reason: str) -> Refused:
        """Refuse one line only."""
        return Refused(self._lines.row_began, reason, _readable(self._lines.first_of_row().strip()))

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
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


class _Chunks(io.RawIOBase):
    """A raw stream over chunks of bytes that counts, limits, and looks at the first bytes."""

    def __init__(self, chunks: Iterable[bytes], max_bytes: int | None) -> None:
        self._chunks = iter(chunks)
        self._max_bytes = max_bytes
        self._rest = memoryview(b"")
        self.bytes_read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # all that BufferedReader hands over
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._take(chunk)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def _take(self, chunk: bytes) -> None:
        if self.bytes_read == 0 and chunk.startswith(_UNICODE_MARKS):
            raise InvalidInputError("The file is UTF-16; save it as CSV UTF-8 and import it again.")
        self._rest = memoryview(chunk)  # taking from its front copies nothing
        self.bytes_read += len(chunk)
        if self._max_bytes is not None and self.bytes_read > self._max_bytes:
            megabytes = self._max_bytes // 1_000_000
            raise InvalidInputError(f"The file is larger than {megabytes} MB; import it with `arauto optins import`.")


class _Lines:
    """Lines with their numbers, handed over in blocks; those of the current row are kept, to be read again.

    A block is a list, so that lines go from the decoder to the CSV reader without a step in Python for each
    (`benchmarks/optins_import.py`).
    """

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        #: The number of a block's first line, and its lines.
        self._kept: deque[tuple[int, list[str]]] = deque()
        self._next = 1
        self.row_began = 1
        #: Whether a line that is kept may hold a NUL byte or bytes that are not UTF-8.
        self.is_dubious = False

    def take(self) -> str:
        """Take one line off the front, before any block; empty at the end."""
        line = self._text.readline()
        self._next += 1
        self.row_began = self._next
        return line

    def begin_behind(self, lines: int) -> None:
        """Let the current row begin so many lines later."""
        self.row_began += lines

    def from_row(self) -> Iterator[str]:
        """Walk the lines from the current row on."""
        return chain.from_iterable(self._blocks())

    def first_of_row(self) -> str:
        return next(lines[self.row_began - first] for first, lines in self._kept if self.row_began < first + len(lines))

    def _blocks(self) -> Iterator[list[str]]:
        for first, lines in tuple(self._kept):
            yield lines[max(self.row_began - first, 0) :]
        while lines := self._text.readlines(_BLOCK_CHARACTERS):
            while self._kept and self._kept[0][0] + len(self._kept[0][1]) <= self.row_began:
                self._kept.popleft()
            self._kept.append((self._next, lines))
            self._next += len(lines)
            self.is_dubious = any(map(_is_dubious, ("".join(kept) for _, kept in self._kept)))
            yield lines


def _is_dubious(text: str) -> bool:
    return "\0" in text or not (text.isascii() or _NOT_UTF8.search(text) is None)


def _unreadable(cells: list[str]) -> str:
    """Say why a row cannot be read; empty where it can."""
    content = "".join(cells)
    if "\0" in content:
        return "The row holds a NUL byte; export the file again."
    # Bytes that are not UTF-8 came through as lone surrogates, 0xDC80 to 0xDCFF.
    if not content.isascii() and (bad := _NOT_UTF8.search(content)):
        return f"The row is not UTF-8 (byte 0x{ord(bad[0]) - 0xDC00:02X}); save the file as CSV UTF-8."
    return ""


def _delimiter(header: str) -> str:
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


def _columns(header: str, delimiter: str) -> tuple[str, ...]:
    if "\0" in header or _NOT_UTF8.search(header):
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
    named = ", ".join(columns)[:_VALUE_SHOWN]
    if any(re.fullmatch(r"[+\d][\d\s().-]{6,}", name) for name in columns):
        return "The file has no header; put a first line with the names of the columns, phone among them."
    return f"The file has no column named phone; its columns are: {named}."


def _shown(cells: list[str]) -> str:
    return _readable(",".join(cells))


def _readable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")[:_VALUE_SHOWN]


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text)
