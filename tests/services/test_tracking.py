"""Statuses find their message by id, by tracker or by number; what finds none is parked, and nothing counts twice."""

from dataclasses import replace

import pytest

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.consent import Standing
from bot.domain.delivery import Status, StatusEvent
from bot.domain.instants import DAY, SECOND
from bot.domain.message import Delivery, Dispatch, Recipient, tracker
from bot.ports.meta import Accepted, ErrorClass, InDoubt
from bot.ports.storage import Transaction
from bot.services import consenting, controlling, rescuing, tracking
from bot.services.tracking import Absorbed
from tests.builders import NUMBER, a_phone, later
from tests.services.house import ANA, BRUNO, House, a_status, refused


async def absorb(house: House, *events: StatusEvent) -> Absorbed:
    return await house.write(lambda tx: tracking.absorb(tx, events, house.now))


def digits(n: int = 1) -> str:
    return a_phone(n).removeprefix("+")


async def test_a_status_finds_its_message_by_id(house: House):
    campaign, _ = await house.accepted(2)

    absorbed = await absorb(house, a_status(Status.DELIVERED, "wamid.2", later(1)))

    rows = await house.rows(campaign)
    assert absorbed == Absorbed(matched=1)
    assert [row.delivery for row in rows] == [Delivery.NONE, Delivery.DELIVERED]
    assert (await house.tallies(campaign))["delivered"] == 1


async def test_repetitions_are_told_apart_and_change_nothing(house: House):
    campaign, _ = await house.accepted(1)
    events = [a_status(Status.SENT, at=later(1)), a_status(Status.READ, at=later(2))]
    await absorb(house, *events)
    before = await house.tallies(campaign)

    absorbed = await absorb(house, *events, *events)

    assert absorbed == Absorbed(repeated=4)
    assert await house.tallies(campaign) == before


async def test_a_body_that_repeats_itself_counts_once(house: House):
    campaign, _ = await house.accepted(1)
    event = a_status(Status.DELIVERED, at=later(1))

    absorbed = await absorb(house, event, event)

    assert (absorbed.matched, absorbed.repeated) == (1, 1)
    assert (await house.tallies(campaign))["delivered"] == 1


async def in_doubt(house: House, people: int = 1) -> tuple[Campaign, list[Recipient]]:
    campaign, rows = await house.marked(people)
    await house.settle(*((row, InDoubt("the answer got lost")) for row in rows))
    return campaign, await house.rows(campaign)


async def test_a_status_with_our_tracker_heals_a_doubt(house: House):
    campaign, [row] = await in_doubt(house)

    await absorb(house, a_status(Status.SENT, "wamid.x", later(1), tracker=tracker("7Q2K", row.id, 1)))

    [after] = await house.rows(campaign)
    assert (after.dispatch, after.wamid, after.reason) == (Dispatch.ACCEPTED, "wamid.x", None)
    assert after.accepted_at == row.sending_at
    tallies = await house.tallies(campaign)
    assert (tallies["sent"], tallies.get("in_doubt", 0)) == (1, 0)


@pytest.mark.parametrize("mark", ["OTHER.1.1", "7Q2K.99.1", "7Q2K.1", "7Q2K.1.x", "trial.1.1", ""])
async def test_a_tracker_that_is_not_this_message_s_heals_nothing(house: House, mark: str):
    campaign, _ = await in_doubt(house)

    absorbed = await absorb(house, a_status(Status.SENT, "wamid.x", later(1), tracker=mark))

    assert absorbed.parked == 1
    assert await house.dispatches(campaign) == [Dispatch.IN_DOUBT]


@pytest.mark.parametrize("mark", ["OTHER.1.1", "trial.1.1", "somebody else's"])
async def test_a_status_that_says_whose_it_is_is_never_given_to_another_by_number(house: House, mark: str):
    campaign, _ = await in_doubt(house)

    await absorb(house, a_status(Status.SENT, "wamid.x", later(1), tracker=mark, recipient=digits()))

    assert await house.dispatches(campaign) == [Dispatch.IN_DOUBT]


async def test_an_unknown_id_for_the_only_person_in_doubt_on_that_number_is_theirs(house: House):
    campaign, _ = await in_doubt(house, 2)

    await absorb(house, a_status(Status.DELIVERED, "wamid.x", later(1), recipient=digits(2)))

    assert await house.dispatches(campaign) == [Dispatch.IN_DOUBT, Dispatch.ACCEPTED]


