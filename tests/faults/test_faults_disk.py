"""The database cannot be written: nothing leaves that could not be recorded, and all goes on once it can."""

import asyncio
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

from bot.domain.campaign import CampaignState
from bot.domain.message import Dispatch
from tests.faults.books import assert_over
from tests.faults.bot_process import BotProcess
from tests.faults.rig import Rig, rigged_with_process

PEOPLE = 120
#: Seconds in which what is marked leaves and is answered, many times over.
ENOUGH_TO_LEAVE = 1.0
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@contextmanager
def _locked(database: Path) -> Iterator[None]:
    """Hold the database as another program might."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def _reasons(rig: Rig[BotProcess]) -> str:
    async with httpx.AsyncClient(trust_env=False, timeout=30.0) as client:
        answer = await client.get(f"{rig.url}/readyz")
    return "" if answer.is_success else answer.text


async def _until_trouble(rig: Rig[BotProcess], words: str) -> int:
    """Wait until the bot says why it cannot send; gives how many Meta had accepted by then."""
    while True:
        if words in await _reasons(rig):
            return rig.accepted


async def _accepted_of_the_marked(rig: Rig[BotProcess]) -> int:
    """Let leave what was marked before the trouble, which is on the disk; gives how many Meta has accepted then."""
    await asyncio.sleep(ENOUGH_TO_LEAVE)
    return rig.accepted


async def test_a_locked_database_stops_sending_before_the_next_request(tmp_path: Path):
    async with rigged_with_process(tmp_path) as rig:
        campaign = await rig.author.approved(PEOPLE)
        await rig.bot.start()
        await rig.until_accepted(30)

        with _locked(tmp_path / "arauto.db"):
            marked = (await rig.books(campaign)).dispatches()
            said_at = await _until_trouble(rig, "another program has held it")
            at_the_end = await _accepted_of_the_marked(rig)
        books = await rig.until_state(campaign, CampaignState.SENT)

        assert said_at <= at_the_end <= marked[Dispatch.SENDING] + marked[Dispatch.ACCEPTED]
        assert books.dispatches() == {Dispatch.ACCEPTED: PEOPLE}
        assert_over(books, rig.meta)


async def test_a_full_disk_stops_sending_and_room_lets_it_go_on(tmp_path: Path):
    async with rigged_with_process(tmp_path) as rig:
        campaign = await rig.author.approved(PEOPLE)
        await rig.bot.start()
        await rig.until_accepted(30)

        resource.prlimit(rig.bot.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        at_first = await _until_trouble(rig, "the disk")
        marked = (await rig.books(campaign)).dispatches()
        in_the_end = await _accepted_of_the_marked(rig)
        resource.prlimit(rig.bot.pid, resource.RLIMIT_FSIZE, UNLIMITED)
        books = await rig.until_state(campaign, CampaignState.SENT)

        assert at_first <= in_the_end <= marked[Dispatch.SENDING] + marked[Dispatch.ACCEPTED]
        assert books.dispatches() == {Dispatch.ACCEPTED: PEOPLE}
        assert_over(books, rig.meta)
