"""Deciding: by the right person, on exactly what the card showed, once."""

import json

import pytest

from bot.domain.campaign import CampaignState
from bot.domain.instants import HOUR
from bot.services import rehearsing
from tests.commands.office import (
    ADMIN,
    APPROVALS,
    APPROVER,
    CHANNEL,
    MARKETER,
    Office,
    a_policy,
    a_roster,
    an_office,
)


async def test_a_marketer_who_presses_approve_is_refused_alone_and_on_record(office: Office):
    card = await office.proposed()

    answer = await office.refused_click(MARKETER, card, "campaign_approve")

    denied = await office.denials()
    campaign = await office.campaign()
    assert "Only approvers" in answer
    assert campaign.state is CampaignState.IN_REVIEW
    assert [(entry.actor, entry.subject) for entry in denied] == [(MARKETER, f"campaign {campaign.token}")]
    assert denied[0].detail["why"].startswith("campaign_approve:")


async def test_a_start_that_is_long_over_opens_no_question(office: Office):
    card = await office.proposed(schedule=office.seconds(hours=1))
    office.clock.instant += 15 * HOUR

    answer = await office.refused_click(APPROVER, card, "campaign_approve")

    assert "was to start 14 hours" in answer
    assert (await office.campaign()).state is CampaignState.IN_REVIEW


async def test_an_approver_cannot_approve_their_own_campaign(office: Office):
    outcome = await office.submit(ADMIN)
    await office.work()

    answer = await office.refused_click(ADMIN, office.sim.messages(APPROVALS)[-1], "campaign_approve")

    assert outcome.is_ok
    assert "your own campaign" in answer


async def test_a_confirmation_by_somebody_who_may_not_is_refused_as_well(office: Office):
    card = await office.proposed()
    await office.click(APPROVER, card, "campaign_approve")
    await office.modal(APPROVER, "campaign_confirm")
    outcome = await office.sim.submit(APPROVER)
    forged = {**outcome.payload, "user": {**outcome.payload["user"], "id": MARKETER}}

    answer = await office.send_again(outcome, user=forged["user"])

    assert "Only approvers" in str(answer["view"])


async def test_a_second_approval_changes_nothing_and_says_who_was_first(office: Office):
    card = await office.proposed()
    for user in (APPROVER, ADMIN):
        await office.click(user, card, "campaign_approve")
        await office.modal(user, "campaign_confirm")

    await office.sim.submit(APPROVER)
    first = await office.campaign()
    await office.sim.submit(ADMIN)

    assert "already approved by" in await office.modal(ADMIN, "notice")
    assert await office.campaign() == first


async def test_a_doubled_confirmation_changes_nothing(office: Office):
    card = await office.proposed()
    await office.click(APPROVER, card, "campaign_approve")
    await office.modal(APPROVER, "campaign_confirm")
    outcome = await office.sim.submit(APPROVER)
    first = await office.campaign()

    answer = await office.send_again(outcome)

    assert "already approved" in str(answer["view"])
    assert await office.campaign() == first


async def test_a_click_on_a_card_drawn_before_an_edit_fails_closed_and_repairs_the_card(office: Office):
    card = await office.proposed()
    token = (await office.campaign()).token
    await office.type(f"/campaign edit {token}")
    await office.modal(MARKETER, "campaign_new")
    await office.sim.submit(MARKETER, {"name": "Other offer"})
    await office.work()
    office.bells.rung.clear()

    answer = await office.refused_click(APPROVER, card, "campaign_approve", stale_message=card.versions[0])

    stale = await office.store.read(lambda tx: [one.kind for one in tx.cards.stale()])
    assert "changed after this card was drawn" in answer
    assert (await office.campaign()).state is CampaignState.IN_REVIEW
    assert "draw" in office.bells.rung
    assert "approval" in stale


@pytest.mark.parametrize("value", ["", "7Q2K", "{}", '{"id": 1}', "[]", "null"])
async def test_a_button_nobody_drew_gets_one_clear_sentence(office: Office, value: str):
    card = await office.proposed()
    await office.refused_click(MARKETER, card, "campaign_approve")
    outcome = office.sim.outcomes[-1]
    action = {**outcome.payload["actions"][0], "value": value}

    await office.send_again(outcome, actions=[action])

    assert "from an older card" in await office.told(MARKETER, "older card")


