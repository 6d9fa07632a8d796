"""The writer: many works share a commit, each stands or falls alone, nothing is lost when the disk says no."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import ConflictError, StorageFullError
from bot.ports.storage import Storage, Transaction
from storage import open_storage
from storage.books.transaction import Books
from storage.sqlite.database import connect
from storage.sqlite.engine import SqliteStorage
from storage.sqlite.migrations import apply_all
from storage.sqlite.writer import Writer
from tests.builders import NOW, TestClock

Write = Callable[[Callable[[Transaction], Any]], Awaitable[Any]]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "arauto.db")


@pytest.fixture
async def storage(path: str) -> AsyncIterator[SqliteStorage]:
    opened = SqliteStorage(path, clock=TestClock())
    yield opened
    await opened.close()


def _set(name: str) -> Callable[[Transaction], None]:
    return lambda tx: tx.switches.set(name, "on", NOW)


async def _get(storage: Storage, name: str) -> str | None:
    return await storage.read(lambda tx: tx.switches.get(name))


async def _grouped(storage: Storage, *works: Callable[[Transaction], object]) -> list[object]:
    """Hold the writer up while works queue behind it, so that they surely share one commit."""
    release = await _held(storage.write)
    queued = [asyncio.ensure_future(storage.write(work)) for work in works]
    await asyncio.sleep(0)
    await release()
    return await asyncio.gather(*queued, return_exceptions=True)


async def _held(write: Write) -> Callable[[], Awaitable[None]]:
    """Keep the writer busy with a work of its own; give the way to let it go on."""
    started, gate = threading.Event(), threading.Event()

    def hold(_: Transaction) -> None:
        started.set()
        assert gate.wait(10)

    holding = asyncio.ensure_future(write(hold))
    assert await asyncio.to_thread(started.wait, 10)

    async def release() -> None:
        gate.set()
        await holding

    return release


async def test_a_work_that_raises_is_undone_alone(storage: SqliteStorage):
    def fail(tx: Transaction) -> None:
        tx.switches.set("half", "done", NOW)
        raise ConflictError("somebody was first")

    results = await _grouped(storage, _set("before"), fail, _set("after"))

    assert results[0] is None
    assert results[2] is None
    assert str(results[1]) == "somebody was first"
    assert [await _get(storage, name) for name in ("before", "half", "after")] == ["on", None, "on"]


async def test_queued_works_share_one_commit(path: str):
    db = connect(path)
    apply_all(db)
    statements: list[str] = []
    db.conn.set_trace_callback(statements.append)
    writer = Writer(db, Books(db.conn, TestClock()))
    release = await _held(writer.write)

    queued = [asyncio.ensure_future(writer.write(_set(f"k{n}"))) for n in range(50)]
    await asyncio.sleep(0)
    await release()
    await asyncio.gather(*queued)
    await asyncio.to_thread(writer.close)

    assert statements.count("BEGIN IMMEDIATE") == statements.count("COMMIT")
    assert statements.count("COMMIT") == 2
    assert sum(statement.startswith("SAVEPOINT") for statement in statements) == 51


async def test_works_run_in_the_order_they_came(storage: SqliteStorage):
    works = [lambda tx, n=n: tx.switches.set("last", str(n), NOW) for n in range(20)]

    await _grouped(storage, *works)

    assert await _get(storage, "last") == "19"


async def test_what_was_written_is_there_after_opening_again(path: str):
    first = open_storage(f"sqlite:///{path}", clock=TestClock())
    await first.write(_set("kept"))
    await first.close()

    second = open_storage(f"sqlite:///{path}", clock=TestClock())

    assert await _get(second, "kept") == "on"
    await second.close()


async def test_a_write_survives_the_sudden_death_of_its_process(path: str):
    """The process ends without closing anything, right after `write` returned."""
    script = f"""
import asyncio, os
from storage import open_storage
from tests.builders import TestClock, NOW

async def main():
    storage = open_storage("sqlite:///{path}", clock=TestClock())
    await storage.write(lambda tx: tx.switches.set("marked", "on", NOW))
    os._exit(9)

