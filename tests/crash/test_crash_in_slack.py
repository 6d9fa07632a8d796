"""The same promise as people see it: a campaign typed, approved and watched in Slack survives kill -9 on one card."""

import re
from pathlib import Path

from bot.domain.campaign import CampaignState
from bot.domain.message import Dispatch
from bot.simulator.slack import Message
from tests.faults.books import assert_over
from tests.faults.bot_process import BotProcess
from tests.faults.campaigns import AUTHOR, MANAGER
from tests.faults.rig import MARKETING, Rig, rigged_with_process

PEOPLE = 90
ANA, BRUNO = AUTHOR.user, MANAGER.user
APPROVALS = "C0APPROVALS"


async def _option(rig: Rig[BotProcess], field: str, wanted: str) -> str:
    """Search in a select of Ana's modal and take what reads as wanted."""
    view = rig.slack.view(ANA)
    assert view is not None
    found = await rig.slack.options(ANA, view, field, wanted)
    assert found.options, f"{field} offers nothing like {wanted}"
    return str(found.options[0]["value"])


async def _submit_by_ana(rig: Rig[BotProcess], name: str, audience: str) -> None:
    await rig.slack.command(ANA, MARKETING, f"/campaign new {name}")
    await rig.slack.wait_for(lambda: rig.slack.view(ANA), 30.0)
    await rig.slack.fill(ANA, {"template": await _option(rig, "template", "plain_hello")})
    values = {"audience": await _option(rig, "audience", audience), "channel": MARKETING}
    outcome = await rig.slack.submit(ANA, values)
    assert outcome.is_ok, outcome.errors or outcome.detail


async def _approve_by_bruno(rig: Rig[BotProcess]) -> None:
    def card() -> Message | None:
        shown = [one for one in rig.slack.messages(APPROVALS) if "asks for approval" in one.text]
        return shown[-1] if shown else None

    await rig.slack.click(BRUNO, await rig.slack.wait_for(card, 30.0), "campaign_approve")
    await rig.slack.wait_for(lambda: rig.slack.view(BRUNO), 30.0)
    outcome = await rig.slack.submit(BRUNO, {})
    assert outcome.is_ok, outcome.errors or outcome.detail


async def test_a_campaign_made_in_slack_survives_a_kill_on_one_card(tmp_path: Path):
    async with rigged_with_process(tmp_path) as rig:
        rig.meta.tune(latency_real=0.2)
        await rig.author.audience("Everybody", PEOPLE)
        await rig.bot.start()
        await rig.ready()
        await _submit_by_ana(rig, "Spring drop", "Everybody")
        await _approve_by_bruno(rig)

        await rig.until_accepted(40)
        await rig.bot.kill()
        await rig.bot.start()
        campaign = (await rig.store.read(lambda tx: tx.campaigns.find("Spring drop")))[0]
        books = await rig.until_state(campaign, CampaignState.SENT)
        await rig.until(lambda: "Finished sending" in rig.card(), "the card shows the end")

        assert_over(books, rig.meta)
        assert books.dispatches()[Dispatch.ACCEPTED] > 40
        cards = [one for one in rig.slack.messages(MARKETING) if "Spring drop" in one.text and not one.reply_broadcast]
        assert len(cards) == 1
        shown = re.search(r"In doubt\D*(\d+)", rig.card())
        told = " ".join(rig.thread())
        assert "Arauto was interrupted and goes on." in told
        assert told.count("All sent") == 1
        in_doubt = (await rig.books(campaign)).funnel["in_doubt"]
        assert (int(shown.group(1)) if shown else 0) == in_doubt
