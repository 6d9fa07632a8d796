"""Works share commits, and each stands or falls alone; what is handed over is done, whoever still waits for it."""

import asyncio
import threading

import pytest

from bot.domain.errors import ConflictError
from bot.ports.storage import Storage, Transaction
from tests.builders import NOW
from tests.storage.works import get_switch, grouped, held, set_switch


async def test_a_work_that_raises_is_undone_alone(storage: Storage):
    def fail(tx: Transaction) -> None:
        tx.switches.set("half", "done", NOW)
        raise ConflictError("somebody was first")

    results = await grouped(storage, set_switch("before"), fail, set_switch("after"))

    assert results[0] is None
    assert results[2] is None
    assert str(results[1]) == "somebody was first"
    assert [await get_switch(storage, name) for name in ("before", "half", "after")] == ["on", None, "on"]


async def test_a_work_that_raises_with_nobody_beside_it_leaves_nothing(storage: Storage):
    def fail(tx: Transaction) -> None:
        tx.switches.set("half", "done", NOW)
        raise ConflictError("somebody was first")

    with pytest.raises(ConflictError, match="somebody was first"):
        await storage.write(fail)
    await storage.write(set_switch("after"))

    assert [await get_switch(storage, name) for name in ("half", "after")] == [None, "on"]


async def test_works_run_in_the_order_they_came(storage: Storage):
    works = [lambda tx, n=n: tx.switches.set("last", str(n), NOW) for n in range(20)]

    await grouped(storage, *works)

    assert await get_switch(storage, "last") == "19"


async def test_closing_finishes_what_was_handed_over_and_refuses_more(storage: Storage):
    pending = [asyncio.ensure_future(storage.write(set_switch(f"k{n}"))) for n in range(20)]
    await asyncio.sleep(0)

    await storage.close()

    assert await asyncio.gather(*pending) == [None] * 20
    with pytest.raises(RuntimeError, match="closed"):
        await storage.write(set_switch("late"))


async def test_a_work_whose_caller_went_away_still_runs(storage: Storage):
    release = await held(storage.write)
    abandoned = asyncio.ensure_future(storage.write(set_switch("abandoned")))
    await asyncio.sleep(0)

    abandoned.cancel()
    await release()
    await storage.write(set_switch("next"))

    assert await get_switch(storage, "abandoned") == "on"


async def test_a_read_sees_one_moment_while_the_writer_goes_on(storage: Storage):
    started, written = threading.Event(), threading.Event()

    def look_twice(tx: Transaction) -> tuple[str | None, str | None]:
        first = tx.switches.get("seen")
        started.set()
        assert written.wait(10)
        return first, tx.switches.get("seen")

    reading = asyncio.ensure_future(storage.read(look_twice))
    await asyncio.to_thread(started.wait, 10)
    await storage.write(set_switch("seen"))
    written.set()

    assert await reading == (None, None)
    assert await get_switch(storage, "seen") == "on"


@pytest.mark.parametrize("way", ["read", "write"])
async def test_rows_cannot_leave_their_transaction_unread(storage: Storage, way: str):
    with pytest.raises(TypeError, match="walk it inside the transaction"):
        await getattr(storage, way)(lambda tx: tx.audit.rows())


@pytest.mark.parametrize("way", ["read", "write"])
async def test_a_work_that_runs_out_of_values_never_leaves_its_caller_waiting(storage: Storage, way: str):
    with pytest.raises(RuntimeError, match="empty iterator"):
        await getattr(storage, way)(lambda _: next(iter(())))

    await storage.write(set_switch("next"))
    assert await get_switch(storage, "next") == "on"
