"""People stop things, and things stop people: each takes effect with the very next request."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.campaign import CampaignState
from bot.domain.consent import Standing
from bot.domain.message import Dispatch
from tests.faults.books import assert_balanced, assert_over
from tests.faults.bot_task import BotTask
from tests.faults.campaigns import ADMIN, AUTHOR, a_british_phone
from tests.faults.rig import MARKETING, NUMBER, Rig, rigged

PEOPLE = 160
#: The contract: a stop holds for every request that starts later than this after its webhook was answered.
STOP_HOLDS_AFTER = 0.5
#: Where in the queue people stop: about to leave, and a little later.
STOPPING = range(60, 110, 2)


async def _sending(rig: Rig[BotTask], user: str, line: str) -> None:
    """Type a command while nothing but the sender is busy."""
    outcome = await rig.slack.command(user, MARKETING, line)
    assert outcome.is_ok, outcome.detail


async def test_a_stop_holds_half_a_second_after_its_webhook_was_answered(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        campaign = await rig.author.approved(PEOPLE)
        phones = [a_british_phone(n) for n in STOPPING]
        await rig.bot.start()
        await rig.until_accepted(30)

        for phone in phones:
            rig.meta.prefer(phone, "stop")
        await rig.meta.settle(30.0)
        answered_at = rig.meta.clock.now()
        books = await rig.until_state(campaign, CampaignState.SENT)

        late = [one for phone in phones for one in rig.meta.received.get(phone, ()) if one.accepted_at > answered_at]
        assert all(one.accepted_at <= answered_at + STOP_HOLDS_AFTER for one in late)
        # Left out at the last look, or under way already and refused by Meta, which knows of the stop as well.
        left_out = books.phones_in(Dispatch.SKIPPED) | books.phones_in(Dispatch.REFUSED)
        assert left_out == set(phones) - rig.meta.received.keys()
        assert books.phones_in(Dispatch.SKIPPED)
        assert_over(books, rig.meta)


@pytest.mark.parametrize(
    ("user", "line", "state"),
    [
        (AUTHOR.user, "/campaign pause tok1", CampaignState.PAUSED),
        (AUTHOR.user, "/campaign cancel tok1", CampaignState.CANCELLED),
        (ADMIN.user, "/campaign stop-all", CampaignState.PAUSED),
    ],
)
async def test_nothing_leaves_once_a_command_has_stopped_it(tmp_path: Path, user, line, state):
    async with rigged(tmp_path) as rig:
        campaign = await rig.author.approved(PEOPLE)
        await rig.bot.start()
        await rig.ready()
        await rig.until_accepted(30)

        await _sending(rig, user, line)
        books = await rig.until_state(campaign, state)
        under_way = books.dispatches()[Dispatch.SENDING]
        accepted = rig.accepted
        books = await rig.until_books(
            campaign, lambda books: Dispatch.CLAIMED not in books.dispatches(), "claims go back"
        )
        await rig.until_books(campaign, lambda books: books.funnel["delivered"] == rig.accepted, "the rest is answered")

        assert rig.accepted <= accepted + under_way
        assert rig.accepted < PEOPLE
        assert_balanced(await rig.books(campaign), rig.meta)


async def test_cancelling_what_is_paused_skips_everybody_who_waits(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        campaign = await rig.author.approved(PEOPLE)
        await rig.bot.start()
        await rig.ready()
        await rig.until_accepted(20)
        await _sending(rig, AUTHOR.user, "/campaign pause tok1")
        await rig.until_state(campaign, CampaignState.PAUSED)

        await _sending(rig, AUTHOR.user, "/campaign cancel tok1")
        books = await rig.until_books(
            campaign, lambda books: not (books.funnel["waiting"] or books.funnel["sending"]), "nobody is left"
        )

        assert books.funnel["skipped"] == PEOPLE - rig.accepted
        assert_over(books, rig.meta)


async def test_131050_suppresses_the_person(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        rig.meta.person(a_british_phone(3), refused=131050)
        campaign = await rig.author.approved(10)

        await rig.bot.start()
        books = await rig.until_state(campaign, CampaignState.SENT)
        person = await rig.store.read(lambda tx: tx.people.find(a_british_phone(3)))

        assert books.phones_in(Dispatch.REFUSED) == {a_british_phone(3)}
        assert person is not None
        assert person.standing is Standing.OPTED_IN | Standing.WHATSAPP_STOPPED


async def test_the_portfolio_limit_stops_short_and_more_room_lets_it_go_on(tmp_path: Path):
    async with rigged(tmp_path) as rig:
        rig.meta.tune(messaging_limit="TIER_50")
        campaign = await rig.author.approved(80)

        await rig.bot.start()
        await rig.until_accepted(50)
        await asyncio.sleep(1.0)  # long enough for twice the missing 30, had they been allowed to leave
        at_the_limit = rig.accepted
        rig.meta.events.number_quality(NUMBER, "ONBOARDING", "TIER_2K")
        books = await rig.until_state(campaign, CampaignState.SENT)

        assert at_the_limit == 50
        assert books.dispatches() == {Dispatch.ACCEPTED: 80}


async def test_a_sleeping_template_gets_one_message_and_its_wait_first(tmp_path: Path):
    async with rigged(tmp_path, template="dormant_promo", ARAUTO_TEMPLATE_WAIT="2") as rig:
        rig.meta.tune(sync_seconds=1.5)
        bindings = {"body:1": "friend", "button:0": "https://shop.example/back"}
        campaign = await rig.author.approved(30, bindings=bindings)

        await rig.bot.start()
        await rig.until_said("one message woke it")
        at_first = rig.accepted
        books = await rig.until_state(campaign, CampaignState.SENT)

        assert at_first == 1
        assert rig.meta.ledger.refusals[134101] == 0
        assert books.dispatches() == {Dispatch.ACCEPTED: 30}
        assert {message.route for message in rig.meta.ledger.messages.values()} == {"marketing_lite"}
