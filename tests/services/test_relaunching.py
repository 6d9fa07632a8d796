"""Another try of a sent campaign leaves only if the template is still the approved one, and can be called off."""

from dataclasses import replace

import pytest

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.delivery import Status
from bot.domain.errors import ConflictError, InvalidInputError
from bot.domain.inbound import TemplateEvent, TemplateEventKind, WebhookBatch
from bot.domain.instants import DAY, HOUR, MINUTE
from bot.domain.message import Dispatch, Recipient
from bot.domain.template import Template
from bot.ports.meta import Accepted, ErrorClass, InDoubt, NotSent
from bot.services import ageing, controlling, lifetimes, pending, reacting, relaunching, rescuing, tracking
from bot.services.launching import Check, Step
from tests.builders import a_template, later
from tests.services.house import ANA, BRUNO, CARLA, House, a_status, refused

#: The same template with another text.
CHANGED = a_template(components=({"type": "BODY", "text": "Hello {{1}}, nothing is free."},))


async def capped(house: House, **spec: object) -> Campaign:
    """Give a sent campaign with one person refused by Meta's limit at once, and one by webhook."""
    campaign, rows = await house.marked(3, **spec)
    limit = refused(ErrorClass.DELAYED, pending.PER_USER_LIMIT, wait_seconds=86_400)
    await house.settle((rows[0], limit), (rows[1], Accepted("wamid.2")), (rows[2], Accepted("wamid.3")))
    event = a_status(Status.FAILED, "wamid.2", at=house.now, code=pending.PER_USER_LIMIT)
    await house.write(lambda tx: tracking.absorb(tx, [event], house.now))
    return await house.finish(campaign)


async def doubtful(house: House, **spec: object) -> tuple[Campaign, Recipient]:
    """Give a sent campaign with one message in doubt, open to decision, and one accepted."""
    campaign, rows = await house.marked(2, **spec)
    await house.settle((rows[0], InDoubt("lost")), (rows[1], Accepted("wamid.2")))
    house.pass_time(15 * MINUTE)
    return await house.finish(campaign), rows[0]


async def due(house: House) -> list[Campaign]:
    return await house.read(lambda tx: relaunching.due(tx, house.policy, house.now))


async def relaunch(house: House, campaign: Campaign, template: Template | None = None) -> int:
    """Try again with what Meta says of the template now; unchanged if nothing is given."""
    known = template or a_template()
    return await house.write(lambda tx: relaunching.relaunch(tx, campaign.id, known, house.policy, house.now))


async def close(house: House, campaign: Campaign) -> bool:
    await house.write(lambda tx: ageing.expire(tx, campaign.id, house.policy, house.now))
    return await house.write(lambda tx: ageing.close(tx, campaign.id, house.policy, house.now))


async def waiting(house: House, campaign: Campaign) -> int:
    now = await house.campaign(campaign.id)
    return await house.read(lambda tx: pending.pending(tx, now, house.now).people)


async def test_people_over_metas_limit_get_one_more_try_after_a_day(house: House):
    campaign = await capped(house)
    house.pass_time(DAY)
    early = await relaunch(house, campaign), await due(house)
    house.pass_time(1)
    listed = await due(house)

    tried = await relaunch(house, campaign)

    rows = await house.rows(campaign)
    assert (early, tried, [one.id for one in listed]) == ((0, []), 2, [campaign.id])
    assert [(row.dispatch, row.attempt) for row in rows] == [
        (Dispatch.PLANNED, 2),
        (Dispatch.PLANNED, 2),
        (Dispatch.ACCEPTED, 1),
    ]
    assert (await house.campaign(campaign.id)).state is CampaignState.SENDING
    assert any("one more try for 2 people over Meta’s limit" in text for text in await house.said())


@pytest.mark.parametrize("template", [CHANGED, a_template(ttl_seconds=43_200), a_template(status="PAUSED")])
async def test_a_template_that_is_not_the_approved_one_any_more_ends_the_tries(house: House, template: Template):
    campaign = await capped(house)
    house.pass_time(DAY + 1)
    before = await house.rows(campaign)

    tried = await relaunch(house, campaign, template)

    assert (tried, await house.rows(campaign), await due(house)) == (0, before, [])
    assert (await house.campaign(campaign.id)).state is CampaignState.SENT
    assert await waiting(house, campaign) == 0
    assert any(
        text.startswith("No other try for 2 people who waited for one: The template") for text in await house.said()
    )
    assert (await house.tallies(campaign))["refused:131049"] == 1


