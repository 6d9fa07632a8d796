"""A new version says how it differs from the card before."""

from dataclasses import replace
from typing import Any

from bot.domain.campaign import Campaign
from bot.domain.sheet import Difference
from bot.services import approving, comparing, drafting
from tests.builders import a_template, add_people, later
from tests.services.house import ANA, BRUNO, House, shown


async def again(house: House, campaign: Campaign, **changes: Any) -> Campaign:
    """Submit a campaign anew and plan it."""
    spec = replace(campaign.spec, **changes)
    await house.write(lambda tx: drafting.resubmit(tx, campaign.id, spec, ANA, house.now))
    return await house.plan(campaign)


async def differences(house: House, campaign: Campaign) -> list[Difference]:
    return await house.read(lambda tx: comparing.changes(tx, campaign))


async def test_a_first_version_differs_from_nothing(house: House):
    assert await differences(house, await house.planned()) == []


async def test_a_second_version_names_what_changed_and_nothing_else(house: House):
    first = await house.planned(2)

    second = await again(house, first, name="Autumn offer", bindings={"body:1": "{{name}}"}, offer_ends_at=later(48))

    assert await differences(house, second) == [
        Difference("Name", "Spring offer", "Autumn offer"),
        Difference("Offer ends", "none", "2026-11-04T09:00:00Z"),
        Difference("Variable body:1", "{{first_name|friend}}", "{{name}}"),
    ]


async def test_more_people_and_what_they_cost_are_a_difference(house: House):
    first = await house.planned(2)
    await house.write(lambda tx: add_people(tx, 1, first=50))

    second = await again(house, first)

    people, cost = await differences(house, second)
    assert people == Difference("People", "2", "3")
    assert cost.what == "Cost ceiling"


async def test_a_template_changed_at_meta_is_a_difference(house: House):
    first = await house.planned()
    reworded = a_template(components=({"type": "BODY", "text": "Dear {{1}}, 20% off today."},))
    await house.write(lambda tx: tx.templates.put(reworded, house.now))

    second = await again(house, first)

    assert await differences(house, second) == [
        Difference("Template text", "Hello {{1}}, 20% off today.", "Dear {{1}}, 20% off today.")
    ]


async def test_a_version_nobody_saw_is_not_what_the_next_one_is_compared_with(house: House):
    first = await house.planned()
    unseen = replace(first.spec, name="Unseen", bindings={"body:1": "{{no_such_column}}"})
    await house.write(lambda tx: drafting.resubmit(tx, first.id, unseen, ANA, house.now))
    sent_back = await house.plan(first)

    third = await again(house, sent_back, name="Third", bindings=first.spec.bindings)

    assert await differences(house, third) == [Difference("Name", "Spring offer", "Third")]


async def test_a_version_after_changes_were_asked_for_is_compared_with_the_card_that_was_decided(house: House):
    first = await house.planned()
    await house.write(lambda tx: approving.request_changes(tx, shown(first), BRUNO, "Shorter", house.now))

    second = await again(house, first, channel="C0OTHER")

    assert await differences(house, second) == [Difference("Channel", "C0SPRING", "C0OTHER")]
