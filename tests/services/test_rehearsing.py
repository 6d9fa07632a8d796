"""Test sends: to opted-in testers only, of exactly what the card shows, told to whoever asked."""

from dataclasses import replace

import pytest

from bot.domain.campaign import Campaign
from bot.domain.consent import Standing
from bot.domain.errors import ConflictError, InvalidInputError, NotAllowedError
from bot.domain.message import Dispatch
from bot.domain.roles import Actor
from bot.ports.meta import Accepted, ErrorClass, InDoubt, NotSent, Outcome
from bot.ports.recipients import Trial
from bot.ports.storage import Transaction
from bot.services import rehearsing
from tests.builders import NUMBER, a_person, a_phone, a_stop, an_opt_in
from tests.services.house import ANA, BRUNO, EVE, GUEST, House, refused, shown

TESTER = a_phone(900)


async def with_tester(house: House, **person: object) -> None:
    """Name a tester in the settings and put them on record, opted in, after everybody else."""
    house.policy = replace(house.policy, testers=(TESTER,))

    def enrol(tx: Transaction) -> None:
        [saved] = tx.people.save([a_person(phone=TESTER, **person)], house.now)
        tx.consents.record([(saved.person_id, an_opt_in())], house.now)

    await house.write(enrol)


async def request(house: House, campaign: Campaign, actor: Actor = ANA) -> list[Trial]:
    return await house.write(
        lambda tx: rehearsing.request(tx, shown(campaign), actor, house.policy, lambda: "token", house.now)
    )


async def test_testers_get_what_the_campaign_sends(house: House):
    campaign = await house.planned()
    await with_tester(house)

    [trial] = await request(house, campaign)

    assert (trial.address, trial.requested_by, trial.dispatch) == (TESTER, ANA.user, Dispatch.PLANNED)
    assert b"Ada" in trial.parameters
    assert await house.actions() == ["submitted", "planned", "test_send"]


async def test_a_test_is_in_nobody_s_figures(house: House):
    campaign = await house.planned()
    before = await house.tallies(campaign)
    await with_tester(house)

    await request(house, campaign)
    await house.write(lambda tx: rehearsing.mark(tx, NUMBER, 5))

    assert await house.tallies(campaign) == before


async def test_a_test_leaves_once(house: House):
    campaign = await house.planned()
    await with_tester(house)
    await request(house, campaign)

    [going] = await house.write(lambda tx: rehearsing.mark(tx, NUMBER, 5))

    assert going.dispatch is Dispatch.SENDING
    assert await house.write(lambda tx: rehearsing.mark(tx, NUMBER, 5)) == []
    assert await house.write(lambda tx: rehearsing.mark(tx, "999", 5)) == []


async def test_a_tester_who_stopped_meanwhile_gets_nothing(house: House):
    campaign = await house.planned()
    await with_tester(house)
    await request(house, campaign)
    tester = await house.read(lambda tx: tx.people.find(TESTER))
    assert tester is not None
    await house.write(lambda tx: tx.consents.record([(tester.id, a_stop())], house.now))

    assert await house.write(lambda tx: rehearsing.mark(tx, NUMBER, 5)) == []
    assert len(await house.read(lambda tx: tx.trials.with_dispatch(Dispatch.SKIPPED))) == 1
    assert tester.standing is Standing.OPTED_IN


async def test_a_card_that_is_behind_tests_nothing(house: House):
    campaign = await house.planned()
    await with_tester(house)

    with pytest.raises(ConflictError, match="Use the newest card"):
        await request(house, replace(campaign, digest="old"))


async def test_without_testers_the_operator_is_told_which_setting_names_them(house: House):
    campaign = await house.planned()

    with pytest.raises(InvalidInputError, match="ARAUTO_TESTERS"):
        await request(house, campaign)


async def test_testers_who_are_not_opted_in_are_named_masked(house: House):
    campaign = await house.planned()
    house.policy = replace(house.policy, testers=(TESTER,))

    with pytest.raises(InvalidInputError) as refusal:
        await request(house, campaign)

    assert "is opted in" in str(refusal.value)
    assert TESTER not in str(refusal.value)


async def test_a_tester_without_a_value_for_a_variable_is_explained(house: House):
    await house.write(lambda tx: tx.people.save([a_person(1, attributes={"city": "Leeds"})], house.now))
    await house.write(lambda tx: tx.consents.record([(1, an_opt_in())], house.now))
    campaign = await house.plan(await house.submitted(bindings={"body:1": "{{city}}"}))
    await with_tester(house)

    with pytest.raises(InvalidInputError, match="has no value for city"):
        await request(house, campaign)


@pytest.mark.parametrize("actor", [GUEST, EVE])
async def test_strangers_test_nothing(house: House, actor: Actor):
    campaign = await house.planned()
    await with_tester(house)

    with pytest.raises(NotAllowedError):
        await request(house, campaign, actor)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Accepted("wamid.t"), "Meta accepted it"),
        (refused(ErrorClass.CONFIG, 190), "Meta’s error 190"),
        (NotSent("no route"), "not sent, Meta could not be reached"),
        (InDoubt("lost"), "nobody knows whether it left"),
    ],
)
async def test_whoever_asked_is_told_what_came_of_it(house: House, outcome: Outcome, words: str):
    campaign = await house.planned()
    await with_tester(house)
    [trial] = await request(house, campaign, BRUNO)

    await house.write(lambda tx: rehearsing.tell(tx, campaign, trial, outcome, house.now))

    [text] = [text for text in await house.said() if "Test of" in text]
    assert words in text
    assert TESTER not in text
