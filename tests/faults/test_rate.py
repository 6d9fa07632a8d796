"""The rate, read from Meta's own log: never above the bound in any second, and as fast as it may be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from bot.demo.world import free_port
from bot.domain.campaign import CampaignState
from bot.domain.message import Dispatch
from bot.settings import load
from bot.simulator.meta import MetaSimulator
from bot.simulator.slack import SlackSimulator
from tests.faults.bot_process import BotProcess
from tests.faults.meta_process import MetaProcess, Rate, meta_as_a_process
from tests.faults.rig import NUMBER, PATIENCE, Rig, an_author, an_environment, rigged_with_process


def _busiest(rig: Rig[BotProcess]) -> int:
    """Count the requests of the busiest sliding second, those refused for their haste included."""
    rate = rig.meta.rate()[NUMBER]
    return rate["busiest_second"] + rate["refused"]


async def _send(rig: Rig[BotProcess], people: int) -> None:
    campaign = await rig.author.approved(people)
    await rig.bot.start()
    await rig.until_accepted(people // 2)
    await rig.bot.kill()
    await rig.bot.start()
    await rig.until_state(campaign, CampaignState.SENT)


async def test_no_second_holds_more_than_the_bound_even_over_a_restart(tmp_path: Path):
    async with rigged_with_process(tmp_path, mps=1_000, ARAUTO_MAX_MPS="80") as rig:
        await _send(rig, 240)

        assert 40 < _busiest(rig) <= 80


async def test_a_bound_of_one_a_second_is_kept_by_test_sends_and_repetitions_too(tmp_path: Path):
    async with rigged_with_process(tmp_path, mps=1_000, ARAUTO_MAX_MPS="1") as rig:
        rig.meta.tune(callback_data_refused=True)
        campaign = await rig.author.approved(4)

        await rig.bot.start()
        books = await rig.until_state(campaign, CampaignState.SENT)

        asked = sorted(rig.meta.account.numbers[NUMBER].pace.admitted)
        assert books.dispatches() == {Dispatch.ACCEPTED: 4}
        assert len(asked) == 5
        assert min(later - earlier for earlier, later in pairwise(asked)) >= 1.0


@dataclass(frozen=True, slots=True)
class _Sending:
    """A bot that sends a campaign to a Meta that counts what it asks for."""

    meta: MetaProcess
    bot: BotProcess

    async def until_asked(self, count: int) -> Rate:
        """Wait until Meta was asked for so many messages in all."""
        async with asyncio.timeout(PATIENCE):
            while (rate := await self.meta.rate(NUMBER)).admitted < count:
                assert self.bot.is_alive, self.bot.log.read_text()[-6_000:]
                await asyncio.sleep(0.5)
        return rate


@asynccontextmanager
async def _sending(folder: Path, bound: int, people: int) -> AsyncIterator[_Sending]:
    """Start a bot with a campaign. Meta grants more than the bound, and runs in a process of its own.

    Inside the test's process it would wait for the test, for Slack and for its own webhooks: then a second of Meta's
    log says how busy this process was.
    """
    slack = SlackSimulator(request_url="http://127.0.0.1:9/slack/events", rate_scale=None)
    # Meta tells only whether a number has high throughput; below that a bot takes 80 for granted.
    knobs = {"mps": max(1_000, 2 * bound), "latency_real": 0.05, "messaging_limit": "TIER_UNLIMITED"}
    async with meta_as_a_process(folder, **knobs) as meta:
        template = MetaSimulator().catalogue.named("plain_hello")[0].id
        url = f"http://127.0.0.1:{free_port()}"
        environment = an_environment(folder, url, meta.url, await slack.start())
        environment |= {"META_PHONE_NUMBER_IDS": NUMBER, "ARAUTO_MAX_MPS": str(bound)}
        bot = BotProcess(folder, environment)
        try:
            async with an_author(load(environment, dotenv_path=None), template) as author:
                await author.approved(people)
                await bot.start()
                yield _Sending(meta, bot)
        finally:
            await bot.end()
            await slack.stop()


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("bound", [80, 250, 1_000])
async def test_the_bound_is_kept_for_as_long_as_a_campaign_lasts(tmp_path: Path, bound: int):
    """How near the mean comes to it is measured: `python -m benchmarks.rate`."""
    async with _sending(tmp_path, bound, 60 * bound) as sending:
        rate = await sending.until_asked(60 * bound)

        assert bound / 2 < rate.busiest_second <= bound


@pytest.mark.timeout(300)
@pytest.mark.parametrize("bound", [80, 250, 1_000])
async def test_a_restart_at_full_rate_keeps_the_bound(tmp_path: Path, bound: int):
    async with _sending(tmp_path, bound, 12 * bound) as sending:
        await sending.until_asked(4 * bound)
        await sending.bot.kill()
        killed = await sending.meta.rate(NUMBER)
        await sending.bot.start()
        await sending.until_asked(killed.admitted + 3 * bound)

        assert 0 < (await sending.meta.rate(NUMBER)).busiest_second <= bound
