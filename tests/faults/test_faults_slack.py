"""Slack throttles or is away: sending goes on, and the channel catches up afterwards."""

from pathlib import Path

from bot.domain.campaign import CampaignState
from tests.faults.rig import rigged

PEOPLE = 60


async def test_sending_goes_on_while_slack_is_away_and_the_card_catches_up(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        campaign = await rig.author.approved(PEOPLE)
        await rig.slack.outage("unavailable")

        await rig.bot.start()
        await rig.until_state(campaign, CampaignState.SENT)
        assert rig.thread() == []
        await rig.slack.outage(None)

        await rig.until_said("All sent")
        await rig.until(lambda: "Finished sending" in rig.card(), "the card shows the end")
        assert rig.accepted == PEOPLE


async def test_a_throttled_channel_still_gets_its_final_card(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        campaign = await rig.author.approved(PEOPLE)
        for method in ("chat.postMessage", "chat.update"):
            rig.slack.faults.throttle(method, times=2, retry_after=1)

        await rig.bot.start()
        await rig.until_state(campaign, CampaignState.SENT)

        await rig.until_said("All sent")
        await rig.until(lambda: "Finished sending" in rig.card(), "the card shows the end")
