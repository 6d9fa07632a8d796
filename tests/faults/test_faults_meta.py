"""Meta and the network misbehave: what may have left is never sent again, what provably did not leave is."""

from pathlib import Path

import pytest

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.message import Dispatch
from bot.services import controlling
from tests.faults.books import Books, assert_over
from tests.faults.bot_task import BotTask
from tests.faults.campaigns import MANAGER, a_british_phone
from tests.faults.rig import MOST_UNDER_WAY, Rig, rigged

PEOPLE = 60
#: They leave at full speed, so with some latency they are all under way at once.
LATE = range(40, 46)
LATENCY = 0.1


async def _send(rig: Rig[BotTask], people: int = PEOPLE) -> Campaign:
    campaign = await rig.author.approved(people)
    await rig.bot.start()
    return campaign


async def _finished(rig: Rig[BotTask], campaign: Campaign) -> Books:
    books = await rig.until_state(campaign, CampaignState.SENT)
    assert_over(books, rig.meta)
    return books


async def _resume(rig: Rig[BotTask], campaign: Campaign) -> None:
    now = rig.author.now
    await rig.store.write(lambda tx: controlling.resume(tx, campaign.id, MANAGER, now))


async def test_a_lost_answer_leaves_a_doubt_that_a_webhook_heals(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        rig.meta.tune(latency_real=LATENCY)
        kinds = ("reset", "gateway", "hang")
        phones = {a_british_phone(n): (kinds[n % 3], n % 2 == 0) for n in LATE}
        for phone, (kind, is_accepted) in phones.items():
            rig.meta.inject(kind, phone=phone, accepted=is_accepted, seconds_real=0.2)

        campaign = await _send(rig)
        books = await rig.until_books(
            campaign, lambda books: books.funnel["delivered"] == rig.accepted >= PEOPLE - len(LATE), "doubts are healed"
        )
        books = await _finished(rig, campaign)

        lost = {phone for phone, (_, is_accepted) in phones.items() if not is_accepted}
        assert books.phones_in(Dispatch.IN_DOUBT) == lost
        assert books.phones_in(Dispatch.ACCEPTED) == set(rig.meta.received)
        await rig.until_said("in doubt")


async def test_an_error_body_proves_that_nothing_was_accepted_and_is_tried_again(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        for n in LATE[:2]:  # each may cost a rest of its own
            rig.meta.inject("error", phone=a_british_phone(n), code=131000, status=500)

        campaign = await _send(rig)
        books = await _finished(rig, campaign)

        assert books.dispatches() == {Dispatch.ACCEPTED: PEOPLE}
        assert rig.meta.ledger.refusals[131000] == len(LATE[:2])


async def test_a_storm_of_rate_refusals_slows_the_number_and_loses_nobody(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        rig.meta.inject("error", code=130429, times=12)

        campaign = await _send(rig)
        books = await _finished(rig, campaign)
        status = await rig.store.read(lambda tx: tx.numbers.get(campaign.spec.phone_number_id))

        assert books.dispatches() == {Dispatch.ACCEPTED: PEOPLE}
        assert status is not None
        assert status.pace is not None
        assert status.pace < status.granted_mps


async def test_an_outage_of_meta_costs_no_more_doubts_than_were_under_way(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        campaign = await _send(rig, 120)
        await rig.until_accepted(40)

        rig.meta.tune(down=True)
        await rig.until_books(campaign, lambda books: books.funnel["in_doubt"] > 0, "somebody is in doubt")
        rig.meta.tune(down=False)
        books = await _finished(rig, campaign)

        assert books.funnel["in_doubt"] <= MOST_UNDER_WAY
        assert books.phones_in(Dispatch.ACCEPTED) == set(rig.meta.received)


@pytest.mark.parametrize(
    ("break_it", "mend_it", "words"),
    [
        ({"token_revoked": True}, {"token_revoked": False}, "access token"),
        ("PAUSED", "UNPAUSE", "paused"),
    ],
    ids=["token revoked", "template paused"],
)
async def test_a_fault_of_the_set_up_stops_the_campaign_until_it_is_mended(tmp_path: Path, break_it, mend_it, words):
    def change(rig: Rig[BotTask], to: object) -> None:
        if isinstance(to, dict):
            rig.meta.tune(**to)
        else:
            rig.meta.events.template_status("plain_hello", str(to))

    async with rigged(tmp_path) as rig:
        campaign = await _send(rig, 120)
        await rig.until_accepted(30)

        change(rig, break_it)
        stopped = await rig.until_state(campaign, CampaignState.FAILED, CampaignState.PAUSED)
        await rig.until_said(words)
        change(rig, mend_it)
        await _resume(rig, campaign)
        books = await _finished(rig, campaign)

        assert words in (stopped.campaign.reason or "")
        assert books.dispatches() == {Dispatch.ACCEPTED: 120}


async def test_a_fault_of_the_set_up_costs_one_message_at_the_start(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        rig.meta.inject("error", code=132001, times=None)

        campaign = await _send(rig)
        books = await rig.until_state(campaign, CampaignState.FAILED)

        assert rig.meta.ledger.refusals[132001] == 1
        assert books.funnel["waiting"] == PEOPLE
        assert "does not exist in this language" in (books.campaign.reason or "")


async def test_without_trackers_everything_is_healed_by_number(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        rig.meta.tune(callback_data_refused=True, latency_real=LATENCY)
        for n in LATE:
            rig.meta.inject("reset", phone=a_british_phone(n), accepted=True)

        campaign = await _send(rig)
        await rig.until_books(campaign, lambda books: books.funnel["delivered"] == PEOPLE, "all is delivered")
        books = await _finished(rig, campaign)

        assert books.dispatches() == {Dispatch.ACCEPTED: PEOPLE}
        assert {message.callback_data for message in rig.meta.ledger.messages.values()} == {None}
        assert rig.meta.ledger.refusals[100] == 1
