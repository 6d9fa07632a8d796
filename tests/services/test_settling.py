"""What each kind of answer means for the message, the person, the campaign and the number."""

from dataclasses import replace

import pytest

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.consent import Standing
from bot.domain.delivery import Status
from bot.domain.errors import ConflictError
from bot.domain.instants import MINUTE, SECOND, Millis
from bot.domain.message import Delivery, Dispatch, tracker
from bot.ports.meta import Accepted, ErrorClass, InDoubt, NotSent
from bot.services import controlling, sending, tracking
from bot.services.settling import MOST_TRIES, Settlement, settle
from tests.builders import a_phone
from tests.services.house import ANA, House, a_status, refused


async def test_an_accepted_message_has_its_id_and_counts_as_sent(house: House):
    campaign, rows = await house.marked(2)

    effects = await house.settle((rows[0], Accepted("wamid.1")))

    after = (await house.rows(campaign))[0]
    assert (after.dispatch, after.wamid, after.accepted_at) == (Dispatch.ACCEPTED, "wamid.1", house.now)
    assert (effects.is_too_fast, effects.is_troubled, effects.failed) == (False, False, set())
    tallies = await house.tallies(campaign)
    assert (tallies["sent"], tallies["sending"]) == (1, 1)


async def test_a_row_known_from_its_mark_is_settled_like_one_that_is_read(house: House):
    campaign, rows = await house.marked(1)
    known = Settlement(rows[0].id, rows[0].attempt, Accepted("wamid.1"), rows[0])

    await house.write(lambda tx: settle(tx, [known], house.now))

    after = (await house.rows(campaign))[0]
    assert (after.dispatch, after.wamid, after.accepted_at) == (Dispatch.ACCEPTED, "wamid.1", house.now)


async def test_a_row_that_a_webhook_changed_since_its_mark_must_be_read_again(house: House):
    campaign, rows = await house.marked(1)
    known = Settlement(rows[0].id, rows[0].attempt, Accepted("wamid.1"), rows[0])
    mark = tracker(campaign.token, rows[0].id, rows[0].attempt)
    status = a_status(Status.DELIVERED, tracker=mark)
    await house.write(lambda tx: tracking.absorb(tx, [status], house.now))

    with pytest.raises(ConflictError):
        await house.write(lambda tx: settle(tx, [known], house.now))
    await house.write(lambda tx: settle(tx, [replace(known, marked=None)], house.now))

    after = (await house.rows(campaign))[0]
    assert (after.dispatch, after.delivery) == (Dispatch.ACCEPTED, Delivery.DELIVERED)


async def test_a_message_held_for_quality_is_accepted_and_held(house: House):
    campaign, rows = await house.marked(1)

    await house.settle((rows[0], Accepted("wamid.1", is_held=True)))

    assert (await house.rows(campaign))[0].delivery is Delivery.HELD


async def test_the_ids_meta_uses_for_a_person_are_learnt(house: House):
    _, rows = await house.marked(1)

    await house.settle((rows[0], Accepted("wamid.1", wa_id="447700900777", user_id="GB.13579")))

    found = await house.read(lambda tx: tx.people.find_many(["447700900777"]))
    assert found["447700900777"].bsuid == "GB.13579"


