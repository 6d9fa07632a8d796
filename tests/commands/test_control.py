"""Steering: by button or by word, only what the state allows, and resuming only what was approved."""

from dataclasses import replace

import pytest

from bot.domain.campaign import CampaignState
from bot.domain.instants import HOUR
from bot.domain.message import Dispatch
from bot.ports.meta import MetaRefusedError, MetaUnavailableError
from bot.ports.storage import Transaction
from bot.whatsapp.failures import failure
from tests.commands.office import ADMIN, APPROVER, CHANNEL, MARKETER, Office


async def test_pause_resume_and_cancel_work_by_id_and_by_name(office: Office):
    campaign, _ = await office.sending()

    paused = await office.answer(f"/campaign pause {campaign.token}")
    resumed = await office.answer("/campaign resume Spring offer")
    cancelled = await office.answer(f"/campaign cancel {campaign.token}")

    assert "is paused" in paused
    assert "goes on" in resumed
    assert "is cancelled" in cancelled
    assert (await office.campaign()).state is CampaignState.CANCELLED


async def test_pausing_twice_says_that_it_is_paused(office: Office):
    _, card = await office.sending()
    await office.refused_click(MARKETER, card, "campaign_pause")

    answer = await office.refused_click(MARKETER, card, "campaign_pause")

    assert "is paused; it cannot be paused" in answer


async def test_a_template_that_changed_meanwhile_keeps_the_campaign_paused(office: Office):
    campaign, _ = await office.sending()
    await office.answer(f"/campaign pause {campaign.token}")
    template = office.meta.templates_by_id["900100"]
    office.meta.templates_by_id["900100"] = replace(template, components=({"type": "BODY", "text": "Other {{1}}"},))

    answer = await office.answer(f"/campaign resume {campaign.token}")

    assert "changed after the approval" in answer
    assert (await office.campaign()).state is CampaignState.PAUSED


async def test_a_campaign_stays_paused_while_meta_cannot_be_asked(office: Office):
    campaign, _ = await office.sending()
    await office.answer(f"/campaign pause {campaign.token}")
    office.meta.error = MetaUnavailableError("away")

    answer = await office.answer(f"/campaign resume {campaign.token}")

    assert "Meta does not answer" in answer
    assert (await office.campaign()).state is CampaignState.PAUSED


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (2, "The template cannot be checked now: Meta's service is down for a moment. Try again later."),
        (190, "The template cannot be checked. Meta refused: The access token has expired or was revoked (190)."),
    ],
)
async def test_a_fault_at_meta_keeps_a_campaign_paused_and_is_told_as_what_it_is(office: Office, code: int, words: str):
    campaign, _ = await office.sending()
    await office.answer(f"/campaign pause {campaign.token}")
    office.meta.error = MetaRefusedError(failure(code))

    answer = await office.answer(f"/campaign resume {campaign.token}")

    assert words in answer
    assert (await office.campaign()).state is CampaignState.PAUSED


async def test_a_launch_held_for_being_late_is_started_by_an_approver_on_its_card(office: Office):
    campaign = await office.approved()
    office.clock.instant += 17 * HOUR
    held = await office.launch(campaign)
    card = office.sim.messages(CHANNEL)[0]

    refused = await office.answer(f"/campaign resume {campaign.token}")
    await office.click(APPROVER, card, "campaign_resume")
    await office.sim.wait_for(lambda: "launch" in office.bells.rung[-2:])
    started = await office.launch(await office.campaign())

    assert (held.state, held.is_held) == (CampaignState.APPROVED, True)
    assert "Only approvers" in refused
    assert started.state is CampaignState.SENDING


async def test_stop_all_is_for_admins_and_pauses_what_sends(office: Office):
    await office.sending()

    refused = await office.answer("/campaign stop-all")
    stopped = await office.answer("/campaign stop-all", user=ADMIN)

    assert "Only admins" in refused
    assert "Spring offer" in stopped
    assert (await office.campaign()).state is CampaignState.PAUSED


async def test_refresh_draws_the_card_at_once(office: Office):
    campaign, card = await office.sending()
    drawn = len(card.versions)
    await office.write(lambda tx: _lose_an_answer(tx, campaign.id, office.clock.now()))

    await office.click(MARKETER, card, "campaign_refresh")

    await office.sim.wait_for(lambda: len(card.versions) > drawn)
    assert "In doubt 1" in card.text


async def test_refresh_says_what_keeps_the_card_from_being_drawn_and_what_to_do(office: Office):
    _, card = await office.sending()
    office.sim.faults.refuse("chat.update", "not_in_channel")

    answer = await office.refused_click(MARKETER, card, "campaign_refresh")

    assert "cannot be drawn now" in answer
    assert "/invite @Arauto" in answer


