"""A file judged in a process of its own: the same batches, errors as sentences, and no process left behind."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest

from bot.domain.errors import ArautoError, InvalidInputError
from bot.domain.instants import Millis
from bot.runtime.judge import read_chunks
from bot.runtime.judging import in_process
from bot.services.batching import BATCH_ROWS, LARGE_WINDOW_ROWS, Batch, OpenFile
from bot.services.importing import Importer, ImportOptions

NOW = Millis(1_795_000_000_000)  # 2026-11-18T11:06:40Z
ROWS = 2 * BATCH_ROWS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    rows = (f"+1202555{n % 10_000:04},Ada {n},vip;spring,Zürich\n" for n in range(ROWS))
    path.write_text("phone,name,tags,city\nnobody,x,,\n" + "".join(rows) + "+12025550001,Last,,\n", "utf-8")
    return path


def an_importer(open_file: OpenFile) -> Importer:
    return Importer(open_file, ImportOptions(file_name="people.csv", actor="cli"), NOW)


def facts(batch: Batch) -> tuple[object, ...]:
    return (*map(list, batch.opt_ins.columns), batch.refused, batch.bytes_read)


def children() -> list[str]:
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()


def dying(path: Path, sentinel: Path) -> Iterator[bytes]:
    """Give a file once; whoever reads it a second time dies."""
    if sentinel.exists():
        os.kill(os.getpid(), signal.SIGKILL)
    sentinel.touch()
    yield from read_chunks(path)


async def test_another_process_gives_the_batches_that_this_one_would(file: Path):
    importer = an_importer(partial(read_chunks, file))

    there = [facts(batch) async for batch in in_process(importer)]
    here = [facts(batch) for batch in importer.batches(LARGE_WINDOW_ROWS)]

    assert there == here
    assert sum(len(batch[0]) for batch in there) == 10_000


async def test_nothing_is_imported_from_the_folder_that_the_command_is_given_in(
    file: Path, monkeypatch: pytest.MonkeyPatch
):
    file.with_name("pickle.py").write_text("raise SystemExit('this is not the library')")
    monkeypatch.chdir(file.parent)

    batches = [batch async for batch in in_process(an_importer(partial(read_chunks, file)))]

    assert sum(len(batch.opt_ins) for batch in batches) == 10_000


async def test_a_file_that_is_gone_by_then_is_told_in_the_same_sentence(file: Path):
    importer = an_importer(partial(read_chunks, file))
    os.unlink(file)  # noqa: PTH108 - pathlib's own may not be called in a coroutine

    with pytest.raises(InvalidInputError, match=r"people.csv cannot be read: No such file"):
        [batch async for batch in in_process(importer)]


async def test_a_process_that_dies_ends_the_import_with_what_to_do(file: Path, tmp_path: Path):
    importer = an_importer(partial(dying, file, tmp_path / "read"))

    with pytest.raises(ArautoError, match=r"ended with status -9 .*run the same import again"):
        [batch async for batch in in_process(importer)]


async def test_no_process_is_left_when_nobody_wants_more_batches(file: Path):
    before = children()
    batches = in_process(an_importer(partial(read_chunks, file)))
    await anext(batches)

    await batches.aclose()

    assert children() == before


async def test_no_process_is_left_when_the_import_is_cancelled(file: Path):
    before = children()
    started = asyncio.Event()

    async def consume() -> None:
        async with aclosing(in_process(an_importer(partial(read_chunks, file)))) as batches:
            async for _ in batches:
                started.set()
                await asyncio.sleep(60)

    job = asyncio.create_task(consume())
    await started.wait()
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job

    assert children() == before