@pytest.mark.parametrize("changes", [{"recipient": digits(9)}, {"recipient": None}, {"phone_number_id": "1"}])
async def test_an_unknown_id_for_somebody_else_is_parked(house: House, changes: dict[str, str]):
    campaign, _ = await in_doubt(house)

    absorbed = await absorb(house, a_status(Status.SENT, "wamid.x", later(1), **{"recipient": digits(), **changes}))

    assert absorbed.parked == 1
    assert await house.dispatches(campaign) == [Dispatch.IN_DOUBT]


async def test_of_two_campaigns_in_doubt_about_one_person_none_is_guessed_until_one_is_settled(house: House):
    first, [one] = await in_doubt(house)
    second = await house.approve(await house.plan(await house.submitted(token="BBBB")))
    await house.launch(second, second.template)
    [claim] = (await house.mark(second)).go
    await house.settle((claim.recipient, InDoubt("lost")))

    absorbed = await absorb(house, a_status(Status.DELIVERED, "wamid.x", later(1), recipient=digits()))
    await absorb(house, a_status(Status.SENT, "wamid.y", later(1), tracker=tracker("7Q2K", one.id, 1)))
    swept = await house.write(lambda tx: tracking.sweep(tx, house.now))

    assert (absorbed.parked, swept) == (1, 1)
    assert [row.wamid for row in await house.rows(first)] == ["wamid.y"]
    assert [(row.wamid, row.delivery) for row in await house.rows(second)] == [("wamid.x", Delivery.DELIVERED)]
    assert await house.read(lambda tx: tx.parked.count()) == 0


async def test_two_unknown_ids_for_one_person_are_not_both_theirs(house: House):
    campaign, _ = await in_doubt(house)

    absorbed = await absorb(
        house,
        a_status(Status.SENT, "wamid.x", later(1), recipient=digits()),
        a_status(Status.SENT, "wamid.y", later(1), recipient=digits()),
    )

    assert (absorbed.matched, absorbed.parked) == (1, 1)
    assert [row.wamid for row in await house.rows(campaign)] == ["wamid.x"]


async def test_parked_statuses_wait_for_the_answer_with_their_id(house: House):
    campaign, rows = await house.marked(2)
    await absorb(house, a_status(Status.READ, "wamid.1", later(1)), a_status(Status.SENT, "wamid.1", later(0.5)))

    await house.settle((rows[0], Accepted("wamid.1")))

    after = (await house.rows(campaign))[0]
    assert (after.read_at, after.sent_at) == (later(1), later(0.5))
    assert await house.read(lambda tx: tx.parked.count()) == 0


async def test_what_stays_unmatched_is_dropped_after_metas_last_repetition(house: House):
    await absorb(house, a_status(Status.SENT, "wamid.unknown"))
    house.pass_time(8 * DAY)
    await house.write(lambda tx: tracking.sweep(tx, house.now))
    kept = await house.read(lambda tx: tx.parked.count())
    house.pass_time(1)

    await house.write(lambda tx: tracking.sweep(tx, house.now))

    assert (kept, await house.read(lambda tx: tx.parked.count())) == (1, 0)


async def test_a_status_of_a_refused_message_proves_that_meta_took_it(house: House):
    campaign, [row] = await house.marked(1)
    await house.settle((row, refused(ErrorClass.PERMANENT, 130472)))

    await absorb(house, a_status(Status.DELIVERED, "wamid.x", later(1), tracker=tracker("7Q2K", row.id, 1)))

    [after] = await house.rows(campaign)
    assert (after.dispatch, after.delivery, after.code) == (Dispatch.ACCEPTED, Delivery.DELIVERED, None)
    assert (await house.tallies(campaign)).get("refused", 0) == 0


async def test_a_status_of_a_skipped_message_proves_that_meta_took_it(house: House):
    campaign = await house.sending(1)
    [row] = await house.rows(campaign)
    await house.write(lambda tx: controlling.cancel(tx, campaign.id, ANA, house.now))
    await house.write(lambda tx: controlling.finish_cancelling(tx, campaign.id))

    await absorb(house, a_status(Status.DELIVERED, "wamid.x", later(1), tracker=tracker("7Q2K", row.id, 1)))

    assert await house.dispatches(campaign) == [Dispatch.ACCEPTED]


async def retried(house: House) -> tuple[Campaign, Recipient]:
    """Give a campaign whose only person failed with 131049 a day ago and waits for their second try."""
    campaign, [row] = await house.accepted(1)
    again = rescuing.next_attempt(row)

    def plan_again(tx: Transaction) -> None:
        tx.recipients.archive_attempt(row)
        tx.recipients.save([(row, again)])

    await house.write(plan_again)
    return campaign, again


