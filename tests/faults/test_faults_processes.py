"""Two processes on one PostgreSQL: the one that sends dies or freezes in the middle, and the other takes over."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.demo.world import free_port
from bot.domain.campaign import Campaign, CampaignState
from bot.domain.message import Dispatch
from tests.faults.books import assert_balanced, assert_over
from tests.faults.bot_process import BotProcess
from tests.faults.rig import MOST_UNDER_WAY, NUMBER, Rig, rigged_with_process
from tests.postgres_server import a_database, execute

#: `rig.bot` takes webhooks, clicks and Slack; the other process starts first, so it is the one that sends.
_ELSEWHERE = "sender,scheduler,cards,sync"
PEOPLE = 300
LEASES = {f"number {NUMBER}", "role scheduler", "role cards", "role sync"}
_HOLDERS = "SELECT name, holder FROM leases WHERE holder IS NOT NULL AND name NOT LIKE 'sender %'"


@asynccontextmanager
async def _two_processes(folder: Path) -> AsyncIterator[tuple[Rig[BotProcess], BotProcess, str]]:
    """Give the rig with its bot, the other process, which plays every role but web, and their database."""
    with a_database() as database:
        async with rigged_with_process(folder, DATABASE_URL=database) as rig:
            rig.meta.tune(latency_real=0.02, latency_jitter_real=0.06)
            port = free_port()
            environment = rig.bot.environment | {"PORT": str(port)}
            elsewhere = folder / "elsewhere"
            elsewhere.mkdir()
            other = BotProcess(elsewhere, environment, "--roles", _ELSEWHERE)
            try:
                await other.start()
                await rig.until(lambda: len(_players(database)) == len(LEASES), "the other process plays every role")
                await rig.bot.start()
                await rig.ready()
                yield rig, other, database
            finally:
                if other.is_alive:
                    other.signal(signal.SIGCONT)
                    await other.kill()


def _players(database: str) -> dict[str, str]:
    """Say who plays what: lease to holder."""
    return dict(execute(_HOLDERS, database))


async def _in_the_middle(rig: Rig[BotProcess]) -> Campaign:
    campaign = await rig.author.approved(PEOPLE)
    await rig.until_accepted(PEOPLE // 4)
    return campaign


async def _finished(rig: Rig[BotProcess], campaign: Campaign) -> None:
    books = await rig.until_state(campaign, CampaignState.SENT)
    assert books.dispatches()[Dispatch.IN_DOUBT] <= MOST_UNDER_WAY
    reached = books.dispatches()[Dispatch.ACCEPTED]
    await rig.until_books(campaign, lambda books: books.funnel["delivered"] >= reached, "all is delivered")
    await rig.until_said("All sent")
    assert_over(await rig.books(campaign), rig.meta)
    assert sum("All sent" in text for text in rig.thread()) == 1


@pytest.mark.timeout(240)
async def test_a_sender_that_is_killed_is_replaced_by_another_process(tmp_path: Path):
    async with _two_processes(tmp_path) as (rig, other, database):
        campaign = await _in_the_middle(rig)
        before = _players(database)
        await other.kill()

        await _finished(rig, campaign)

        after = _players(database)
        assert before.keys() == after.keys() == LEASES
        assert len(set(before.values())) == len(set(after.values())) == 1
        assert set(before.values()).isdisjoint(after.values())


@pytest.mark.long
@pytest.mark.timeout(240)
async def test_a_sender_that_freezes_and_wakes_after_its_lease_sends_nothing_more(tmp_path: Path):
    async with _two_processes(tmp_path) as (rig, other, database):
        campaign = await _in_the_middle(rig)
        before = _players(database)
        other.signal(signal.SIGSTOP)
        await rig.until(lambda: _players(database) != before, "the lease is somebody else's")
        other.signal(signal.SIGCONT)

        await _finished(rig, campaign)

        await asyncio.sleep(2)  # what the sleeper would still do, it does at once
        assert_balanced(await rig.books(campaign), rig.meta)
        assert await other.terminate() == 0


@pytest.mark.long
@pytest.mark.timeout(240)
async def test_a_process_that_stops_hands_its_roles_over_at_once(tmp_path: Path):
    async with _two_processes(tmp_path) as (rig, other, database):
        campaign = await _in_the_middle(rig)
        stopping = set(_players(database).values())

        assert await other.terminate() == 0

        assert stopping.isdisjoint(_players(database).values())
        await _finished(rig, campaign)
        assert (await rig.books(campaign)).dispatches()[Dispatch.IN_DOUBT] == 0