async def test_refresh_brings_back_a_card_that_could_not_be_edited_any_more(office: Office):
    _, card = await office.sending()
    office.sim.faults.refuse("chat.update", "cant_update_message", times=2)
    await office.answer("/campaign pause Spring offer")
    await office.work()
    assert "is no longer kept up to date" in await office.told(MARKETER, "no longer")

    await office.click(MARKETER, card, "campaign_refresh")

    shown = await office.sim.wait_for(lambda: [one for one in office.sim.messages(CHANNEL) if "Paused" in one.text])
    assert shown[-1].versions


async def test_a_campaign_that_is_gone_is_named_in_the_answer(office: Office):
    answer = await office.answer("/campaign status 7Q2K")

    assert "There is no campaign “7Q2K”" in answer


async def test_a_name_borne_twice_asks_for_an_id(office: Office):
    await office.submit()
    await office.submit(template="900100", audience="1")

    answer = await office.answer("/campaign pause Spring offer")

    assert "2 campaigns are called" in answer


async def test_status_shows_the_figures_to_whoever_asks(office: Office):
    campaign, _ = await office.sending()

    seen_by_all = len(office.sim.messages(CHANNEL))

    answer = await office.answer(f"/campaign status {campaign.token}", user=APPROVER)

    assert "Delivered" in answer
    assert len(office.sim.messages(CHANNEL)) == seen_by_all


async def test_the_list_names_every_campaign_with_its_id(office: Office):
    await office.proposed()
    campaign = await office.campaign()

    answer = await office.answer("/campaign list")

    assert campaign.token in answer
    assert "Spring offer" in answer


async def test_doubts_are_decided_by_an_approver_and_are_never_sent_again_by_default(office: Office):
    campaign, card = await office.sending()
    await office.write(lambda tx: _lose_an_answer(tx, campaign.id, office.clock.now()))
    office.clock.instant += office.desk.policy.doubt_patience
    await office.work()

    await office.click(APPROVER, card, "campaign_resolve_in_doubt")
    question = await office.modal(APPROVER, "campaign_in_doubt")
    outcome = await office.sim.submit(APPROVER)

    rows = await office.store.read(lambda tx: tx.recipients.with_dispatch(Dispatch.IN_DOUBT, campaign_id=campaign.id))
    assert "1 person" in question
    assert outcome.is_ok
    assert [row.reason for row in rows] == ["assumed sent"]


async def test_what_was_assumed_sent_is_told_as_decided_and_asked_about_no_more(office: Office):
    campaign, card = await office.sending()
    await office.write(lambda tx: _lose_an_answer(tx, campaign.id, office.clock.now()))
    office.clock.instant += office.desk.policy.doubt_patience
    await office.work()
    old_click = await office.click(APPROVER, card, "campaign_resolve_in_doubt")
    await office.modal(APPROVER, "campaign_in_doubt")
    await office.sim.submit(APPROVER)
    await office.work()

    await office.send_again(old_click)
    answer = await office.told(APPROVER, "decided already")

    assert "Nobody is in doubt for longer" not in answer
    assert "Nobody knows" not in card.text
    assert "Decide what is in doubt" not in str(card.blocks)


async def test_a_doubt_still_young_is_left_to_metas_reports(office: Office):
    campaign, card = await office.sending()
    await office.write(lambda tx: _lose_an_answer(tx, campaign.id, office.clock.now()))
    await office.work()

    answer = await office.refused_click(APPROVER, card, "campaign_resolve_in_doubt")

    assert "Nobody is in doubt for longer than 15 minutes" in answer


async def test_doubts_sent_again_wait_for_the_sender(office: Office):
    campaign, card = await office.sending()
    await office.write(lambda tx: _lose_an_answer(tx, campaign.id, office.clock.now()))
    office.clock.instant += office.desk.policy.doubt_patience
    await office.work()
    await office.click(APPROVER, card, "campaign_resolve_in_doubt")
    await office.modal(APPROVER, "campaign_in_doubt")

    await office.sim.submit(APPROVER, {"resolution": "send_again"})

    rows = await office.store.read(lambda tx: tx.recipients.with_dispatch(Dispatch.PLANNED, campaign_id=campaign.id))
    first, *others = sorted(row.attempt for row in rows)
    assert others == [first, first + 1]


def _lose_an_answer(tx: Transaction, campaign_id: int, now: int) -> None:
    campaign = tx.campaigns.get(campaign_id)
    fence = tx.leases.take(f"number {campaign.spec.phone_number_id}", "worker", now, 60_000)
    (row,) = tx.recipients.claim(campaign_id, 1, fence, now)
    leaving = row._replace(dispatch=Dispatch.SENDING, sending_at=now)
    tx.recipients.save([(row, leaving)], fence)
    tx.recipients.save([(leaving, leaving._replace(dispatch=Dispatch.IN_DOUBT))], fence)
    tx.cards.want(campaign_id, "live")
