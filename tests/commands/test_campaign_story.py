"""The main path: a campaign is described, planned, approved and steered, all through Slack."""

from bot.domain.campaign import CampaignState
from tests.commands.office import APPROVALS, APPROVER, CHANNEL, MARKETER, Office


async def test_new_opens_the_modal_with_the_name_that_was_typed(office: Office):
    await office.type("/campaign new Spring sale")

    modal = await office.modal(MARKETER, "campaign_new")

    assert "Spring sale" in modal


async def test_a_submitted_campaign_is_planned_and_its_card_awaits_a_decision(office: Office):
    outcome = await office.submit()

    await office.work()

    campaign = await office.campaign()
    assert outcome.is_ok
    assert campaign.state is CampaignState.IN_REVIEW
    assert campaign.plan is not None
    assert campaign.plan.recipients == 3
    assert "Spring offer" in office.sim.text(office.sim.messages(APPROVALS)[-1])
    assert "plan" in office.bells.rung


async def test_an_approval_is_confirmed_in_a_modal_and_posts_the_live_card(office: Office):
    card = await office.proposed()

    await office.click(APPROVER, card, "campaign_approve")
    question = await office.modal(APPROVER, "campaign_confirm")
    outcome = await office.sim.submit(APPROVER)
    await office.work()

    campaign = await office.campaign()
    assert outcome.is_ok
    assert "3 people" in question
    assert (campaign.state, campaign.approved_by) == (CampaignState.APPROVED, APPROVER)
    assert "Spring offer" in office.sim.text(office.sim.messages(CHANNEL)[-1])
    assert "launch" in office.bells.rung


async def test_pause_resume_and_cancel_work_from_the_card(office: Office):
    campaign, card = await office.sending()

    states = []
    for action in ("campaign_pause", "campaign_resume", "campaign_cancel"):
        await office.refused_click(MARKETER, card, action)
        await office.work()
        states.append((await office.campaign()).state)

    assert states == [CampaignState.PAUSED, CampaignState.SENDING, CampaignState.CANCELLED]
    assert campaign.state is CampaignState.SENDING
