"""The writer: many works share a commit, each stands or falls alone, nothing is lost when the disk says no."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.domain.errors import StorageFullError
from bot.ports.storage import Transaction
from storage import open_storage
from storage.books.transaction import Books
from storage.sqlite.database import connect
from storage.sqlite.engine import SqliteStorage
from storage.sqlite.migrations import apply_all
from storage.sqlite.writer import Writer
from tests.builders import NOW, TestClock
from tests.storage.works import get_switch, grouped, held, set_switch


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "arauto.db")


@pytest.fixture
async def storage(path: str) -> AsyncIterator[SqliteStorage]:
    opened = SqliteStorage(path, clock=TestClock())
    yield opened
    await opened.close()


async def test_queued_works_share_one_commit(path: str):
    db = connect(path)
    apply_all(db)
    statements: list[str] = []
    db.conn.set_trace_callback(statements.append)
    writer = Writer(db, Books(db.conn, TestClock()))
    release = await held(writer.write)

    queued = [asyncio.ensure_future(writer.write(set_switch(f"k{n}"))) for n in range(50)]
    await asyncio.sleep(0)
    await release()
    await asyncio.gather(*queued)
    await asyncio.to_thread(writer.close)

    assert statements.count("BEGIN IMMEDIATE") == statements.count("COMMIT")
    assert statements.count("COMMIT") == 2
    # The first work was alone in its transaction, and needs none of its own.
    assert sum(statement.startswith("SAVEPOINT") for statement in statements) == 50


async def test_what_was_written_is_there_after_opening_again(path: str):
    first = open_storage(f"sqlite:///{path}", clock=TestClock())
    await first.write(set_switch("kept"))
    await first.close()

    second = open_storage(f"sqlite:///{path}", clock=TestClock())

    assert await get_switch(second, "kept") == "on"
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
    assert await get_switch(after, "marked") == "on"
    await after.close()


async def test_a_full_disk_is_told_and_over_once_there_is_room(storage: SqliteStorage):
    connection = storage._writer._db.conn

    def limit(pages: int) -> Callable[[Transaction], object]:
        return lambda _: connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0]

    await storage.write(set_switch("before"))
    await storage.write(limit(1))  # SQLite never goes below what the file has already
    results = await grouped(
        storage,
        set_switch("small"),
        lambda tx: tx.quarantine.keep("big", b"x" * 1_000_000, NOW),
    )
    assert any(isinstance(result, StorageFullError) for result in results)
    assert "free some space" in str(results[1])

    await storage.write(limit(1_000_000))
    await storage.write(lambda tx: tx.quarantine.keep("big", b"x" * 1_000_000, NOW))
    assert await get_switch(storage, "before") == "on"
    assert await storage.read(lambda tx: tx.quarantine.count()) == 1


async def test_a_commit_that_fails_fails_every_work_of_its_group(storage: SqliteStorage):
    """A deferred foreign key is what makes SQLite refuse at the commit itself, as a dying disk would."""

    def poison(_: Transaction) -> None:
        connection = storage._writer._db.conn
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("INSERT INTO tallies (campaign_id, fact, n) VALUES (404, 'x', 1)")

    results = await grouped(storage, set_switch("one"), poison)

    assert [type(result) for result in results] == [StorageFullError, StorageFullError]
    assert await get_switch(storage, "one") is None
    await storage.write(set_switch("one"))
    assert await get_switch(storage, "one") == "on"


async def test_a_file_held_by_another_process_is_told_after_a_while(path: str):
    SqliteStorage(path, clock=TestClock())._writer.close()
    db = connect(path, busy_timeout_ms=20)
    writer = Writer(db, Books(db.conn, TestClock()))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StorageFullError, match="another program"):
        await writer.write(set_switch("blocked"))
    other.execute("ROLLBACK")
    await writer.write(set_switch("free"))

    assert other.execute("SELECT name FROM switches").fetchall() == [("free",)]
    other.close()
    await asyncio.to_thread(writer.close)


async def test_a_read_cannot_write(storage: SqliteStorage):
    with pytest.raises(StorageFullError, match="readonly"):
        await storage.read(set_switch("sneaked"))

    assert await get_switch(storage, "sneaked") is None