async def test_a_button_of_a_campaign_that_is_gone_says_so(office: Office):
    card = await office.proposed()
    await office.refused_click(MARKETER, card, "campaign_approve")
    outcome = office.sim.outcomes[-1]
    value = json.dumps({"id": "GONE", "version": 1, "digest": "x"})

    await office.send_again(outcome, actions=[{**outcome.payload["actions"][0], "value": value}])

    assert "no campaign “GONE”" in await office.told(MARKETER, "GONE")


@pytest.mark.parametrize(
    ("action", "callback", "state"),
    [
        ("campaign_reject", "campaign_reject_reason", CampaignState.REJECTED),
        ("campaign_request_changes", "campaign_changes_reason", CampaignState.CHANGES_REQUESTED),
    ],
)
async def test_a_decision_against_carries_its_reason_to_the_author(office: Office, action, callback, state):
    card = await office.proposed()

    await office.click(APPROVER, card, action)
    await office.modal(APPROVER, callback)
    outcome = await office.sim.submit(APPROVER, {"reason": "Too loud"})
    await office.work()

    campaign = await office.campaign()
    assert outcome.is_ok
    assert (campaign.state, campaign.reason) == (state, "Too loud")
    assert "Too loud" in await office.told(MARKETER, "Too loud")


async def test_a_decision_against_without_a_reason_is_refused_at_its_field(office: Office):
    card = await office.proposed()
    await office.click(APPROVER, card, "campaign_reject")
    await office.modal(APPROVER, "campaign_reject_reason")

    outcome = await office.sim.submit(APPROVER, {"reason": "   "}, force=True)

    assert "Give a reason" in outcome.errors["reason"]


async def test_a_test_send_without_testers_says_who_can_mend_it(office: Office):
    card = await office.proposed()

    answer = await office.refused_click(APPROVER, card, "campaign_test_send")

    assert "ARAUTO_TESTERS" in answer


async def test_a_test_send_is_queued_for_the_opted_in_testers(tmp_path):
    async with an_office(tmp_path, policy=a_policy(testers=("+447700900001",))) as office:
        card = await office.proposed()

        answer = await office.refused_click(APPROVER, card, "campaign_test_send")

        campaign = await office.campaign()
        waiting = await office.store.read(lambda tx: tx.trials.waiting(campaign.spec.phone_number_id, 10))
        again = await office.refused_click(APPROVER, card, "campaign_test_send")
        assert "1 person" in answer
        assert "on its way already" in again
        assert [(trial.address, trial.requested_by) for trial in waiting] == [("+447700900001", APPROVER)]
        assert "send" in office.bells.rung


async def test_whoever_asks_for_a_test_hears_who_gets_none_and_why(tmp_path):
    async with an_office(tmp_path, policy=a_policy(testers=("+447700900001", "+447700900555"))) as office:
        card = await office.proposed()

        answer = await office.refused_click(APPROVER, card, "campaign_test_send")

        assert "on its way to 1 person" in answer
        assert "(no opt-in on record)" in answer
        assert "900555" not in answer


async def test_a_second_click_while_a_test_is_leaving_sends_no_second_one(tmp_path):
    async with an_office(tmp_path, policy=a_policy(testers=("+447700900001",))) as office:
        card = await office.proposed()
        await office.refused_click(APPROVER, card, "campaign_test_send")
        campaign = await office.campaign()
        number = campaign.spec.phone_number_id
        await office.write(lambda tx: rehearsing.mark(tx, number, 5, office.clock.now()))

        again = await office.refused_click(APPROVER, card, "campaign_test_send")

        assert "on its way already" in again


async def test_admins_approve_only_when_they_are_listed_as_approvers(tmp_path):
    async with an_office(tmp_path, roster=a_roster(approvers=("S0MANAGERS",))) as office:
        card = await office.proposed()

        answer = await office.refused_click(ADMIN, card, "campaign_approve")

        assert "Only approvers" in answer


async def test_an_approval_posts_the_live_card_with_name_and_figures(office: Office):
    await office.approved()

    card = office.sim.messages(CHANNEL)[-1]

    assert "Spring offer" in card.text
    assert "Sent 0" in card.text
