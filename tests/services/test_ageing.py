"""What time alone does: messages expire and come back, campaigns close."""

from dataclasses import replace

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.delivery import Status
from bot.domain.instants import DAY, HOUR, MINUTE, SECOND
from bot.domain.message import Delivery
from bot.ports.meta import Accepted, InDoubt
from bot.services import ageing, rescuing, tracking
from tests.services.house import BRUNO, House, a_status

#: The template of the tests lives a day.
LIFETIME = DAY


async def expire(house: House, campaign: Campaign) -> int:
    return await house.write(lambda tx: ageing.expire(tx, campaign.id, house.policy, house.now))


async def close(house: House, campaign: Campaign) -> bool:
    return await house.write(lambda tx: ageing.close(tx, campaign.id, house.policy, house.now))


async def test_a_message_expires_when_its_lifetime_and_the_buffer_are_over(house: House):
    campaign, _ = await house.sent(1)
    house.pass_time(LIFETIME + 10 * MINUTE)
    early = await expire(house, campaign)
    house.pass_time(1)

    expired = await expire(house, campaign)

    assert (early, expired) == (0, 1)
    assert (await house.rows(campaign))[0].delivery is Delivery.EXPIRED
    assert (await house.tallies(campaign))["expired"] == 1
    assert await expire(house, campaign) == 0


async def test_the_lifetime_chosen_for_the_campaign_counts(house: House):
    campaign = await house.approved(1, ttl_seconds=43_200)
    template = campaign.template
    assert template is not None
    await house.launch(campaign, replace(template, ttl_seconds=43_200))
    [claim] = (await house.mark(campaign)).go
    await house.settle((claim.recipient, Accepted("wamid.1")))
    house.pass_time(12 * HOUR + 10 * MINUTE + 1)

    assert await expire(house, campaign) == 1


async def test_the_lifetime_starts_at_sent_where_meta_reported_it(house: House):
    campaign, _ = await house.sent(1)
    await house.write(lambda tx: tracking.absorb(tx, [a_status(Status.SENT, at=house.now + HOUR)], house.now))
    house.pass_time(LIFETIME + 10 * MINUTE + 1)
    early = await expire(house, campaign)
    house.pass_time(HOUR)

    assert (early, await expire(house, campaign)) == (0, 1)


async def test_a_late_delivery_undoes_what_we_inferred(house: House):
    campaign, _ = await house.sent(1)
    house.pass_time(2 * LIFETIME)
    await expire(house, campaign)

    late = a_status(Status.DELIVERED, at=house.now)
    await house.write(lambda tx: tracking.absorb(tx, [late], house.now))

    tallies = await house.tallies(campaign)
    assert (tallies["delivered"], tallies.get("expired", 0)) == (1, 0)
    assert await expire(house, campaign) == 0


async def test_what_was_delivered_read_or_failed_never_expires(house: House):
    campaign, _ = await house.sent(3)
    events = [
        a_status(status, f"wamid.{n}", at=house.now)
        for n, status in enumerate((Status.DELIVERED, Status.READ, Status.FAILED), 1)
    ]
    await house.write(lambda tx: tracking.absorb(tx, events, house.now))
    house.pass_time(2 * LIFETIME)

    assert await expire(house, campaign) == 0


async def test_a_campaign_closes_when_nothing_can_arrive_any_more(house: House):
    campaign, _ = await house.sent(2)
    await house.write(lambda tx: tracking.absorb(tx, [a_status(Status.READ, at=house.now)], house.now))
    early = await close(house, campaign)
    house.pass_time(LIFETIME + 10 * MINUTE + 1)
    await expire(house, campaign)

    closed = await close(house, campaign)

    assert (early, closed) == (False, True)
    assert (await house.campaign(campaign.id)).state is CampaignState.CLOSED
    assert "Closed: nothing more can arrive. 2 sent, 1 delivered, 1 read, 0 clicked, 1 expired." in await house.said()
    assert await close(house, campaign) is False


async def test_a_campaign_stays_open_while_one_of_its_messages_may_still_arrive(house: House):
    campaign, _ = await house.sent(1)
    late = a_status(Status.SENT, at=house.now + 30 * SECOND)
    await house.write(lambda tx: tracking.absorb(tx, [late], house.now))
    house.pass_time(LIFETIME + 10 * MINUTE + 1)
    await expire(house, campaign)

    early = await close(house, campaign)
    house.pass_time(MINUTE)
    expired = await expire(house, campaign)

    assert (early, expired, await close(house, campaign)) == (False, 1, True)


async def test_a_campaign_stays_open_for_people_in_doubt_until_somebody_decides(house: House):
    campaign, [row] = await house.marked(1)
    await house.settle((row, InDoubt("lost")))
    await house.finish(campaign)
    house.pass_time(3 * LIFETIME)
    early = await close(house, campaign)

    await house.write(lambda tx: rescuing.assume_sent(tx, campaign.id, BRUNO, house.policy, house.now))

    assert (early, await close(house, campaign)) == (False, True)


async def test_the_thread_hears_once_when_half_have_left(house: House):
    campaign = await house.sending(100)
    first = (await house.mark(campaign, 49)).go
    await house.settle(*((claim.recipient, Accepted(f"wamid.{claim.recipient.id}")) for claim in first))
    await house.write(lambda tx: ageing.tell_half(tx, campaign.id, house.now))
    early = await house.said()
    await house.mark(campaign, 1)

    for _ in range(2):
        await house.write(lambda tx: ageing.tell_half(tx, campaign.id, house.now))

    text = "Half of the messages have left."
    assert (early.count(text), (await house.said()).count(text)) == (0, 1)


async def test_time_changes_only_campaigns_that_have_left_something(house: House):
    draft = await house.planned(1, token="AAAA")
    sending = await house.approve(await house.plan(await house.submitted(token="BBBB")))
    await house.launch(sending, sending.template)

    assert await house.read(ageing.ageing) == [sending.id]
    assert draft.state is CampaignState.IN_REVIEW