async def test_a_template_that_is_gone_ends_the_tries(house: House):
    campaign = await capped(house)
    house.pass_time(DAY + 1)

    await house.write(lambda tx: relaunching.relaunch(tx, campaign.id, None, house.policy, house.now))

    assert await waiting(house, campaign) == 0
    assert any("The template is gone at Meta." in text for text in await house.said())


async def test_an_objection_found_outside_ends_the_tries(house: House):
    campaign = await capped(house)
    house.pass_time(DAY + 1)

    await house.write(
        lambda tx: relaunching.relaunch(
            tx, campaign.id, a_template(), house.policy, house.now, objection="The picture is gone."
        )
    )

    assert (await due(house), await waiting(house, campaign)) == ([], 0)
    assert any(text.endswith("who waited for one: The picture is gone.") for text in await house.said())


async def test_a_second_refusal_by_the_limit_is_the_last(house: House):
    campaign = await capped(house)
    house.pass_time(DAY + 1)
    await relaunch(house, campaign)
    limit = refused(ErrorClass.DELAYED, pending.PER_USER_LIMIT)
    await house.settle(*((claim.recipient, limit) for claim in (await house.mark(campaign)).go))
    await house.finish(campaign)
    house.pass_time(2 * DAY)

    assert (await relaunch(house, campaign), await due(house)) == (0, [])
    assert (await house.tallies(campaign))["refused:131049"] == 2


async def test_nobody_is_tried_again_for_an_offer_that_would_be_over(house: House):
    campaign = await capped(house, offer_ends_at=later(36))
    house.pass_time(DAY + 1)

    assert (await relaunch(house, campaign), await due(house)) == (0, [])


async def test_a_repeated_failure_of_the_first_attempt_does_not_touch_the_second(house: House):
    campaign = await capped(house)
    house.pass_time(DAY + 1)
    await relaunch(house, campaign)
    before = await house.rows(campaign)

    again = a_status(Status.FAILED, "wamid.2", at=later(), code=pending.PER_USER_LIMIT)
    await house.write(lambda tx: tracking.absorb(tx, [again], house.now))

    assert await house.rows(campaign) == before


async def test_people_whose_day_ends_within_the_hour_are_tried_together(house: House):
    campaign = await capped(house)
    house.pass_time(HOUR // 2)
    event = a_status(Status.FAILED, "wamid.3", at=house.now, code=pending.PER_USER_LIMIT)
    await house.write(lambda tx: tracking.absorb(tx, [event], house.now))
    house.pass_time(DAY - HOUR // 2 + 1)
    first = await relaunch(house, campaign)
    going = (await house.mark(campaign)).go
    await house.settle(*((claim.recipient, Accepted(f"wamid.again.{n}")) for n, claim in enumerate(going)))
    await house.finish(campaign)
    house.pass_time(HOUR // 2)
    early = await due(house)
    house.pass_time(HOUR // 2)

    assert (first, early) == (2, [])
    assert await relaunch(house, campaign) == 1


async def test_a_campaign_stays_open_for_the_one_more_try(house: House):
    campaign = await capped(house)
    await house.write(lambda tx: tracking.absorb(tx, [a_status(Status.READ, "wamid.3", house.now)], house.now))
    house.pass_time(DAY + 10 * MINUTE)

    assert await close(house, campaign) is False


async def test_once_everything_was_stopped_nobody_is_tried_again_and_the_campaign_closes(house: House):
    campaign = await capped(house)
    stopped = await house.write(lambda tx: controlling.stop_all(tx, CARLA, house.now))
    house.pass_time(2 * DAY)

    assert (await due(house), await relaunch(house, campaign)) == ([], 0)
    assert await close(house, campaign)
    assert [one.id for one in stopped] == [campaign.id]
    assert "<@U0CARLA> stopped all sending: 2 people are not tried again." in await house.said()


async def test_a_dropped_try_does_not_keep_a_campaign_open(house: House):
    campaign = await capped(house)
    house.pass_time(DAY + 1)
    await relaunch(house, campaign, CHANGED)
    house.pass_time(DAY)

    assert await close(house, campaign)


# Doubts that a person wants sent again.


async def test_a_doubt_to_be_sent_again_waits_for_the_template_to_be_read(house: House):
    campaign, row = await doubtful(house)

    await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))
    marked = await house.campaign(campaign.id), await house.dispatches(campaign)
    tried = await relaunch(house, campaign)

    [claim] = (await house.mark(campaign)).go
    assert (marked[0].state, marked[1][0], tried) == (CampaignState.SENT, Dispatch.IN_DOUBT, 1)
    assert (claim.recipient.id, claim.recipient.attempt) == (row.id, 2)
    assert any(text.startswith("Sending again to 1 person in doubt") for text in await house.said())


async def test_a_changed_template_keeps_a_doubt_from_being_sent_again_and_a_person_may_decide_anew(house: House):
    campaign, _ = await doubtful(house)
    await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))

    tried = await relaunch(house, campaign, CHANGED)

    assert (tried, (await house.dispatches(campaign))[0]) == (0, Dispatch.IN_DOUBT)
    assert len(await house.read(lambda tx: rescuing.open_doubts(tx, campaign.id, house.policy, house.now))) == 1
    assert any(text.startswith("No other try for 1 person who waited for one") for text in await house.said())


