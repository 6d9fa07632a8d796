"""Batches that wait at the same moment share one write; what is wrong with one of them harms no other."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.domain.delivery import Status
from bot.domain.errors import StorageFullError
from bot.domain.inbound import Quarantined, WebhookBatch
from bot.runtime.gathering import Gathering
from bot.runtime.metrics import Metrics
from tests.builders import later
from tests.services.house import House, a_status


class CountingStorage:
    """The house's storage, with the writes counted and a work that holds a poisoned status refused."""

    def __init__(self, house: House, poison: str = "", *, full: bool = False) -> None:
        self.writes = 0
        self._house = house
        self._poison = poison
        self._is_full = full

    async def write(self, work: Callable[[Any], Any]) -> Any:
        self.writes += 1
        if self._is_full:
            raise StorageFullError("The disk is full.")

        def run(tx: Any) -> Any:
            done = work(tx)
            if any(entry.event.wamid == self._poison for entry in tx.parked.peek(None, 100)):
                raise RuntimeError("this one cannot be written")
            return done

        return await self._house.write(run)


def a_batch(*wamids: str, status: Status = Status.DELIVERED) -> WebhookBatch:
    return WebhookBatch(statuses=[a_status(status, wamid, later(1)) for wamid in wamids])


def a_gathering(house: House, storage: CountingStorage) -> Gathering:
    return Gathering(storage, house.policy, house.clock, Metrics())  # type: ignore[arg-type]  # writes are all it asks for


async def test_batches_that_wait_together_share_a_write(house: House):
    campaign, _ = await house.accepted(3)
    storage = CountingStorage(house)
    gathering = a_gathering(house, storage)

    await asyncio.gather(*(gathering.absorb(a_batch(f"wamid.{n}")) for n in (1, 2, 3)))

    assert storage.writes == 1
    assert (await house.tallies(campaign))["delivered"] == 3


async def test_a_status_that_two_bodies_repeat_counts_once(house: House):
    campaign, _ = await house.accepted(1)
    gathering = a_gathering(house, CountingStorage(house))

    await asyncio.gather(*(gathering.absorb(a_batch("wamid.1")) for _ in range(4)))

    assert (await house.tallies(campaign))["delivered"] == 1


async def test_one_bad_batch_fails_alone(house: House):
    campaign, _ = await house.accepted(2)
    gathering = a_gathering(house, CountingStorage(house, poison="wamid.bad"))
    batches = (a_batch("wamid.1"), a_batch("wamid.bad"), a_batch("wamid.2"))

    results = await asyncio.gather(*(gathering.absorb(batch) for batch in batches), return_exceptions=True)

    assert [type(result) for result in results] == [type(None), RuntimeError, type(None)]
    assert (await house.tallies(campaign))["delivered"] == 2


async def test_a_full_disk_refuses_all_of_them_at_once(house: House):
    storage = CountingStorage(house, full=True)
    gathering = a_gathering(house, storage)

    results = await asyncio.gather(*(gathering.absorb(a_batch("wamid.1")) for _ in range(3)), return_exceptions=True)

    assert [type(result) for result in results] == [StorageFullError] * 3
    assert storage.writes == 1


async def test_a_body_with_anything_else_has_a_write_of_its_own(house: House):
    await house.accepted(2)
    storage = CountingStorage(house)
    gathering = a_gathering(house, storage)
    mixed = a_batch("wamid.1")
    mixed.quarantined.append(Quarantined("odd", b"{}"))

    await asyncio.gather(gathering.absorb(mixed), gathering.absorb(a_batch("wamid.2")))

    assert storage.writes == 2


async def test_a_request_that_is_given_up_does_not_stop_the_others(house: House):
    campaign, _ = await house.accepted(2)
    gathering = a_gathering(house, CountingStorage(house))
    given_up = asyncio.create_task(gathering.absorb(a_batch("wamid.1")))
    staying = asyncio.create_task(gathering.absorb(a_batch("wamid.2")))
    await asyncio.sleep(0)

    given_up.cancel()
    await staying

    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert (await house.tallies(campaign))["delivered"] == 2


async def test_a_batch_larger_than_a_group_is_taken_whole(house: House):
    campaign, _ = await house.accepted(1)
    storage = CountingStorage(house)
    gathering = a_gathering(house, storage)
    large = a_batch(*["wamid.1"] * 1_500)

    await asyncio.gather(gathering.absorb(large), gathering.absorb(a_batch("wamid.1", status=Status.READ)))

    assert storage.writes == 2
    assert (await house.tallies(campaign))["read"] == 1
