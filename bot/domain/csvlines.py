"""The lines of a file that comes in chunks of bytes: decoded, numbered, and kept while a row may need them again."""

import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain

from bot.domain.errors import InvalidInputError

_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BUFFER_BYTES = 1 << 16
_BLOCK_CHARACTERS = 1 << 17
#: Bytes that are not UTF-8 come through as lone surrogates, 0xDC80 to 0xDCFF.
NOT_UTF8 = re.compile("[\udc80-\udcff]")


class Chunks(io.RawIOBase):
    """A raw stream over chunks of bytes that counts, limits, and looks at the first bytes."""

    def __init__(self, chunks: Iterable[bytes], max_bytes: int | None) -> None:
        self._chunks = iter(chunks)
        self._max_bytes = max_bytes
        self._rest = memoryview(b"")
        self.bytes_read = 0

    def readable(self) -> bool:
        """Say yes, as a stream does."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # all that BufferedReader hands over
        """Fill a buffer as far as the next bytes go; 0 at the end."""
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


class Lines:
    """Lines with their numbers, handed over in blocks; those of the current row are kept, to be read again.

    A block is a list, so that lines go from the decoder to the CSV reader without a step in Python for each
    (`benchmarks/optins_import.py`).
    """

    def __init__(self, source: Chunks) -> None:
        buffered = io.BufferedReader(source, _BUFFER_BYTES)
        self._text = io.TextIOWrapper(buffered, "utf-8-sig", errors="surrogateescape", newline="")
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

    def block(self) -> list[str]:
        """Give the lines from the current row to the end of its block; none at the end of the file."""
        return next(filter(None, self._blocks()), [])

    def from_row(self) -> Iterator[str]:
        """Walk the lines from the current row on."""
        return chain.from_iterable(self._blocks())

    def first_of_row(self) -> str:
        """Give the first line of the current row."""
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
    return "\0" in text or not (text.isascii() or NOT_UTF8.search(text) is None)
