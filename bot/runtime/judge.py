"""The process that judges a file of opt-ins: gets an importer on its standard input, gives its batches on the output.

It loads nothing that it does not need, so that its start and its memory do not count (`benchmarks/optins_import.py`).
"""

import gc
import marshal
import pickle
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

from bot.domain.csvfile import Refused
from bot.domain.errors import InvalidInputError
from bot.domain.optins import Columns, OptIns
from bot.services.batching import LARGE_WINDOW_ROWS, Batch
from bot.services.importing import Importer

CHUNK_BYTES: Final = 1 << 20
#: Bytes that say how long the message behind them is; a message of no length says that there are no more.
LENGTH_BYTES: Final = 4
_OBJECTS_BETWEEN_COLLECTIONS: Final = 1_000_000


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """Let the garbage collector look once in a million objects: rows make no cycles.

    Looking more often took a quarter of the time in which rows are judged (`benchmarks/optins_import.py`).
    """
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def read_chunks(path: Path) -> Iterator[bytes]:
    """Give a file in chunks; raises InvalidInputError where it cannot be read."""
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except OSError as problem:
        raise InvalidInputError(f"The file {path} cannot be read: {problem.strerror}.") from problem


def decoded(message: bytes) -> Batch:
    """Read a batch as `main` writes it; raises what was wrong with the file."""
    # marshal reads what the same Python wrote a moment ago, in a third of the time that pickle takes.
    columns, refused, bytes_read = marshal.loads(message)  # noqa: S302 - from a process of our own
    if columns is None:
        raise InvalidInputError(refused)
    return Batch(OptIns(Columns(*columns)), tuple(Refused(*one) for one in refused), bytes_read)


def _encoded(batch: Batch) -> bytes:
    refused = [(one.line, one.reason, one.value) for one in batch.refused]
    return marshal.dumps(([*batch.opt_ins.columns], refused, batch.bytes_read))


def _messages(importer: Importer) -> Iterator[bytes]:
    try:
        yield from map(_encoded, importer.batches(LARGE_WINDOW_ROWS))
    except InvalidInputError as wrong:
        yield marshal.dumps((None, str(wrong), 0))


def main() -> None:
    """Judge until the file ends or nobody listens any more; Ctrl-C is for whoever started this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with rarely_collecting():
        _judge()


def _judge() -> None:
    importer = cast("Importer", pickle.load(sys.stdin.buffer))  # noqa: S301 - from the process that started this
    out = sys.stdout.buffer
    try:
        for message in _messages(importer):
            out.write(len(message).to_bytes(LENGTH_BYTES, "big"))
            out.write(message)
            out.flush()
        out.write(bytes(LENGTH_BYTES))
        out.flush()
    except BrokenPipeError:
        sys.stderr.close()  # the interpreter would complain that it cannot flush