async def test_a_request_that_never_left_waits_and_tries_again_ever_more_slowly(house: House):
    campaign, rows = await house.marked(1)
    waits = []

    for _ in range(8):
        effects = await house.settle((rows[0], NotSent("no route")))
        assert effects.is_troubled
        waiting = (await house.rows(campaign))[0]
        assert waiting.dispatch is Dispatch.PLANNED
        waits.append(((waiting.not_before or 0) - house.now) // SECOND)
        house.clock.instant = waiting.not_before or 0
        rows = [claim.recipient for claim in (await house.mark(campaign)).go]

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_a_message_that_arauto_held_back_waits_as_if_it_had_never_been_marked(house: House):
    campaign, rows = await house.marked(1)

    effects = await house.settle((rows[0], NotSent("Arauto stopped", is_held_back=True)))

    assert not effects.is_troubled
    waiting = (await house.rows(campaign))[0]
    assert (waiting.dispatch, waiting.tries, waiting.not_before) == (Dispatch.PLANNED, 0, None)
    assert len((await house.mark(campaign)).go) == 1


async def test_a_lost_answer_leaves_the_message_in_doubt_and_the_channel_hears_it_once(house: House):
    campaign, rows = await house.marked(2)

    effects = await house.settle((rows[0], InDoubt("the connection broke")))
    await house.settle((rows[1], InDoubt("the connection broke")))

    assert effects.is_troubled
    assert await house.dispatches(campaign) == [Dispatch.IN_DOUBT] * 2
    assert sum("*in doubt*" in text for text in await house.said()) == 1
    assert (await house.mark(campaign)).go == []


async def test_a_permanent_refusal_ends_one_message_and_no_other(house: House):
    campaign, rows = await house.marked(2)

    effects = await house.settle((rows[0], refused(ErrorClass.PERMANENT, 130472)))

    after = (await house.rows(campaign))[0]
    assert (after.dispatch, after.code, after.failed_at) == (Dispatch.REFUSED, 130472, house.now)
    assert (await house.campaign(campaign.id)).state is CampaignState.SENDING
    assert not effects.is_troubled
    assert (await house.tallies(campaign))["refused:130472"] == 1


async def test_a_fault_in_the_set_up_stops_the_campaign_and_costs_nobody_their_message(house: House):
    campaign, rows = await house.marked(3)

    effects = await house.settle(*((row, refused(ErrorClass.CONFIG, 131042)) for row in rows))

    failed = await house.campaign(campaign.id)
    assert effects.failed == {campaign.id}
    assert (failed.state, failed.reason) == (
        CampaignState.FAILED,
        "It did not work (Meta’s error 131042). Mend it.",
    )
    assert await house.dispatches(campaign) == [Dispatch.PLANNED] * 3
    assert sum("131042" in text for text in await house.said()) == 1


@pytest.mark.parametrize("kind", [ErrorClass.CONFIG, ErrorClass.DELAYED])
async def test_an_answer_that_comes_after_a_pause_leaves_the_campaign_paused(house: House, kind: ErrorClass):
    campaign, rows = await house.marked(1)
    await house.write(lambda tx: controlling.pause(tx, campaign.id, ANA, house.now))

    await house.settle((rows[0], refused(kind, tracking.STILL_SYNCING, wait_seconds=600)))

    paused = await house.campaign(campaign.id)
    assert (paused.state, paused.hold_until) == (CampaignState.PAUSED, None)
    assert await house.dispatches(campaign) == [Dispatch.PLANNED]


async def test_an_answer_that_comes_after_a_cancel_leaves_the_campaign_cancelled(house: House):
    campaign, rows = await house.marked(1)
    await house.write(lambda tx: controlling.cancel(tx, campaign.id, ANA, house.now))

    await house.settle((rows[0], refused(ErrorClass.CONFIG, 190)))
    await house.write(lambda tx: controlling.finish_cancelling(tx, campaign.id))

    assert (await house.campaign(campaign.id)).state is CampaignState.CANCELLED
    assert await house.dispatches(campaign) == [Dispatch.SKIPPED]


async def test_the_rate_limit_slows_the_number_and_the_message_leaves_a_second_later(house: House):
    campaign, rows = await house.marked(1)

    effects = await house.settle((rows[0], refused(ErrorClass.RATE, 130429)))

    waiting = (await house.rows(campaign))[0]
    assert effects.is_too_fast
    assert (waiting.dispatch, waiting.not_before) == (Dispatch.PLANNED, house.now + SECOND)
    assert waiting.tries == 0


async def test_a_passing_fault_is_tried_again_a_few_times_and_then_given_up(house: House):
    campaign, rows = await house.marked(1)
    waits = []

    for _ in range(MOST_TRIES):
        effects = await house.settle((rows[0], refused(ErrorClass.TRANSIENT, 131000, wait_seconds=1)))
        assert effects.is_troubled
        row = (await house.rows(campaign))[0]
        waits.append((row.not_before or 0) - house.now if row.dispatch is Dispatch.PLANNED else None)
        house.clock.instant += MINUTE
        rows = [claim.recipient for claim in (await house.mark(campaign)).go]

    assert waits == [1_000, 2_000, 4_000, 8_000, None]
    assert (await house.rows(campaign))[0].code == 131000


async def test_the_pair_limit_waits_by_powers_of_four_and_never_more_than_a_minute(house: House):
    campaign, rows = await house.marked(1)
    waits = []

    for _ in range(MOST_TRIES - 1):
        await house.settle((rows[0], refused(ErrorClass.TRANSIENT, 131056, wait_seconds=1, growth=4.0)))
        waits.append(((await house.rows(campaign))[0].not_before or 0) - house.now)
        house.clock.instant += MINUTE
        rows = [claim.recipient for claim in (await house.mark(campaign)).go]

    assert waits == [1_000, 4_000, 16_000, 60_000]


async def test_a_template_still_being_synchronised_holds_the_whole_campaign(house: House):
    campaign, rows = await house.marked(2)

    effects = await house.settle((rows[0], refused(ErrorClass.DELAYED, tracking.STILL_SYNCING, wait_seconds=600)))

    held = await house.campaign(campaign.id)
    until = Millis(house.now + 10 * MINUTE)
    assert effects.held == {campaign.id}
    assert (held.state, held.hold_until) == (CampaignState.SENDING, until)
    assert await house.read(lambda tx: sending.sendable(tx, campaign.spec.phone_number_id, house.now)) == []
    [ready] = await house.read(lambda tx: sending.sendable(tx, campaign.spec.phone_number_id, until))
    assert ready.id == campaign.id
    assert "going on in 10 min" in " ".join(await house.said())


async def test_metas_limit_for_one_person_refuses_them_at_once_and_keeps_the_rest_going(house: House):
    campaign, rows = await house.marked(2)

    await house.settle((rows[0], refused(ErrorClass.DELAYED, 131049, wait_seconds=86_400)))

    after = (await house.rows(campaign))[0]
    assert (after.dispatch, after.code) == (Dispatch.REFUSED, 131049)
    assert (await house.campaign(campaign.id)).hold_until is None


async def test_a_person_who_stopped_in_whatsapp_is_never_written_to_again(house: House):
    campaign, rows = await house.marked(1)

    await house.settle((rows[0], refused(ErrorClass.STOPPED, 131050)))

    assert (await house.rows(campaign))[0].dispatch is Dispatch.REFUSED
    assert await house.standing(1) & Standing.WHATSAPP_STOPPED


async def test_a_code_nobody_explains_pauses_the_campaign_when_it_repeats(house: House):
    campaign, rows = await house.marked(4)
    unknown = refused(ErrorClass.PERMANENT, 999_999, is_known=False, detail="(#999999) Strange")

    await house.settle(*((row, unknown) for row in rows[:2]))
    twice = await house.campaign(campaign.id)
    await house.settle((rows[2], unknown))

    paused = await house.campaign(campaign.id)
    assert (twice.state, paused.state) == (CampaignState.SENDING, CampaignState.PAUSED)
    assert "999999: (#999999) Strange" in (paused.reason or "")


async def test_a_known_refusal_may_repeat_without_a_pause(house: House):
    campaign, rows = await house.marked(5)

    await house.settle(*((row, refused(ErrorClass.PERMANENT, 130472)) for row in rows))

    assert (await house.campaign(campaign.id)).state is CampaignState.SENDING


async def test_the_third_undeliverable_message_in_a_row_suppresses_the_person(house: House):
    standings = []

    for n in range(3):
        campaign = await (house.sending(1) if n == 0 else launched_again(house, f"AAA{n}"))
        [claim] = (await house.mark(campaign)).go
        await house.settle((claim.recipient, refused(ErrorClass.PERMANENT, 131026)))
        standings.append(await house.standing(1))

    assert standings == [Standing.OPTED_IN, Standing.OPTED_IN, Standing.OPTED_IN | Standing.SUPPRESSED]


async def launched_again(house: House, token: str) -> Campaign:
    campaign = await house.approve(await house.plan(await house.submitted(token=token)))
    await house.launch(campaign, campaign.template)
    return await house.campaign(campaign.id)


async def test_statuses_that_overtook_the_answer_are_folded_when_it_settles(house: House):
    campaign, rows = await house.marked(2)
    early = a_status(Status.DELIVERED, "wamid.7", house.now + 5)
    absorbed = await house.write(lambda tx: tracking.absorb(tx, [early], house.now))

    await house.settle((rows[0], Accepted("wamid.7")))

    assert absorbed.parked == 1
    assert (await house.rows(campaign))[0].delivered_at == house.now + 5
    assert await house.read(lambda tx: tx.parked.count()) == 0
    assert (await house.tallies(campaign))["delivered"] == 1


async def test_what_a_webhook_proved_survives_a_late_and_worse_answer(house: House):
    campaign, rows = await house.marked(1)
    mark = f"{campaign.token}.{rows[0].id}.1"
    await house.write(lambda tx: tracking.absorb(tx, [a_status(Status.SENT, "wamid.9", tracker=mark)], house.now))

    await house.settle((rows[0], InDoubt("read timeout")))

    after = (await house.rows(campaign))[0]
    assert (after.dispatch, after.wamid) == (Dispatch.ACCEPTED, "wamid.9")


async def test_an_answer_to_an_earlier_attempt_changes_nothing(house: House):
    campaign, rows = await house.marked(1)
    newer = rows[0]._replace(attempt=2)
    await house.write(lambda tx: tx.recipients.save([(rows[0], newer)]))

    await house.settle((rows[0], Accepted("wamid.old")))

    assert await house.rows(campaign) == [newer]


async def test_the_late_answer_of_a_rescued_request_clears_the_doubt(house: House):
    campaign, rows = await house.marked(2)
    await house.settle((rows[0], InDoubt("stopped")), (rows[1], InDoubt("stopped")))

    await house.settle((rows[0], Accepted("wamid.1")), (rows[1], refused(ErrorClass.PERMANENT, 130472)))

    assert await house.dispatches(campaign) == [Dispatch.ACCEPTED, Dispatch.REFUSED]
    assert (await house.rows(campaign))[0].reason is None


async def test_many_answers_of_many_kinds_keep_the_books_balanced(house: House):
    campaign, rows = await house.marked(6)

    await house.settle(
        (rows[0], Accepted("wamid.1")),
        (rows[1], refused(ErrorClass.PERMANENT, 131026)),
        (rows[2], InDoubt("lost")),
        (rows[3], NotSent("no route")),
        (rows[4], refused(ErrorClass.RATE, 130429)),
    )

    tallies = await house.tallies(campaign)
    assert {fact: tallies[fact] for fact in ("planned", "sent", "refused", "in_doubt", "waiting", "sending")} == {
        "planned": 6,
        "sent": 1,
        "refused": 1,
        "in_doubt": 1,
        "waiting": 2,
        "sending": 1,
    }


async def test_a_person_who_was_erased_meanwhile_does_not_hold_up_the_answers(house: House):
    campaign, rows = await house.marked(1)
    person = await house.read(lambda tx: tx.people.find(a_phone(1)))
    assert person is not None
    await house.write(lambda tx: tx.people.erase(person.id, house.now))

    await house.settle((rows[0], Accepted("wamid.1", wa_id="447700900001")))

    assert await house.dispatches(campaign) == [Dispatch.ACCEPTED]
