"""What is marked leaves on time, in its turn, within the bound; and nothing of it is forgotten at the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.runtime.clock import SystemClock
from bot.runtime.departures import AHEAD_MS, Departures
from bot.runtime.throttle import Throttle


class Road:
    """Takes messages and answers each after a while, or never."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.left: list[int] = []
        self.answered: list[int] = []
        self._seconds = seconds

    async def leave(self, message: int) -> None:
        self.left.append(message)
        await asyncio.sleep(self._seconds)
        self.answered.append(message)


@asynccontextmanager
async def opened(road: Road, bound: int) -> AsyncIterator[Departures[int]]:
    """Give departures whose window has just opened, and end them."""
    throttle = Throttle(SystemClock())
    throttle.set_bound(bound)
    departures = Departures(throttle, road.leave)
    async with asyncio.timeout(10.0):
        while not departures.room():  # noqa: ASYNC110 - time opens it, nobody rings
            await asyncio.sleep(0.01)
    yield departures
    await departures.drain(0.0)


async def test_what_is_marked_leaves_in_its_order():
    road = Road()
    async with opened(road, 100) as departures:
        departures.add([1, 2])
        departures.add([3])
        while not departures.are_quiet:  # noqa: ASYNC110 - time lets them leave, nobody rings
            await asyncio.sleep(0.01)

        stayed = departures.take_back()

    assert (road.left, stayed) == ([1, 2, 3], [])


async def test_once_held_nothing_leaves_and_all_of_it_comes_back():
    road = Road()
    async with opened(road, 100) as departures:
        departures.hold()
        departures.add([1, 2])
        await asyncio.sleep(0.1)

        stayed = departures.take_back()

    assert (road.left, stayed) == ([], [1, 2])


async def test_what_has_left_may_still_be_answered():
    road = Road(seconds=0.2)
    async with opened(road, 16) as departures:
        departures.add([1])
        while not road.left:  # noqa: ASYNC110 - time lets it leave, nobody rings
            await asyncio.sleep(0.01)
        departures.hold()

        await departures.drain(5.0)

        assert departures.are_quiet
    assert (road.left, road.answered) == ([1], [1])


async def test_marks_fill_what_will_open_and_no_more():
    road = Road()
    async with opened(road, 100) as departures:
        room = departures.room()
        departures.add(range(room))
        more = departures.room()

    assert 1 <= room <= 100 / 4 + 1
    assert more <= 100 * AHEAD_MS / 1_000 + 1


async def test_what_is_marked_beyond_the_bound_waits_for_its_place():
    road = Road(seconds=60.0)
    async with opened(road, 16) as departures:
        departures.add(range(17))
        await asyncio.sleep(1.5)

        stayed = departures.take_back()

    assert (road.left, stayed) == (list(range(16)), [16])


async def test_room_counts_what_is_under_way():
    road = Road(seconds=60.0)
    async with opened(road, 1) as departures:
        departures.add([1])
        await asyncio.sleep(1.2)

        assert departures.room() == 0