@pytest.mark.parametrize("mark", [None, "7Q2K.1.1"])
async def test_a_status_of_an_attempt_that_is_over_changes_nothing(house: House, mark: str | None):
    campaign, again = await retried(house)

    absorbed = await absorb(house, a_status(Status.FAILED, "wamid.1", later(1), tracker=mark, code=131049))

    assert absorbed == Absorbed(repeated=1)
    assert await house.rows(campaign) == [again]


async def test_evidence_about_a_doubt_that_is_to_be_sent_again_keeps_the_second_message_back(house: House):
    campaign, [row] = await in_doubt(house)
    house.pass_time(15 * 60 * SECOND)
    await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))

    await absorb(house, a_status(Status.SENT, "wamid.x", later(1), tracker=tracker("7Q2K", row.id, 1)))

    assert await house.dispatches(campaign) == [Dispatch.ACCEPTED]
    assert (await house.mark(campaign)).go == []


async def test_a_status_of_a_test_message_counts_nowhere(house: House):
    campaign, _ = await house.accepted(1)
    before = await house.tallies(campaign)

    def save_trial(tx: Transaction) -> None:
        trial = tx.trials.add(campaign.id, NUMBER, a_phone(1), b"[]", ANA.user, house.now)
        tx.trials.save(replace(trial, dispatch=Dispatch.ACCEPTED, wamid="wamid.trial"))

    await house.write(save_trial)
    absorbed = await absorb(house, a_status(Status.DELIVERED, "wamid.trial", recipient=digits(), tracker="trial.1.1"))

    assert absorbed == Absorbed(repeated=1)
    assert await house.tallies(campaign) == before


async def test_a_failure_by_webhook_says_that_the_person_stopped(house: House):
    await house.accepted(1)

    await absorb(house, a_status(Status.FAILED, at=later(1), code=131050))

    assert await house.standing(1) & Standing.WHATSAPP_STOPPED


async def test_a_person_left_out_after_failures_is_reached_again_by_a_later_delivery(house: House):
    _, [row] = await house.accepted(1)

    def fail(tx: Transaction) -> None:
        for n in range(3):
            consenting.suppress_undeliverable(tx, {row.person_id: f"wamid.{n}"}, at=later(2), now=later(2))

    await house.write(fail)
    left_out = await house.standing(1)

    await absorb(house, a_status(Status.DELIVERED, at=later(1)))
    still = await house.standing(1)
    await absorb(house, a_status(Status.READ, at=later(3)))

    assert (left_out, still) == (Standing.OPTED_IN | Standing.SUPPRESSED,) * 2
    assert await house.standing(1) == Standing.OPTED_IN
    assert "suppression lifted" in await house.actions()


async def test_undeliverable_counts_once_a_message_however_often_meta_repeats_it(house: House):
    await house.accepted(1)
    event = a_status(Status.FAILED, at=later(1), code=131026)

    for _ in range(4):
        await absorb(house, event, event)

    person = await house.read(lambda tx: tx.people.find(a_phone(1)))
    assert person is not None
    assert (person.failures, person.standing) == (1, Standing.OPTED_IN)


async def test_a_delivery_forgets_the_failures_before_it(house: House):
    await house.accepted(1)
    person = await house.read(lambda tx: tx.people.find(a_phone(1)))
    assert person is not None
    await house.write(lambda tx: tx.people.count_failure([person.id]))

    await absorb(house, a_status(Status.DELIVERED, at=later(1)))

    cleared = await house.read(lambda tx: tx.people.get(person.id))
    assert cleared is not None
    assert cleared.failures == 0


async def test_messages_dropped_by_pacing_pause_the_campaign_and_say_so(house: House):
    campaign, _ = await house.accepted(2)

    await absorb(house, *(a_status(Status.FAILED, f"wamid.{n}", later(1), code=132015) for n in (1, 2)))

    paused = await house.campaign(campaign.id)
    assert (paused.state, "132015" in (paused.reason or "")) == (CampaignState.PAUSED, True)
    assert sum("dropped messages" in text for text in await house.said()) == 1


async def test_matched_statuses_ask_for_a_redraw_of_the_live_card_and_repeated_ones_do_not(house: House):
    campaign, _ = await house.accepted(1)
    event = a_status(Status.SENT, at=later(1))
    await absorb(house, event)
    first = await house.read(lambda tx: tx.cards.get(campaign.id, "live"))

    await absorb(house, event)

    assert await house.read(lambda tx: tx.cards.get(campaign.id, "live")) == first
