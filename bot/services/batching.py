"""Reading a file of opt-ins into batches, each of which is one transaction.

Rows are taken by the thousand and put in the order of their numbers: in the order of a file each row would change a
page of its own in the index of phones, which took two thirds of all time (`benchmarks/optins_import.py`). The more rows
are put in order together, the more of them share a page.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.domain.csvfile import CsvFile, Refused
from bot.domain.optin_rows import OptInReader
from bot.domain.optins import Columns, OptIns, Values
from bot.domain.repeats import places_of

#: Rows that are put in order together where other work goes on in the same process.
WINDOW_ROWS = 12_000
#: The same in a process that only judges; it holds some 250 bytes for each.
LARGE_WINDOW_ROWS = 60_000
#: Fewer, where they are long.
WINDOW_BYTES = 16_000_000
#: Rows of one transaction. New people keep other writers waiting for about 50 ms.
BATCH_ROWS = 5_000

#: Opens the file anew and gives its bytes in chunks of any size (64 KiB and more are fast); called two or three times.
OpenFile = Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows for one transaction, those refused on the way to them, and how far reading has come."""

    opt_ins: OptIns
    refused: tuple[Refused, ...]
    bytes_read: int

    def parts(self, rows: int) -> "Iterator[Batch]":
        """Part it into transactions of so many rows; what was refused goes with the first."""
        yield Batch(self.opt_ins[:rows], self.refused, self.bytes_read)
        for start in range(rows, len(self.opt_ins), rows):
            yield Batch(self.opt_ins[start : start + rows], (), self.bytes_read)


def read_batches(file: CsvFile, reader: OptInReader, repeated: frozenset[int], window_rows: int) -> Iterator[Batch]:
    """Read a file into batches; of a number that occurs again only the last row that can be taken counts.

    Rows whose number may occur again, because its ending is among `repeated`, wait for the end; there are few of them.
    """
    waiting: dict[str, Values] = {}
    for window, refused in _windows(file, reader, window_rows):
        again = places_of(repeated, window.columns.e164)
        for at in again:
            refused.extend(_supersede(waiting, window.values(at)))
        refused.sort(key=lambda one: one.line)
        ordered = window.by_number(_but(again, len(window)))
        del window  # it would be held until the next one is read
        yield from _batches(ordered, refused, file.bytes_read)
        del ordered
    last = OptIns.of_values(waiting.values())
    yield from _batches(last.by_number(range(len(last))), [], file.bytes_read)


def _but(places: Sequence[int], count: int) -> Iterable[int]:
    """Give all places but some."""
    apart = set(places)
    return (at for at in range(count) if at not in apart)


def _windows(file: CsvFile, reader: OptInReader, most_rows: int) -> Iterator[tuple[OptIns, list[Refused]]]:
    """Part a file into windows, so that neither many rows nor long ones fill the memory.

    The first is small, so that there is something to write at once.
    """
    parts, refused, began, enough = list[Columns](), list[Refused](), file.bytes_read, BATCH_ROWS
    for block in file.blocks():
        opt_ins, others = reader.read(block)
        parts.append(opt_ins.columns)
        refused += others
        if sum(len(part.line) for part in parts) + len(refused) >= enough or file.bytes_read - began >= WINDOW_BYTES:
            window, parts = OptIns.joined(parts), []
            yield window, refused
            del window
            refused, began, enough = [], file.bytes_read, most_rows
    if parts:
        yield OptIns.joined(parts), refused


def _batches(opt_ins: OptIns, refused: Sequence[Refused], bytes_read: int) -> Iterator[Batch]:
    """Part a window into batches; what was refused goes with the first."""
    if opt_ins or refused:
        yield from Batch(opt_ins, tuple(refused), bytes_read).parts(BATCH_ROWS)


def _supersede(waiting: dict[str, Values], row: Values) -> Iterator[Refused]:
    """Let a row wait in the place of an earlier one with the same number, which is then refused."""
    line, e164, *_ = row
    earlier = waiting.pop(e164, None)
    waiting[e164] = row
    if earlier is not None:
        reason = f"The same number stands in line {line} again, and the last row wins."
        yield Refused(earlier[0], reason, e164)