async def test_a_doubt_that_a_report_clears_up_meanwhile_is_not_sent_again(house: House):
    campaign, row = await doubtful(house)
    await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))
    event = a_status(Status.DELIVERED, "wamid.late", at=house.now, tracker=f"{campaign.token}.{row.id}.1")
    await house.write(lambda tx: tracking.absorb(tx, [event], house.now))

    assert (await due(house), await relaunch(house, campaign)) == ([], 0)
    assert (await house.tallies(campaign))["delivered"] == 1


async def test_a_doubt_is_not_sent_again_when_the_offer_would_be_over_by_then(house: House):
    campaign, _ = await doubtful(house, offer_ends_at=later(24.5))
    await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))
    house.pass_time(HOUR)

    tried = await relaunch(house, campaign)

    assert (tried, (await house.dispatches(campaign))[0]) == (0, Dispatch.IN_DOUBT)
    assert any("after the offer has ended" in text for text in await house.said())


async def test_stopping_everything_drops_what_somebody_wanted_sent_again(house: House):
    campaign, _ = await doubtful(house)
    await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))

    await house.write(lambda tx: controlling.stop_all(tx, CARLA, house.now))

    assert (await due(house), await relaunch(house, campaign)) == ([], 0)
    assert (await house.dispatches(campaign))[0] is Dispatch.IN_DOUBT


# Late proof that nothing left.


async def test_what_provably_never_left_of_a_sent_campaign_leaves_once_the_template_was_read(house: House):
    campaign, row = await doubtful(house)

    await house.settle((row, NotSent("no route")))
    marked = (await house.campaign(campaign.id)).state, (await house.dispatches(campaign))[0]
    tried = await relaunch(house, campaign)

    [claim] = (await house.mark(campaign)).go
    assert (marked, tried) == ((CampaignState.SENT, Dispatch.IN_DOUBT), 1)
    assert (claim.recipient.id, claim.recipient.attempt) == (row.id, 1)


async def test_what_provably_never_left_is_skipped_when_the_tries_are_dropped(house: House):
    campaign, row = await doubtful(house)
    await house.settle((row, NotSent("no route")))

    await relaunch(house, campaign, CHANGED)

    tallies = await house.tallies(campaign)
    assert (tallies["skipped:not tried again"], tallies.get("in_doubt", 0)) == (1, 0)


async def test_what_a_person_assumed_sent_is_not_sent_though_it_never_left(house: House):
    campaign, row = await doubtful(house)
    await house.write(lambda tx: rescuing.assume_sent(tx, campaign.id, BRUNO, house.policy, house.now))

    await house.settle((row, NotSent("no route")))
    await house.settle((row, InDoubt("lost again")))

    assert await due(house) == []
    assert (await house.rows(campaign))[0].reason == pending.ASSUMED_SENT


