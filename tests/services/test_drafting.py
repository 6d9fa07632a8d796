"""From a filled-in modal to a campaign that is being planned."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.campaign import CampaignState
from bot.domain.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from bot.domain.roles import Role
from bot.services import approving, drafting
from tests.builders import a_spec, a_template
from tests.services.house import ANA, BRUNO, CARLA, House, shown


async def test_a_submission_is_version_one_of_a_campaign_that_is_being_planned(house: House):
    campaign = await house.submitted()

    assert (campaign.state, campaign.version, campaign.created_by) == (CampaignState.PLANNING, 1, ANA.user)
    assert await house.actions() == ["submitted"]


@pytest.mark.parametrize(
    ("changes", "field"), [({"template_id": "nope"}, "template"), ({"audience_id": 99}, "audience")]
)
async def test_what_is_gone_is_said_at_its_field(house: House, changes: dict[str, Any], field: str):
    await house.submitted()

    with pytest.raises(InvalidInputError, match="is gone") as refusal:
        await house.write(lambda tx: drafting.submit(tx, a_spec(**changes), ANA, "BBBB", house.now))

    assert refusal.value.field == field


@pytest.mark.parametrize(("changes", "why"), [({"status": "PAUSED"}, "paused"), ({"category": "UTILITY"}, "utility")])
async def test_a_template_that_cannot_be_sent_is_refused_at_its_field(house: House, changes: dict[str, str], why: str):
    with pytest.raises(InvalidInputError, match=why) as refusal:
        await house.submitted(template=a_template(**changes))

    assert refusal.value.field == "template"


async def test_editing_in_review_replaces_the_plan_and_the_version(house: House):
    campaign = await house.planned(3)
    spec = replace(campaign.spec, name="Autumn offer")

    await house.write(lambda tx: drafting.resubmit(tx, campaign.id, spec, ANA, house.now))
    second = await house.plan(campaign)

    assert (second.version, second.spec.name, second.state) == (2, "Autumn offer", CampaignState.IN_REVIEW)
    assert second.digest != campaign.digest
    assert len(await house.rows(second)) == (await house.tallies(second))["planned"] == 3


async def test_an_admin_edits_somebody_elses_campaign_and_others_do_not(house: House):
    campaign = await house.planned()

    with pytest.raises(NotAllowedError, match="<@U0ANA>"):
        await house.write(lambda tx: drafting.resubmit(tx, campaign.id, campaign.spec, BRUNO, house.now))
    edited = await house.write(lambda tx: drafting.resubmit(tx, campaign.id, campaign.spec, CARLA, house.now))

    assert edited.state is CampaignState.PLANNING


async def test_whoever_edited_and_submitted_it_for_its_author_cannot_approve_it_either(house: House):
    campaign = await house.planned()
    carla = replace(CARLA, roles=frozenset(Role))
    await house.write(lambda tx: drafting.resubmit(tx, campaign.id, campaign.spec, carla, house.now))
    second = await house.plan(campaign)

    with pytest.raises(NotAllowedError, match="what you submitted"):
        await house.approve(second, carla)

    assert (await house.approve(second, BRUNO)).approved_by == BRUNO.user


@pytest.mark.parametrize("stage", ["approved", "sending"])
async def test_what_was_approved_is_no_longer_edited(house: House, stage: str):
    campaign = await getattr(house, stage)()

    with pytest.raises(ConflictError, match="can no longer be edited"):
        await house.write(lambda tx: drafting.resubmit(tx, campaign.id, campaign.spec, ANA, house.now))


async def test_what_was_sent_back_is_edited_and_submitted_again(house: House):
    campaign = await house.planned()
    await house.write(lambda tx: approving.request_changes(tx, shown(campaign), BRUNO, "Shorter", house.now))

    again = await house.write(lambda tx: drafting.resubmit(tx, campaign.id, campaign.spec, ANA, house.now))

    assert (again.state, again.version, again.reason) == (CampaignState.PLANNING, 2, None)


async def test_a_campaign_is_found_by_its_id_or_by_a_name_that_is_unique(house: House):
    first = await house.submitted(token="AAAA", name="Spring")
    await house.submitted(token="BBBB", name="Twice")
    await house.submitted(token="CCCC", name="Twice")

    found = await house.read(lambda tx: [drafting.find_campaign(tx, text).id for text in ("AAAA", " Spring ")])
    with pytest.raises(InvalidInputError, match="`CCCC`, `BBBB`"):
        await house.read(lambda tx: drafting.find_campaign(tx, "Twice"))
    with pytest.raises(NotFoundError, match="no campaign “Winter”"):
        await house.read(lambda tx: drafting.find_campaign(tx, "Winter"))
    with pytest.raises(InvalidInputError, match="Which campaign"):
        await house.read(lambda tx: drafting.find_campaign(tx, "  "))

    assert found == [first.id] * 2
