"""The approval card says who decided what, when and why, and goes on saying so."""

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.instants import HOUR, MINUTE
from bot.domain.sheet import Decision, Outcome
from bot.services import approving, controlling, drafting, reporting
from bot.slack.views.approval_card import approval_card
from tests.builders import later
from tests.services.house import ANA, BRUNO, CARLA, House, shown


async def decision(house: House, campaign: Campaign) -> Decision | None:
    """Read it an hour after it was made, off the same sheet that the card is drawn from."""
    house.pass_time(HOUR)
    now = await house.campaign(campaign.id)
    sheet = await house.read(
        lambda tx: reporting.campaign_sheet(tx, now, policy=house.policy, words=lambda _: ("", ""), now=house.now)
    )
    return sheet.decision


async def test_while_a_request_waits_nothing_is_decided(house: House):
    assert await decision(house, await house.planned()) is None


async def test_an_approval_is_the_approvers_and_outlives_what_the_campaign_does(house: House):
    approved = await house.approved()
    expected = Decision(outcome=Outcome.APPROVED, at=house.now, by=BRUNO.user)
    early = await decision(house, approved)
    await house.launch(approved, approved.template)
    await house.write(lambda tx: controlling.pause(tx, approved.id, ANA, house.now))

    assert [early, await decision(house, approved)] == [expected, expected]


async def test_a_rejection_names_who_when_and_why(house: House):
    campaign = await house.planned()
    await house.write(lambda tx: approving.reject(tx, shown(campaign), BRUNO, "Too soon", house.now))
    expected = Decision(outcome=Outcome.REJECTED, at=house.now, by=BRUNO.user, reason="Too soon")

    assert await decision(house, campaign) == expected


async def test_a_request_for_changes_names_who_when_and_why(house: House):
    campaign = await house.planned()
    await house.write(lambda tx: approving.request_changes(tx, shown(campaign), BRUNO, "Shorter", house.now))
    expected = Decision(outcome=Outcome.CHANGES_REQUESTED, at=house.now, by=BRUNO.user, reason="Shorter")

    assert await decision(house, campaign) == expected


async def test_an_approval_voided_at_launch_says_why(house: House):
    campaign = await house.approved()
    house.pass_time(MINUTE)
    await house.launch(campaign, None)
    expected = Decision(outcome=Outcome.VOIDED, at=house.now, reason="The template is gone at Meta.")

    assert await decision(house, campaign) == expected


async def test_requests_and_approvals_that_expired_say_which(house: House):
    asked = await house.planned()
    approved = await house.approve(await house.plan(await house.submitted("9XYZ", scheduled_at=later(1))))
    house.pass_time(80 * HOUR)
    await house.write(lambda tx: approving.expire(tx, house.now))
    at = house.now

    assert await decision(house, asked) == Decision(outcome=Outcome.EXPIRED, at=at, reason="Nobody decided in time.")
    unused = Decision(outcome=Outcome.EXPIRED, at=at, reason="The approval was not used in time.")
    assert await decision(house, approved) == unused


async def test_an_approval_that_an_admin_stopped_names_the_admin(house: House):
    campaign = await house.approved()
    await house.write(lambda tx: controlling.stop_all(tx, CARLA, house.now))
    reason = "All sending was stopped before it was launched."
    expected = Decision(outcome=Outcome.VOIDED, at=house.now, by=CARLA.user, reason=reason)

    assert await decision(house, campaign) == expected


async def test_a_campaign_called_off_names_who_called_it_off(house: House):
    campaign = await house.sending()
    await house.write(lambda tx: controlling.cancel(tx, campaign.id, ANA, house.now))

    assert await decision(house, campaign) == Decision(outcome=Outcome.WITHDRAWN, at=house.now - HOUR, by=ANA.user)


async def test_what_an_earlier_version_was_told_is_not_the_next_ones(house: House):
    campaign = await house.planned()
    await house.write(lambda tx: approving.request_changes(tx, shown(campaign), BRUNO, "Shorter", house.now))
    at = house.now
    again = await house.write(lambda tx: drafting.resubmit(tx, campaign.id, campaign.spec, ANA, house.now))
    planning = await decision(house, again)
    await house.plan(again)

    assert planning == Decision(outcome=Outcome.SUPERSEDED, at=at)
    assert await decision(house, again) is None


async def test_the_card_of_a_voided_approval_shows_the_reason_and_the_way_back(house: House):
    campaign = await house.approved()
    await house.launch(campaign, None)
    now = await house.campaign(campaign.id)

    card = approval_card(
        await house.read(
            lambda tx: reporting.campaign_sheet(tx, now, policy=house.policy, words=lambda _: ("", ""), now=house.now)
        )
    )

    written = str(card.blocks)
    assert now.state is CampaignState.CHANGES_REQUESTED
    assert "The template is gone at Meta." in written
    assert "campaign_edit" in written
    assert "*Approved*" not in written
