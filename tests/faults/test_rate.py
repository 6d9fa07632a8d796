"""The rate, read from Meta's own log: never above the bound in any second, and as fast as it may be."""

from itertools import pairwise
from pathlib import Path

import pytest

from bot.domain.campaign import CampaignState
from bot.domain.message import Dispatch
from tests.faults.bot_process import BotProcess
from tests.faults.rig import NUMBER, Rig, rigged_with_process


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


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mps", [80, 250, 1_000])
async def test_over_a_minute_the_bound_is_kept_and_used(tmp_path: Path, mps: int):
    async with rigged_with_process(tmp_path, mps=2_000, ARAUTO_MAX_MPS=str(mps)) as rig:
        rig.meta.tune(latency_real=0.05, reachable_rate=0.0)
        campaign = await rig.author.approved(mps * 70)

        await rig.bot.start()
        await rig.until_accepted(mps * 3)  # the gentle start is over
        asked = rig.meta.account.numbers[NUMBER].pace.admitted
        begin = asked[-1]
        await rig.until(lambda: asked[-1] >= begin + 60.0, "a minute has passed", patience=180.0)
        in_a_minute = sum(begin < at <= begin + 60.0 for at in asked)
        await rig.until_state(campaign, CampaignState.SENT)

        assert _busiest(rig) <= mps
        assert in_a_minute >= 0.99 * 60 * mps
