"""SIGTERM at any moment: the bot is gone within five seconds with status 0, and the next one finishes its work."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import pytest

from bot.domain.campaign import CampaignState
from bot.domain.message import Dispatch
from tests.faults.books import assert_over
from tests.faults.bot_process import STOP_SECONDS, BotProcess
from tests.faults.rig import NUMBER, Rig, rigged_with_process
from tests.postgres_server import a_database

PEOPLE = 120
#: Enough for some seconds at the rate below, from each of two numbers.
CROWD, RATE = 3_000, 400
OTHER_NUMBER = "106540352242923"


async def _terminate(rig: Rig[BotProcess]) -> tuple[int, float]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    status = await rig.bot.terminate()
    return status, loop.time() - began


async def test_asked_to_stop_while_idle_it_ends_at_once(tmp_path: Path):
    async with rigged_with_process(tmp_path) as rig:
        await rig.bot.start()
        await rig.ready()

        status, seconds = await _terminate(rig)

        assert status == 0
        assert seconds <= STOP_SECONDS


async def test_asked_to_stop_while_sending_it_loses_no_answer(tmp_path: Path):
    async with rigged_with_process(tmp_path) as rig:
        rig.meta.tune(latency_real=0.2)
        campaign = await rig.author.approved(PEOPLE)
        await rig.bot.start()
        await rig.until_accepted(30)

        status, seconds = await _terminate(rig)
        stopped = await rig.books(campaign)
        await rig.bot.start()
        books = await rig.until_state(campaign, CampaignState.SENT)

        assert status == 0
        assert seconds <= STOP_SECONDS
        assert stopped.dispatches().keys() <= {Dispatch.ACCEPTED, Dispatch.PLANNED}
        assert books.dispatches() == {Dispatch.ACCEPTED: PEOPLE}
        assert_over(books, rig.meta)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_asked_to_stop_at_full_rate_it_leaves_nothing_open(tmp_path: Path, engine: str):
    numbers = (NUMBER, OTHER_NUMBER)
    with a_database() if engine == "postgres" else nullcontext(f"sqlite:///{tmp_path / 'arauto.db'}") as database:
        fast = {"DATABASE_URL": database, "ARAUTO_MAX_MPS": str(RATE)}
        async with rigged_with_process(tmp_path, mps=1_000, numbers=numbers, **fast) as rig:
            rig.meta.tune(latency_real=0.1, reachable_rate=0.0)
            campaigns = [await rig.author.approved(CROWD, phone_number_id=number) for number in numbers]
            await rig.bot.start()
            await rig.until_accepted(4 * RATE)

            status, seconds = await _terminate(rig)
            stopped = [(await rig.books(campaign)).dispatches() for campaign in campaigns]

            assert status == 0
            assert seconds <= STOP_SECONDS
            assert all(found.keys() == {Dispatch.ACCEPTED, Dispatch.PLANNED} for found in stopped)
            assert sum(found[Dispatch.ACCEPTED] for found in stopped) == rig.accepted


@contextmanager
def _busy(folder: Path) -> Iterator[None]:
    """Keep every writer of the rig's database waiting."""
    with closing(sqlite3.connect(folder / "arauto.db", isolation_level=None, timeout=10.0)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("COMMIT")


async def test_asked_to_stop_while_the_database_is_busy_it_waits_for_it(tmp_path: Path):
    async with rigged_with_process(tmp_path) as rig:
        rig.meta.tune(latency_real=0.2)
        campaign = await rig.author.approved(PEOPLE)
        await rig.bot.start()
        await rig.until_accepted(30)

        ending = asyncio.create_task(_terminate(rig))
        with _busy(tmp_path):
            await asyncio.sleep(3.0)
        status, seconds = await ending

        stopped = (await rig.books(campaign)).dispatches()
        assert status == 0
        assert seconds <= STOP_SECONDS
        assert stopped.keys() == {Dispatch.ACCEPTED, Dispatch.PLANNED}
        assert stopped[Dispatch.ACCEPTED] == rig.accepted


async def test_asked_to_stop_while_requests_hang_it_leaves_them_in_doubt(tmp_path: Path):
    async with rigged_with_process(tmp_path) as rig:
        campaign = await rig.author.approved(PEOPLE)
        await rig.bot.start()
        await rig.until_accepted(30)
        rig.meta.inject("hang", seconds_real=60.0, times=None)
        await rig.until(lambda: rig.meta.rate()[NUMBER]["admitted"] > rig.accepted, "requests hang")

        status, seconds = await _terminate(rig)
        stopped = await rig.books(campaign)
        rig.meta.faults.pending.clear()
        await rig.bot.start()
        books = await rig.until_state(campaign, CampaignState.SENT)

        assert status == 0
        assert seconds <= STOP_SECONDS
        assert stopped.dispatches()[Dispatch.IN_DOUBT] > 0
        assert Dispatch.SENDING not in stopped.dispatches()
        assert books.dispatches()[Dispatch.IN_DOUBT] == stopped.dispatches()[Dispatch.IN_DOUBT]
        assert_over(books, rig.meta)


async def test_asked_to_stop_while_slack_and_meta_are_away_it_still_ends(tmp_path: Path):
    async with rigged_with_process(tmp_path) as rig:
        await rig.author.approved(PEOPLE)
        await rig.slack.outage("closed")
        rig.meta.inject("hang", on="manage", seconds_real=60.0, times=None)
        await rig.bot.start()
        await rig.until(lambda: "Slack" in rig.bot.log.read_text(), "the bot has missed Slack")

        status, seconds = await _terminate(rig)

        assert status == 0
        assert seconds <= STOP_SECONDS
