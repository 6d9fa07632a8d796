"""SIGTERM at any moment: the bot is gone within five seconds with status 0, and the next one finishes its work."""

import asyncio
from pathlib import Path

from bot.domain.campaign import CampaignState
from bot.domain.message import Dispatch
from tests.faults.books import assert_over
from tests.faults.bot_process import STOP_SECONDS, BotProcess
from tests.faults.rig import Rig, rigged_with_process

PEOPLE = 120


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


async def test_asked_to_stop_while_requests_hang_it_leaves_them_in_doubt(tmp_path: Path):
    async with rigged_with_process(tmp_path) as rig:
        campaign = await rig.author.approved(PEOPLE)
        await rig.bot.start()
        await rig.until_accepted(30)
        rig.meta.inject("hang", seconds_real=60.0, times=None)
        await rig.until_books(campaign, lambda books: books.dispatches()[Dispatch.SENDING] > 0, "requests hang")

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
