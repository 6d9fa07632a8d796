"""Four eyes, on exactly what was shown, once, in time."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.approval import Shown
from bot.domain.campaign import Campaign, CampaignState
from bot.domain.errors import ArautoError, ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from bot.domain.instants import HOUR, Millis
from bot.domain.roles import Actor, Role
from bot.ports.storage import Transaction
from bot.services import approving, drafting, launching
from tests.builders import later
from tests.services.house import ANA, BRUNO, DORA, EVE, GUEST, House, shown

Decision = Callable[[Transaction, Shown, Actor, str, Millis], Campaign]


async def refusal(house: House, card: Shown, actor: Actor, expected: type[ArautoError]) -> str:
    with pytest.raises(expected) as refused:
        await house.write(lambda tx: approving.approve(tx, card, actor, house.policy, house.now))
    return str(refused.value)


async def test_an_approval_names_who_gave_it_and_until_when_it_holds(house: House):
    campaign = await house.planned()

    approved = await house.approve(campaign)

    assert (approved.state, approved.approved_by, approved.approved_at) == (
        CampaignState.APPROVED,
        BRUNO.user,
        house.now,
    )
    assert approved.approval_expires_at == later(72)
    assert (await house.audit())[-1].detail["digest"] == campaign.digest
    assert "Approved by <@U0BRUNO>." in await house.said()
    live = await house.read(lambda tx: tx.cards.get(campaign.id, "live"))
    assert live is not None
    assert live.channel == campaign.spec.channel


async def test_an_approved_campaign_with_a_time_of_its_own_is_scheduled_and_its_approval_outlives_that_time(
    house: House,
):
    campaign = await house.planned(scheduled_at=later(100))

    approved = await house.approve(campaign)

    assert approved.state is CampaignState.SCHEDULED
    assert approved.approval_expires_at == later(172)


async def test_nobody_approves_their_own_campaign_whatever_their_roles_are(house: House):
    campaign = await house.planned()
    ana = Actor(user=ANA.user, team=ANA.team, roles=frozenset(Role))

    sentence = await refusal(house, shown(campaign), ana, NotAllowedError)

    assert "your own campaign" in sentence
    assert (await house.campaign(campaign.id)).state is CampaignState.IN_REVIEW


@pytest.mark.parametrize("actor", [GUEST, EVE, Actor(user="U0NEW", team="T0TEAM", roles=frozenset({Role.MARKETER}))])
async def test_only_approvers_of_this_workspace_decide(house: House, actor: Actor):
    campaign = await house.planned()

    await refusal(house, shown(campaign), actor, NotAllowedError)

    assert (await house.campaign(campaign.id)).state is CampaignState.IN_REVIEW


async def test_a_card_of_an_earlier_version_decides_nothing(house: House):
    first = await house.planned()
    await house.write(lambda tx: drafting.resubmit(tx, first.id, first.spec, ANA, house.now))
    second = await house.plan(first)

    sentence = await refusal(house, shown(first), BRUNO, ConflictError)

    assert "changed after this card was drawn" in sentence
    assert (second.version, second.state) == (first.version + 1, CampaignState.IN_REVIEW)


async def test_a_card_with_another_digest_decides_nothing(house: House):
    campaign = await house.planned()

    sentence = await refusal(house, shown(campaign, digest="0" * 64), BRUNO, ConflictError)

    assert "newest card" in sentence


async def test_a_plan_that_no_longer_matches_its_digest_cannot_be_approved(house: House):
    campaign = await house.planned()
    elsewhere = replace(campaign.spec, channel="C0ELSEWHERE")
    await house.write(lambda tx: tx.campaigns.change(campaign, spec=elsewhere))

    sentence = await refusal(house, shown(campaign), BRUNO, ConflictError)

    assert "no longer matches its digest" in sentence


async def test_a_second_click_changes_nothing_and_is_told_who_was_first(house: House):
    campaign = await house.planned()
    approved = await house.approve(campaign)

    sentence = await refusal(house, shown(campaign), DORA, ConflictError)

    assert "already approved by <@U0BRUNO>" in sentence
    assert await house.campaign(campaign.id) == approved


async def test_a_request_that_has_expired_cannot_be_approved_even_before_the_sweep(house: House):
    campaign = await house.planned()
    house.pass_time(72 * HOUR)

    sentence = await refusal(house, shown(campaign), BRUNO, ConflictError)

    assert "has expired" in sentence


async def test_an_undecided_request_goes_back_to_its_author_after_its_lifetime(house: House):
    campaign = await house.planned()
    house.pass_time(72 * HOUR - 1)
    early = await house.write(lambda tx: approving.expire(tx, house.now))
    house.pass_time(1)

    expired = await house.write(lambda tx: approving.expire(tx, house.now))

    after = await house.campaign(campaign.id)
    assert (early, expired) == (0, 1)
    assert (after.state, after.reason) == (CampaignState.CHANGES_REQUESTED, "Nobody decided in time.")
    assert any("has expired" in text for text in await house.said())


async def test_an_approval_nobody_could_launch_expires_as_well(house: House):
    campaign = await house.approved()
    house.pass_time(73 * HOUR)

    await house.write(lambda tx: approving.expire(tx, house.now))

    after = await house.campaign(campaign.id)
    assert (after.state, after.reason) == (CampaignState.CHANGES_REQUESTED, "The approval was not used in time.")


async def test_an_expired_approval_launches_nothing_even_before_the_sweep(house: House):
    campaign = await house.approved()
    house.pass_time(72 * HOUR)

    await house.launch(campaign, campaign.template)

    after = await house.campaign(campaign.id)
    assert after.state is CampaignState.CHANGES_REQUESTED
    assert "not used in time" in (after.reason or "")


async def test_a_new_version_has_nothing_left_of_an_earlier_approval(house: House):
    campaign = await house.approved()
    await house.write(lambda tx: launching.refuse(tx, campaign.id, "Meta said no.", house.now))

    await house.write(lambda tx: drafting.resubmit(tx, campaign.id, campaign.spec, ANA, house.now))
    second = await house.plan(campaign)
    house.pass_time(72 * HOUR)
    await house.write(lambda tx: approving.expire(tx, house.now))

    assert (second.state, second.approved_by, second.approved_at) == (CampaignState.IN_REVIEW, None, None)
    assert (await house.campaign(campaign.id)).reason == "Nobody decided in time."


@pytest.mark.parametrize(
    ("decide", "state", "words"),
    [
        (approving.reject, CampaignState.REJECTED, "was rejected by <@U0BRUNO>: Too pushy"),
        (approving.request_changes, CampaignState.CHANGES_REQUESTED, "needs changes, says <@U0BRUNO>: Too pushy"),
    ],
)
async def test_a_refusal_reaches_the_author_with_its_reason(
    house: House, decide: Decision, state: CampaignState, words: str
):
    campaign = await house.planned()

    decided = await house.write(lambda tx: decide(tx, shown(campaign), BRUNO, "  Too pushy ", house.now))

    assert (decided.state, decided.reason) == (state, "Too pushy")
    assert any(words in text for text in await house.said())
    assert (await house.audit())[-1].detail["reason"] == "Too pushy"


@pytest.mark.parametrize("decide", [approving.reject, approving.request_changes])
async def test_a_refusal_needs_a_reason(house: House, decide: Decision):
    campaign = await house.planned()

    with pytest.raises(InvalidInputError, match="Give a reason") as refused:
        await house.write(lambda tx: decide(tx, shown(campaign), BRUNO, " \n", house.now))

    assert refused.value.field == "reason"
    assert (await house.campaign(campaign.id)).state is CampaignState.IN_REVIEW


@pytest.mark.parametrize("decide", [approving.reject, approving.request_changes])
async def test_what_was_refused_cannot_be_approved_any_more(house: House, decide: Decision):
    campaign = await house.planned()
    await house.write(lambda tx: decide(tx, shown(campaign), BRUNO, "No", house.now))

    sentence = await refusal(house, shown(campaign), DORA, ConflictError)

    assert "nothing more can be decided on this card" in sentence


async def test_a_campaign_that_is_gone_is_said_to_be_gone(house: House):
    card = Shown(campaign_id=99, version=1, digest="d")

    assert "gone" in await refusal(house, card, BRUNO, NotFoundError)


@pytest.mark.parametrize(("hours", "is_approved"), [(1, True), (2, True), (2.01, False), (14, False)])
async def test_a_start_that_is_long_over_cannot_be_approved(house: House, hours: float, is_approved: bool):
    campaign = await house.planned(scheduled_at=later(1))
    house.clock.instant = later(hours)

    if is_approved:
        assert (await house.approve(campaign)).state is CampaignState.APPROVED
        return
    sentence = await refusal(house, shown(campaign), BRUNO, ConflictError)

    assert "was to start" in sentence
    assert "Request changes" in sentence
    assert (await house.campaign(campaign.id)).state is CampaignState.IN_REVIEW