asyncio.run(main())
"""
    died = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script], check=False)

    after = open_storage(f"sqlite:///{path}", clock=TestClock())

    assert died.returncode == 9
    assert await _get(after, "marked") == "on"
    await after.close()


async def test_closing_finishes_what_was_handed_over_and_refuses_more(storage: SqliteStorage):
    pending = [asyncio.ensure_future(storage.write(_set(f"k{n}"))) for n in range(20)]
    await asyncio.sleep(0)

    await storage.close()

    assert await asyncio.gather(*pending) == [None] * 20
    with pytest.raises(RuntimeError, match="closed"):
        await storage.write(_set("late"))


async def test_a_work_whose_caller_went_away_still_runs(storage: SqliteStorage):
    release = await _held(storage.write)
    abandoned = asyncio.ensure_future(storage.write(_set("abandoned")))
    await asyncio.sleep(0)

    abandoned.cancel()
    await release()
    await storage.write(_set("next"))

    assert await _get(storage, "abandoned") == "on"


async def test_a_full_disk_is_told_and_over_once_there_is_room(storage: SqliteStorage):
    connection = storage._writer._db.conn

    def limit(pages: int) -> Callable[[Transaction], object]:
        return lambda _: connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0]

    await storage.write(_set("before"))
    await storage.write(limit(1))  # SQLite never goes below what the file has already
    results = await _grouped(
        storage,
        _set("small"),
        lambda tx: tx.quarantine.keep("big", b"x" * 1_000_000, NOW),
    )
    assert any(isinstance(result, StorageFullError) for result in results)
    assert "free some space" in str(results[1])

    await storage.write(limit(1_000_000))
    await storage.write(lambda tx: tx.quarantine.keep("big", b"x" * 1_000_000, NOW))
    assert await _get(storage, "before") == "on"
    assert await storage.read(lambda tx: tx.quarantine.count()) == 1


async def test_a_commit_that_fails_fails_every_work_of_its_group(storage: SqliteStorage):
    """A deferred foreign key is what makes SQLite refuse at the commit itself, as a dying disk would."""

    def poison(_: Transaction) -> None:
        connection = storage._writer._db.conn
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("INSERT INTO tallies (campaign_id, fact, n) VALUES (404, 'x', 1)")

    results = await _grouped(storage, _set("one"), poison)

    assert [type(result) for result in results] == [StorageFullError, StorageFullError]
    assert await _get(storage, "one") is None
    await storage.write(_set("one"))
    assert await _get(storage, "one") == "on"


async def test_a_file_held_by_another_process_is_told_after_a_while(path: str):
    SqliteStorage(path, clock=TestClock())._writer.close()
    db = connect(path, busy_timeout_ms=20)
    writer = Writer(db, Books(db.conn, TestClock()))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StorageFullError, match="another program"):
        await writer.write(_set("blocked"))
    other.execute("ROLLBACK")
    await writer.write(_set("free"))

    assert other.execute("SELECT name FROM switches").fetchall() == [("free",)]
    other.close()
    await asyncio.to_thread(writer.close)


async def test_a_read_sees_one_moment_while_the_writer_goes_on(storage: SqliteStorage):
    started, written = threading.Event(), threading.Event()

    def look_twice(tx: Transaction) -> tuple[str | None, str | None]:
        first = tx.switches.get("seen")
        started.set()
        assert written.wait(10)
        return first, tx.switches.get("seen")

    reading = asyncio.ensure_future(storage.read(look_twice))
    await asyncio.to_thread(started.wait, 10)
    await storage.write(_set("seen"))
    written.set()

    assert await reading == (None, None)
    assert await _get(storage, "seen") == "on"


async def test_a_read_cannot_write(storage: SqliteStorage):
    with pytest.raises(StorageFullError, match="readonly"):
        await storage.read(_set("sneaked"))

    assert await _get(storage, "sneaked") is None


@pytest.mark.parametrize("way", ["read", "write"])
async def test_rows_cannot_leave_their_transaction_unread(storage: SqliteStorage, way: str):
    with pytest.raises(TypeError, match="walk it inside the transaction"):
        await getattr(storage, way)(lambda tx: tx.audit.rows())


@pytest.mark.parametrize("way", ["read", "write"])
async def test_a_work_that_runs_out_of_values_never_leaves_its_caller_waiting(storage: SqliteStorage, way: str):
    with pytest.raises(RuntimeError, match="empty iterator"):
        await getattr(storage, way)(lambda _: next(iter(())))

    await storage.write(_set("next"))
    assert await _get(storage, "next") == "on"
