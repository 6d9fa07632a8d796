"""Everybody matched becomes one frozen row or one line of the waterfall, crash or no crash."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.audience import AudienceRule
from bot.domain.campaign import Campaign, CampaignState
from bot.domain.consent import FrequencyCap
from bot.domain.instants import DAY
from bot.domain.message import Dispatch
from bot.domain.plan import EMPTY_CHAIN, PlanSummary
from bot.domain.rates import RateCard
from bot.ports.meta import Accepted
from bot.ports.storage import Transaction
from bot.services import planning
from bot.services.planning import CHUNK
from tests.builders import NOW, a_person, a_stop, a_template, add_people, an_opt_in, later
from tests.services.house import APPROVALS, House, a_house


def plan_of(campaign: Campaign) -> PlanSummary:
    assert campaign.plan is not None
    return campaign.plan


async def test_a_plan_freezes_everybody_once_and_asks_for_a_decision(house: House):
    campaign = await house.planned(3)

    plan = plan_of(campaign)
    assert (campaign.state, plan.is_complete) == (CampaignState.IN_REVIEW, True)
    assert (plan.matched, plan.recipients, plan.by_country) == (3, 3, {"GB": 3})
    assert plan.cost_ceiling == 3 * plan.rates["United Kingdom"]
    assert campaign.approval_expires_at == later(72)
    assert await house.read(lambda tx: tx.recipients.chain(campaign.id)) == plan.chain != EMPTY_CHAIN
    card = await house.read(lambda tx: tx.cards.get(campaign.id, "approval"))
    assert card is not None
    assert card.channel == APPROVALS


RISING = RateCard.parse(
    "effective_from,market,currency,marketing\n2026-07-01,Other,USD,0.05\n2027-01-01,Other,USD,0.10\n", "rising.csv"
)


@pytest.mark.parametrize(
    ("days", "spec", "price"),
    [
        (0, {}, "0.05"),
        (0, {"scheduled_at": later(days=40)}, "0.05"),
        (0, {"scheduled_at": later(days=70)}, "0.10"),
        # It may be decided and started in the old year and delivered in the new one.
        (53, {}, "0.10"),
        (0, {"scheduled_at": later(days=55)}, "0.10"),
        (53, {"offer_ends_at": later(days=57)}, "0.05"),
    ],
)
async def test_the_ceiling_is_by_the_prices_of_the_days_on_which_messages_may_arrive(
    house: House, days: float, spec: dict[str, Any], price: str
):
    house.clock.instant = later(days=days)
    house.card = RISING

    campaign = await house.planned(10, **spec)

    assert plan_of(campaign).cost_ceiling == 10 * Decimal(price)


async def test_what_matched_is_what_is_sent_plus_what_is_excluded(house: House):
    def people(tx: Transaction) -> None:
        add_people(tx, 4)
        add_people(tx, 2, opted_in=False, first=10)
        [american] = tx.people.save([a_person(phone="+12025550123", country="US", market="North America")], NOW)
        tx.consents.record([(american.person_id, an_opt_in()), (1, a_stop())], NOW)

    await house.write(people)

    campaign = await house.plan(await house.submitted())

    plan = plan_of(campaign)
    assert plan.excluded == {"no_opt_in": 2, "stopped": 1, "unreachable_country": 1}
    assert plan.matched == plan.recipients + sum(plan.excluded.values()) == 7
    assert len(plan.samples["no_opt_in"]) == 2
    assert "7700900001" not in str(plan.samples).replace(" ", "")


async def half_plan(house: House, campaign: Campaign) -> None:
    assert await house.write(lambda tx: house.planner.step(tx, campaign.id, house.now))
    halfway = plan_of(await house.campaign(campaign.id))
    assert (halfway.recipients, halfway.is_complete) == (CHUNK, False)


async def test_planning_goes_in_chunks_and_a_crash_in_between_changes_nothing(tmp_path: Path):
    campaigns = []

    for name, is_interrupted in (("whole", False), ("broken", True)):
        (tmp_path / name).mkdir()
        async with a_house(tmp_path / name) as house:
            await house.write(lambda tx: add_people(tx, 999))
            campaign = await house.submitted()
            if is_interrupted:
                await half_plan(house, campaign)
                house.pass_time(DAY)
            campaigns.append(await house.plan(campaign))

    whole, broken = campaigns
    assert plan_of(whole) == plan_of(broken)
    assert whole.digest == broken.digest is not None


async def test_a_step_that_fails_leaves_nothing_half_done(house: House):
    await house.write(lambda tx: add_people(tx, 3))
    campaign = await house.submitted()

    def step_and_fail(tx: Transaction) -> None:
        house.planner.step(tx, campaign.id, house.now)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        await house.write(step_and_fail)
    planned = await house.plan(campaign)

    assert plan_of(planned).recipients == len(await house.rows(planned)) == 3


async def test_two_numbers_of_one_line_are_one_person(house: House):
    def people(tx: Transaction) -> None:
        numbers = [a_person(n, phone=phone, identity="5511900000000") for n, phone in enumerate(_SPELLINGS)]
        saved = tx.people.save(numbers, NOW)
        tx.consents.record([(one.person_id, an_opt_in()) for one in saved], NOW)

    await house.write(people)

    campaign = await house.plan(await house.submitted())

    assert (plan_of(campaign).recipients, plan_of(campaign).excluded) == (1, {"duplicate": 1})


_SPELLINGS = ("+447700900901", "+447700900902")


async def test_a_person_without_a_value_is_left_out_and_counted_by_variable(house: House):
    await house.write(lambda tx: tx.people.save([a_person(1), a_person(2, attributes={"city": "Leeds"})], NOW))
    await house.write(lambda tx: tx.consents.record([(1, an_opt_in()), (2, an_opt_in())], NOW))

    campaign = await house.plan(await house.submitted(bindings={"body:1": "{{city}}"}))

    plan = plan_of(campaign)
    assert (plan.recipients, plan.excluded, plan.missing) == (1, {"missing_value": 1}, {"city": 1})


async def test_a_fallback_is_counted_and_sent(house: House):
    await house.write(lambda tx: tx.people.save([a_person(1, name=""), a_person(2)], NOW))
    await house.write(lambda tx: tx.consents.record([(1, an_opt_in()), (2, an_opt_in())], NOW))

    campaign = await house.plan(await house.submitted())

    assert plan_of(campaign).fallbacks == {"first_name": 1}
    assert sorted(plan_of(campaign).examples) == ["Hello Ada, 20% off today.", "Hello friend, 20% off today."]


async def test_a_text_that_grows_too_long_leaves_its_person_out(house: House):
    await house.write(lambda tx: tx.people.save([a_person(1, name="A" * 1_100), a_person(2)], NOW))
    await house.write(lambda tx: tx.consents.record([(1, an_opt_in()), (2, an_opt_in())], NOW))

    campaign = await house.plan(await house.submitted())

    assert (plan_of(campaign).recipients, plan_of(campaign).excluded) == (1, {"too_long": 1})


async def test_examples_never_show_a_number(house: House):
    campaign = await house.planned(3, bindings={"body:1": "{{phone}}"})

    assert plan_of(campaign).examples == ("Hello …, 20% off today.",) * 2


async def test_an_audience_nobody_of_can_be_sent_to_goes_back_to_its_author(house: House):
    await house.write(lambda tx: add_people(tx, 2, opted_in=False))

    campaign = await house.plan(await house.submitted())

    assert campaign.state is CampaignState.CHANGES_REQUESTED
    assert campaign.digest is None
    assert plan_of(campaign).excluded == {"no_opt_in": 2}
    assert any("Nobody in this audience can be sent to" in text for text in await house.said())


async def test_people_over_the_cap_are_left_out_of_the_next_plan(house: House):
    house.policy = replace(house.policy, cap=FrequencyCap(1, 7 * DAY))
    first = await house.sending(2)
    [claim] = (await house.mark(first, 1)).go
    await house.settle((claim.recipient, Accepted("wamid.1")))

    second = await house.plan(await house.submitted(token="BBBB"))

    assert (plan_of(second).recipients, plan_of(second).excluded) == (1, {"frequency_cap": 1})


async def test_a_cancelled_campaign_is_planned_no_further(house: House):
    await house.write(lambda tx: add_people(tx, 3))
    campaign = await house.submitted()
    await house.write(lambda tx: tx.campaigns.change(campaign, state=CampaignState.CANCELLED))

    more = await house.write(lambda tx: house.planner.step(tx, campaign.id, house.now))

    assert (more, await house.rows(campaign)) == (False, [])


async def test_every_click_link_has_a_token_of_its_own(house: House):
    house.policy = replace(house.policy, public_url="https://news.example")
    template = a_template(
        components=(
            {"type": "BODY", "text": "Hello {{1}}"},
            {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Go", "url": "https://news.example/c/{{1}}"}]},
        )
    )
    bindings = {"body:1": "{{first_name|friend}}", "button:0": "https://shop.example/?n={{name}}"}

    campaign = await house.planned(2, template=template, bindings=bindings)

    landings = [await house.write(lambda tx, n=n: tx.links.hit(f"click{n}", NOW)) for n in range(2)]
    assert sorted(map(str, landings)) == ["https://shop.example/?n=Ada%201", "https://shop.example/?n=Ada%202"]
    assert (await house.tallies(campaign))["clicked"] == 2


async def test_the_reserved_names_win_over_columns_of_the_same_name(house: House):
    await house.write(lambda tx: tx.people.save([a_person(1, attributes={"name": "Column", "phone": "123"})], NOW))
    [candidate] = await house.read(lambda tx: tx.people.candidates(AudienceRule(), None, NOW, after=0, limit=1))

    attributes = planning.attributes_of(candidate)

    assert (attributes["name"], attributes["phone"]) == ("Ada 1", "+447700900001")


async def test_a_frozen_row_waits_to_be_sent(house: House):
    campaign = await house.planned(2)

    assert await house.dispatches(campaign) == [Dispatch.PLANNED] * 2
    assert (await house.tallies(campaign))["waiting"] == 2


async def test_a_rule_that_few_match_is_followed_to_the_last_person_in_short_steps(house: House):
    def people(tx: Transaction) -> AudienceRule:
        add_people(tx, 20)
        tx.people.save([a_person(n, tags=frozenset({"vip"})) for n in (3, 19)], NOW)
        return AudienceRule(tags_any=frozenset({"vip"}))

    rule = await house.write(people)
    audience = await house.write(lambda tx: tx.audiences.add("vips", rule, "U0ANA", NOW))
    campaign = await house.submitted(audience_id=audience.id)
    planner, steps = replace(house.planner, reach=4), 0
    while await house.write(lambda tx: planner.step(tx, campaign.id, house.now)):
        steps += 1

    plan = plan_of(await house.campaign(campaign.id))
    assert (plan.matched, plan.recipients, plan.is_complete) == (2, 2, True)
    assert steps == 5
