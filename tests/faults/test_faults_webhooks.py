"""Webhooks repeat, overtake and come late: the counts stay exact."""

from pathlib import Path

from bot.domain.campaign import CampaignState
from tests.faults.books import assert_over
from tests.faults.rig import rigged

PEOPLE = 60


async def test_statuses_three_times_shuffled_and_an_hour_late_count_once(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        rig.meta.tune(webhook_copies=3, webhook_copy_within=1_800.0, webhook_shuffle=1_800.0, webhook_delay=3_600.0)
        rig.meta.tune(failures={131026: 0.2}, read_rate=0.5, read_after=(1.0, 60.0))
        campaign = await rig.author.approved(PEOPLE)

        await rig.bot.start()
        await rig.until_state(campaign, CampaignState.SENT)
        for _ in range(4):
            rig.meta.advance(3_600)
            await rig.meta.settle(30.0)
        books = await rig.books(campaign)

        assert_over(books, rig.meta)
        fates = rig.meta.ledger.totals()["fates"]
        assert books.funnel["failed"] == fates["failed"] > 0
        assert books.funnel["read"] == fates["read"] > 0
        assert books.funnel["delivered"] == fates["read"] + fates["delivered"]
        assert rig.meta.state()["webhooks"]["posts"] > 0


async def test_statuses_that_overtake_the_answer_are_counted(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        rig.meta.tune(statuses_before_answer=True, callback_data_refused=True)
        campaign = await rig.author.approved(PEOPLE)

        await rig.bot.start()
        await rig.until_state(campaign, CampaignState.SENT)
        books = await rig.until_books(campaign, lambda books: books.funnel["delivered"] == PEOPLE, "all is delivered")
        parked = await rig.store.read(lambda tx: tx.parked.count())

        assert_over(books, rig.meta)
        assert parked == 0
