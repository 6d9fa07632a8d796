"""The clockwork's jobs are those of our tables; what was missed is caught up with, and nothing runs twice."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.campaign import CampaignState
from bot.domain.instants import HOUR
from bot.domain.sheet import DigestSheet
from bot.ports.chat import ChatMessage
from bot.runtime.housekeeping import Housekeeping
from bot.runtime.roles import ROLES, RoleLeases
from bot.runtime.scheduler import Scheduler
from bot.runtime.syncing import Syncing
from bot.services import controlling
from tests.builders import add_people
from tests.runtime.test_syncing import FakeMeta
from tests.services.house import ANA, House


def draw(sheet: DigestSheet) -> ChatMessage:
    return ChatMessage(f"digest until {sheet.until}")


@pytest.fixture
async def scheduler(house: House) -> AsyncIterator[Scheduler]:
    housekeeping = Housekeeping(house.store, house.policy, house.clock, draw_digest=draw)
    syncing = Syncing(house.store, FakeMeta(), house.policy, house.clock)
    leases = RoleLeases(ROLES, store=house.store, clock=house.clock, holder="this process")
    await leases.renew()
    one = Scheduler(house.store, housekeeping, syncing, leases)
    one.start()
    yield one
    one.stop()


def jobs(scheduler: Scheduler) -> dict[str, str]:
    """Give the digest jobs and when each runs: the only look at what APScheduler was told."""
    return {job.id: str(job.trigger) for job in scheduler._scheduler.get_jobs() if job.id.startswith("digest ")}


async def add(house: House, channel: str, at: str = "09:00", kind: str = "daily", zone: str = "Europe/Lisbon") -> int:
    return (await house.write(lambda tx: tx.digests.set(channel, kind, at, zone, "U0ANA", house.now))).id


async def test_jobs_follow_the_table(house: House, scheduler: Scheduler):
    first, second = await add(house, "C0A"), await add(house, "C0B", kind="weekly")
    await scheduler.rebuild_digests()
    both = jobs(scheduler)
    await add(house, "C0A", "10:30")
    await house.write(lambda tx: tx.digests.remove("C0B"))

    await scheduler.rebuild_digests()

    assert set(both) == {f"digest {first}", f"digest {second}"}
    assert "mon" in both[f"digest {second}"]
    assert set(jobs(scheduler)) == {f"digest {first}"}
    assert "hour='10', minute='30'" in jobs(scheduler)[f"digest {first}"]


async def test_a_digest_missed_while_away_is_posted_when_the_jobs_are_rebuilt_and_once(
    house: House, scheduler: Scheduler
):
    await add(house, "C0A", zone="UTC")
    house.pass_time(30 * HOUR)

    for _ in range(3):
        await scheduler.rebuild_digests()

    assert len(await house.said()) == 1


async def test_starting_and_stopping_leaves_nothing_running(scheduler: Scheduler):
    scheduler.stop()
    await asyncio.sleep(0)  # its end takes a turn of the event loop
    scheduler.stop()

    assert not scheduler._scheduler.running


async def test_housekeeping_ages_every_campaign_to_its_end(house: House):
    housekeeping = Housekeeping(house.store, house.policy, house.clock, draw_digest=draw)
    sent, _ = await house.sent(2, token="AAAA")
    paused = await house.approve(
        await house.plan(await house.submitted(token="BBBB", offer_ends_at=house.now + 30 * HOUR))
    )
    await house.launch(paused, paused.template)
    await house.write(lambda tx: controlling.pause(tx, paused.id, ANA, house.now))
    house.pass_time(25 * HOUR)

    await housekeeping.age()

    assert (await house.campaign(sent.id)).state is CampaignState.CLOSED
    assert (await house.tallies(sent))["expired"] == 2
    assert (await house.tallies(paused))["lapsed"] == 2


async def test_newcomers_are_counted_before_the_next_preview(house: House, monkeypatch: pytest.MonkeyPatch):
    housekeeping = Housekeeping(house.store, house.policy, house.clock, draw_digest=draw)
    monkeypatch.setattr("bot.runtime.housekeeping.NEWCOMERS", 2)
    await house.write(lambda tx: add_people(tx, 5))

    await housekeeping.count_newcomers()

    assert await house.write(lambda tx: tx.people.count_newcomers(10)) == 0
