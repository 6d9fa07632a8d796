"""Several processes that send divide the numbers among them, and go on dividing as they come and go."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ports.records import NumberStatus
from bot.ports.storage import Storage
from bot.runtime.headroom import Headroom
from bot.runtime.sharing import PRESENT_MS, FairShare
from bot.runtime.tenure import Tenure
from storage import open_storage
from tests.builders import TestClock

NUMBERS = ("1", "2", "3", "4")


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def store(tmp_path: Path, clock: TestClock) -> AsyncIterator[Storage]:
    opened = open_storage(f"sqlite:///{tmp_path / 'arauto.db'}", clock=clock)
    yield opened
    await opened.close()


class _Process:
    """A process' tenures of all numbers, without anything to send."""

    def __init__(self, store: Storage, clock: TestClock, holder: str) -> None:
        self.share = FairShare(len(NUMBERS), store=store, clock=clock, holder=holder)
        self._tenures = [
            Tenure(
                number,
                store=store,
                clock=clock,
                holder=holder,
                share=self.share,
                recall=lambda _: None,
                lost=lambda: None,
            )
            for number in NUMBERS
        ]

    async def round(self) -> int:
        """Take, keep or leave each number as its sender would between two requests; gives how many are held."""
        for tenure in self._tenures:
            if await tenure.hold() and tenure.is_to_be_yielded:
                await tenure.give_up(())
        return sum(tenure.stands for tenure in self._tenures)


async def _settled(clock: TestClock, *processes: _Process) -> list[int]:
    """Let so much time pass that everybody has heard of everybody, and say how many numbers each holds."""
    for _ in range(6):
        clock.instant += PRESENT_MS // 3
        for process in processes:
            await process.round()
    return [await process.round() for process in processes]


async def test_a_process_that_is_alone_sends_for_every_number(store: Storage, clock: TestClock):
    alone = _Process(store, clock, "a")

    assert await alone.round() == len(NUMBERS)


async def test_a_second_process_gets_half_of_the_numbers(store: Storage, clock: TestClock):
    first, second = _Process(store, clock, "a"), _Process(store, clock, "b")
    await first.round()

    assert await _settled(clock, first, second) == [2, 2]


async def test_three_processes_leave_no_number_out_and_none_is_idle(store: Storage, clock: TestClock):
    processes = [_Process(store, clock, name) for name in "cab"]

    assert sorted(await _settled(clock, *processes)) == [1, 1, 2]


async def test_one_process_too_many_stands_by(store: Storage, clock: TestClock):
    processes = [_Process(store, clock, name) for name in "abcde"]

    assert sorted(await _settled(clock, *processes)) == [0, 1, 1, 1, 1]


async def test_the_numbers_of_a_process_that_died_are_taken_over(store: Storage, clock: TestClock):
    dead, living = _Process(store, clock, "a"), _Process(store, clock, "b")
    await _settled(clock, dead, living)

    assert await _settled(clock, living) == [len(NUMBERS)]


async def test_a_process_that_leaves_makes_room_at_once(store: Storage, clock: TestClock):
    leaving, staying = _Process(store, clock, "a"), _Process(store, clock, "b")
    await _settled(clock, leaving, staying)
    await leaving.share.leave()

    clock.instant += PRESENT_MS // 3
    await staying.share.announce()

    assert staying.share.has_room()


async def test_processes_divide_the_people_that_are_left_today(store: Storage, clock: TestClock):
    await store.write(lambda tx: tx.numbers.put(NumberStatus(phone_number_id="1", messaging_limit=5)))
    processes = [_Process(store, clock, name) for name in "ab"]
    await _settled(clock, *processes)

    rooms = [Headroom(store, clock, process.share) for process in processes]
    for room in rooms:
        await room.refresh()

    assert [room.room() for room in rooms] == [3, 2]