async def test_a_closed_campaign_plans_nothing_any_more(house: House):
    campaign, row = await doubtful(house)
    await house.write(lambda tx: rescuing.assume_sent(tx, campaign.id, BRUNO, house.policy, house.now))
    house.pass_time(2 * DAY)
    closed = await close(house, campaign)

    await house.settle((row, NotSent("no route")))

    assert closed
    assert (await house.dispatches(campaign))[0] is Dispatch.IN_DOUBT


# The template's lifetime, and calling it off.


async def test_a_lifetime_is_not_changed_while_somebody_waits_for_another_try_on_the_template(house: House):
    first = await capped(house, token="AAAA")
    other = await house.approve(await house.plan(await house.submitted(token="BBBB", ttl_seconds=43_200)))

    check = await house.launch(other, a_template())
    await house.write(lambda tx: controlling.cancel(tx, first.id, ANA, house.now))
    after = await house.launch(other, a_template())

    assert (check, after) == (Check(Step.WAIT), Check(Step.SET_TTL, 43_200))
    assert any("(`AAAA`) tries some people once more with this template" in text for text in await house.said())


async def test_a_card_names_a_sent_campaign_that_feels_the_change_of_a_lifetime(house: House):
    first = await capped(house, token="AAAA")
    other = await house.submitted(token="BBBB")

    named = await house.read(lambda tx: lifetimes.others_on_template(tx, other, house.now))
    house.pass_time(DAY + 1)
    await relaunch(house, first, CHANGED)

    assert [one.token for one in named] == ["AAAA"]
    assert await house.read(lambda tx: lifetimes.others_on_template(tx, other, house.now)) == []


async def test_cancelling_a_sent_campaign_drops_its_tries_and_the_books_balance(house: House):
    campaign = await capped(house)
    before = await house.tallies(campaign)

    cancelled = await house.write(lambda tx: controlling.cancel(tx, campaign.id, ANA, house.now))
    house.pass_time(DAY + 1)

    assert (cancelled.state, await due(house), await relaunch(house, campaign)) == (CampaignState.CANCELLED, [], 0)
    assert await house.tallies(campaign) == before
    assert "Cancelled by <@U0ANA>: 2 people are not tried again." in await house.said()


async def test_a_sent_campaign_of_which_nobody_waits_cannot_be_cancelled(house: House):
    campaign, _ = await house.sent()

    with pytest.raises(ConflictError, match="is sent; it cannot be cancelled"):
        await house.write(lambda tx: controlling.cancel(tx, campaign.id, ANA, house.now))


async def test_a_doubt_that_was_to_be_sent_again_is_an_open_doubt_after_a_cancel(house: House):
    campaign, _ = await doubtful(house)
    await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))

    await house.write(lambda tx: controlling.cancel(tx, campaign.id, ANA, house.now))

    assert (await house.rows(campaign))[0].reason is None
    with pytest.raises(InvalidInputError, match="is cancelled"):
        await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))


async def test_news_of_the_template_reach_the_thread_of_a_campaign_that_tries_again(house: House):
    campaign = await capped(house)
    news = TemplateEvent(
        kind=TemplateEventKind.COMPONENTS, template_id="900100", name="spring_offer", language="en_GB", at=house.now
    )

    await house.write(lambda tx: reacting.absorb(tx, WebhookBatch(template_events=[news]), house.policy, house.now))

    assert any("changed at Meta" in text for text in await house.said())
    assert (await house.campaign(campaign.id)).state is CampaignState.SENT


async def test_a_campaign_whose_rows_were_swapped_tries_nobody_again(house: House):
    campaign = await capped(house)
    house.pass_time(DAY + 1)
    await house.write(lambda tx: tx.campaigns.change(campaign, spec=replace(campaign.spec, bindings={"body:1": "you"})))

    assert await relaunch(house, campaign) == 0
    assert any("no longer matches the approved digest" in text for text in await house.said())
