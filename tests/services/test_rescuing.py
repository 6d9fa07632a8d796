"""What a dead process held goes back or is in doubt, and about a doubt only a person decides."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.errors import InvalidInputError, NotAllowedError
from bot.domain.instants import MINUTE
from bot.domain.message import Dispatch, Recipient
from bot.domain.roles import Actor
from bot.ports.meta import Accepted, InDoubt
from bot.ports.storage import Transaction
from bot.services import controlling, rescuing
from bot.services.rescuing import Rescued
from tests.builders import NUMBER, a_phone, later
from tests.services.house import ANA, BRUNO, CARLA, EVE, House


async def doubtful(house: House, people: int = 2, **spec: object) -> tuple[Campaign, list[Recipient]]:
    """Give a campaign of which everything left and one message is in doubt for a quarter of an hour."""
    campaign, rows = await house.marked(people, **spec)
    await house.settle(*((row, Accepted(f"wamid.{row.id}")) for row in rows[1:]), (rows[0], InDoubt("lost")))
    house.pass_time(15 * MINUTE)
    return await house.finish(campaign), rows


async def test_claims_go_back_and_marked_messages_are_in_doubt(house: House):
    campaign = await house.sending(4)
    await house.mark(campaign, 2)
    await house.claim(campaign, 1)

    rescued = await house.write(lambda tx: rescuing.rescue(tx, NUMBER, house.now))

    assert rescued == Rescued(released=1, in_doubt=2)
    assert await house.dispatches(campaign) == [Dispatch.IN_DOUBT] * 2 + [Dispatch.PLANNED] * 2
    assert any("2 people are *in doubt*" in text for text in await house.said())
    assert (await house.tallies(campaign))["in_doubt"] == 2


async def test_rescuing_twice_finds_nothing_more(house: House):
    campaign = await house.sending(2)
    await house.mark(campaign)
    await house.write(lambda tx: rescuing.rescue(tx, NUMBER, house.now))

    assert await house.write(lambda tx: rescuing.rescue(tx, NUMBER, house.now)) == Rescued(0, 0)
    assert (await house.mark(campaign)).go == []


async def test_another_number_is_left_alone(house: House):
    campaign = await house.sending(1)
    await house.mark(campaign)

    assert await house.write(lambda tx: rescuing.rescue(tx, "999", house.now)) == Rescued(0, 0)
    assert await house.dispatches(campaign) == [Dispatch.SENDING]


async def test_a_test_message_under_way_is_in_doubt_and_not_sent_again(house: House):
    campaign = await house.planned()

    def trial_under_way(tx: Transaction) -> None:
        trial = tx.trials.add(campaign.id, NUMBER, a_phone(1), b"[]", ANA.user, house.now)
        tx.trials.save(replace(trial, dispatch=Dispatch.SENDING))

    await house.write(trial_under_way)
    await house.write(lambda tx: rescuing.rescue(tx, NUMBER, house.now))

    assert len(await house.read(lambda tx: tx.trials.with_dispatch(Dispatch.IN_DOUBT))) == 1
    assert await house.read(lambda tx: tx.trials.waiting(NUMBER, 10)) == []


async def test_nobody_decides_before_webhooks_had_their_quarter_of_an_hour(house: House):
    campaign, _ = await doubtful(house)
    house.pass_time(-1)

    with pytest.raises(InvalidInputError, match="longer than 15 minutes"):
        await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))
    with pytest.raises(InvalidInputError, match="longer than 15 minutes"):
        await house.write(lambda tx: rescuing.assume_sent(tx, campaign.id, BRUNO, house.policy, house.now))

    assert (await house.dispatches(campaign))[0] is Dispatch.IN_DOUBT


@pytest.mark.parametrize("decide", [rescuing.send_again, rescuing.assume_sent])
@pytest.mark.parametrize("actor", [ANA, CARLA, EVE])
async def test_only_an_approver_decides(house: House, decide: Callable[..., int], actor: Actor):
    campaign, _ = await doubtful(house)

    with pytest.raises(NotAllowedError):
        await house.write(lambda tx: decide(tx, campaign.id, actor, house.policy, house.now))


async def test_sending_again_plans_one_more_attempt_and_is_on_record(house: House):
    campaign, rows = await house.marked(2)
    await house.settle((rows[0], InDoubt("lost")))
    house.pass_time(15 * MINUTE)

    count = await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))
    [claim] = (await house.mark(campaign)).go

    assert count == 1
    assert (claim.recipient.id, claim.recipient.attempt) == (rows[0].id, 2)
    assert (await house.campaign(campaign.id)).state is CampaignState.SENDING
    assert (await house.audit())[-1].action == "sent_again"
    assert any("may be the second message" in text for text in await house.said())


async def test_an_offer_that_is_over_is_not_sent_again(house: House):
    campaign, _ = await doubtful(house, offer_ends_at=later(24.1))

    with pytest.raises(InvalidInputError, match="after the offer has ended"):
        await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))

    assert (await house.dispatches(campaign))[0] is Dispatch.IN_DOUBT


async def test_assuming_sent_closes_the_doubt_and_inflates_nothing(house: House):
    campaign, _ = await doubtful(house)
    before = await house.tallies(campaign)

    count = await house.write(lambda tx: rescuing.assume_sent(tx, campaign.id, BRUNO, house.policy, house.now))

    assert (count, await house.tallies(campaign)) == (1, before)
    with pytest.raises(InvalidInputError):
        await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))


async def test_a_cancelled_campaign_sends_nothing_again(house: House):
    campaign, rows = await house.marked(1)
    await house.settle((rows[0], InDoubt("lost")))
    await house.write(lambda tx: controlling.cancel(tx, campaign.id, ANA, house.now))
    house.pass_time(15 * MINUTE)

    with pytest.raises(InvalidInputError, match="is cancelled; nothing can be sent again"):
        await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))


async def test_another_attempt_remembers_the_click_and_nothing_else_of_the_one_before(house: House):
    _, [row] = await house.accepted(1)
    clicked = row._replace(clicked_at=house.now, delivered_at=house.now, code=7, tries=3)

    again = rescuing.next_attempt(clicked)

    assert (again.attempt, again.clicked_at, again.dispatch) == (2, house.now, Dispatch.PLANNED)
    assert (again.wamid, again.accepted_at, again.delivered_at, again.code, again.tries) == (None, None, None, None, 0)
