"""Test sends: to opted-in testers only, of exactly what the card shows, told to whoever asked."""

from dataclasses import replace

import pytest

from bot.domain.campaign import Campaign
from bot.domain.consent import Standing
from bot.domain.errors import ConflictError, InvalidInputError, NotAllowedError
from bot.domain.instants import Millis
from bot.domain.message import Dispatch
from bot.domain.phone import mask
from bot.domain.roles import Actor
from bot.ports.meta import Accepted, ErrorClass, InDoubt, NotSent, Outcome
from bot.ports.recipients import Trial
from bot.ports.storage import Transaction
from bot.services import approving, controlling, rehearsing, rescuing
from tests.builders import NUMBER, a_person, a_phone, a_stop, an_opt_in, later
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
    requested = await house.write(
        lambda tx: rehearsing.request(tx, shown(campaign), actor, house.policy, lambda: "token", house.now)
    )
    return list(requested.trials)


async def mark(house: House, number: str = NUMBER) -> list[Trial]:
    return list(await house.write(lambda tx: rehearsing.mark(tx, number, 5, house.now)))


async def told(house: House) -> list[str]:
    return [text for text in await house.said() if text.startswith("Test of")]


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
    await mark(house)

    assert await house.tallies(campaign) == before


async def test_a_test_leaves_once(house: House):
    campaign = await house.planned()
    await with_tester(house)
    await request(house, campaign)

    [going] = await mark(house)

    assert going.dispatch is Dispatch.SENDING
    assert await mark(house) == []
    assert await mark(house, "999") == []


async def test_a_tester_who_stopped_meanwhile_gets_nothing(house: House):
    campaign = await house.planned()
    await with_tester(house)
    await request(house, campaign)
    tester = await house.read(lambda tx: tx.people.find(TESTER))
    assert tester is not None
    await house.write(lambda tx: tx.consents.record([(tester.id, a_stop())], house.now))

    assert await mark(house) == []
    assert len(await house.read(lambda tx: tx.trials.with_dispatch(Dispatch.SKIPPED))) == 1
    assert tester.standing is Standing.OPTED_IN
    [text] = await told(house)
    assert "not sent: asked us to stop" in text
    assert TESTER not in text


async def test_testers_who_get_nothing_are_named_masked_with_the_reason(house: House):
    campaign = await house.planned()
    await with_tester(house)
    stranger, stopped = "+447700900555", a_phone(1)
    house.policy = replace(house.policy, testers=(TESTER, stranger, stopped))
    person = await house.read(lambda tx: tx.people.find(stopped))
    assert person is not None
    await house.write(lambda tx: tx.consents.record([(person.id, a_stop())], house.now))

    requested = await house.write(
        lambda tx: rehearsing.request(tx, shown(campaign), ANA, house.policy, lambda: "token", house.now)
    )

    assert [trial.address for trial in requested.trials] == [TESTER]
    assert requested.left_out == (
        (mask(stranger), "no opt-in on record"),
        (mask(stopped), "asked us to stop"),
    )
    detail = (await house.audit())[-1].detail
    assert (detail["testers"], detail["left_out"]) == (1, 2)


async def test_one_tester_without_a_value_does_not_keep_the_others_from_their_test(house: House):
    await house.write(lambda tx: tx.people.save([a_person(1, attributes={"city": "Leeds"})], house.now))
    await house.write(lambda tx: tx.consents.record([(1, an_opt_in())], house.now))
    campaign = await house.plan(await house.submitted(bindings={"body:1": "{{city}}"}))
    await with_tester(house)
    house.policy = replace(house.policy, testers=(TESTER, a_phone(1)))

    requested = await house.write(
        lambda tx: rehearsing.request(tx, shown(campaign), ANA, house.policy, lambda: "token", house.now)
    )

    assert [trial.address for trial in requested.trials] == [a_phone(1)]
    assert requested.left_out == ((mask(TESTER), "no value for city, and no fallback"),)


async def test_a_test_of_a_campaign_called_off_meanwhile_does_not_leave_and_is_told(house: House):
    campaign = await house.planned()
    await with_tester(house)
    await request(house, campaign)
    await house.write(lambda tx: controlling.cancel(tx, campaign.id, ANA, house.now))

    going = await mark(house)

    assert going == []
    assert any("not sent: the campaign is cancelled" in text for text in await told(house))


async def test_a_test_outlives_the_approval_of_its_campaign(house: House):
    campaign = await house.planned()
    await with_tester(house)
    await request(house, campaign)
    await house.launch(await house.approve(campaign), campaign.template)

    assert len(await mark(house)) == 1


async def test_a_test_lost_in_a_crash_is_told(house: House):
    campaign = await house.planned()
    await with_tester(house)
    await request(house, campaign, BRUNO)
    await mark(house)

    for _ in range(2):
        await house.write(lambda tx: rescuing.rescue(tx, NUMBER, house.now))

    [text] = await told(house)
    assert "nobody knows whether it left" in text
    assert TESTER not in text


@pytest.mark.parametrize("state", ["cancelled", "rejected", "changes requested", "sending"])
async def test_only_what_waits_to_be_sent_is_tested(house: House, state: str):
    campaign = await house.planned()
    await with_tester(house)
    match state:
        case "cancelled":
            await house.write(lambda tx: controlling.cancel(tx, campaign.id, ANA, house.now))
        case "rejected":
            await house.write(lambda tx: approving.reject(tx, shown(campaign), BRUNO, "no", house.now))
        case "changes requested":
            await house.write(lambda tx: approving.request_changes(tx, shown(campaign), BRUNO, "no", house.now))
        case _:
            await house.launch(await house.approve(campaign), campaign.template)

    with pytest.raises(ConflictError, match=f"is {state}; a test makes no sense any more"):
        await request(house, campaign)


@pytest.mark.parametrize("scheduled_at", [None, later(5)])
async def test_an_approved_campaign_can_be_tested_until_it_starts(house: House, scheduled_at: Millis | None):
    campaign = await house.approved(scheduled_at=scheduled_at)
    await with_tester(house)

    assert len(await request(house, campaign)) == 1


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

    assert f"{mask(TESTER)}: no opt-in on record" in str(refusal.value)
    assert TESTER not in str(refusal.value)


async def test_a_tester_without_a_value_for_a_variable_is_explained(house: House):
    await house.write(lambda tx: tx.people.save([a_person(1, attributes={"city": "Leeds"})], house.now))
    await house.write(lambda tx: tx.consents.record([(1, an_opt_in())], house.now))
    campaign = await house.plan(await house.submitted(bindings={"body:1": "{{city}}"}))
    await with_tester(house)

    with pytest.raises(InvalidInputError, match="no value for city"):
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
