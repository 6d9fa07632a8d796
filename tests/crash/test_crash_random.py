"""kill -9 at random moments of a campaign: the promise that nobody ever gets two messages, kept by force."""

import asyncio
from pathlib import Path
from random import Random
from statistics import median

import pytest

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.message import Dispatch
from tests.faults.books import assert_balanced, assert_over
from tests.faults.bot_process import BotProcess
from tests.faults.rig import MOST_UNDER_WAY, Rig, rigged_with_process

PER_SECOND = 80
#: The contract: sending resumes within this of a restart.
RESUME_SECONDS = 5.0
#: Meta tries an unanswered webhook again after pauses that double, up to this; many deaths make long ones.
LONGEST_PAUSE_SECONDS = 3_600.0


async def _live_and_die(rig: Rig[BotProcess], campaign: Campaign, seconds: float) -> float:
    """One life of the bot: it starts, goes on by itself, and is killed so long after its first message.

    Gives the seconds from its start to that message.
    """
    before, loop = rig.accepted, asyncio.get_running_loop()
    began = loop.time()
    await rig.bot.start()
    await rig.until_accepted(before + 1)
    resumed = loop.time() - began
    await asyncio.sleep(seconds)
    await rig.bot.kill()
    books = await rig.books(campaign)
    assert books.dispatches()[Dispatch.SENDING] <= MOST_UNDER_WAY
    assert_balanced(books, rig.meta)
    return resumed


async def _survive(rig: Rig[BotProcess], *, people: int, lives: int, rng: Random) -> None:
    campaign = await rig.author.approved(people)
    # A life takes what it sends, and its death about as much again, which was marked or under way: on average a quarter
    # of the people are left for the last life.
    longest = people / lives / PER_SECOND / 2
    resumed = [await _live_and_die(rig, campaign, rng.uniform(0.0, longest)) for _ in range(lives)]
    assert median(resumed) <= RESUME_SECONDS
    await rig.bot.start()
    await rig.until_state(campaign, CampaignState.SENT)
    rig.meta.advance(LONGEST_PAUSE_SECONDS)
    await rig.until_books(campaign, lambda books: books.funnel["delivered"] == rig.accepted, "all is delivered")
    books = await rig.books(campaign)
    assert_over(books, rig.meta)
    await rig.until_said("Arauto was interrupted and goes on.")
    await rig.until_said("All sent")


async def test_nobody_gets_two_messages_however_often_the_bot_is_killed(tmp_path: Path):
    async with rigged_with_process(tmp_path) as rig:
        rig.meta.tune(latency_real=0.02, latency_jitter_real=0.06)

        await _survive(rig, people=300, lives=6, rng=Random(6))  # noqa: S311 - moments, not secrets


@pytest.mark.long
@pytest.mark.timeout(3_600)
async def test_nobody_gets_two_messages_in_two_hundred_lives(tmp_path: Path):
    async with rigged_with_process(tmp_path) as rig:
        rig.meta.tune(latency_real=0.02, latency_jitter_real=0.06, webhook_copies=2, webhook_shuffle=1.0)

        await _survive(rig, people=5_000, lives=200, rng=Random(200))  # noqa: S311 - moments, not secrets
