"""Pause, resume, cancel, stop everything: who may, from which state, and what becomes of the rest."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.errors import ConflictError, NotAllowedError, NotFoundError
from bot.domain.message import Dispatch
from bot.domain.roles import Actor, Role
from bot.ports.records import NumberStatus
from bot.services import approving, controlling, launching
from tests.builders import NUMBER, later
from tests.services.house import ANA, BRUNO, CARLA, DORA, EVE, GUEST, House, shown

Change = Callable[..., Campaign]


async def change(house: House, verb: Change, campaign: Campaign, actor: Actor = ANA) -> Campaign:
    return await house.write(lambda tx: verb(tx, campaign.id, actor, house.now))


async def test_pause_and_resume_leave_a_trace_in_thread_and_audit(house: House):
    campaign = await house.sending()

    paused = await change(house, controlling.pause, campaign)
    resumed = await change(house, controlling.resume, campaign, BRUNO)

    assert (paused.state, paused.reason) == (CampaignState.PAUSED, "Paused by <@U0ANA>.")
    assert (resumed.state, resumed.reason) == (CampaignState.SENDING, None)
    assert {"Paused by <@U0ANA>.", "Resumed by <@U0BRUNO>."} <= set(await house.said())
    assert [(e.action, e.actor) for e in await house.audit()][-2:] == [("paused", "U0ANA"), ("sending", "U0BRUNO")]


@pytest.mark.parametrize("verb", [controlling.pause, controlling.resume, controlling.cancel])
@pytest.mark.parametrize("actor", [GUEST, EVE, DORA])
async def test_only_marketers_of_this_workspace_steer(house: House, verb: Change, actor: Actor):
    campaign = await house.sending()
    if verb is controlling.resume:
        campaign = await change(house, controlling.pause, campaign)

    with pytest.raises(NotAllowedError):
        await change(house, verb, campaign, actor)

    assert await house.campaign(campaign.id) == campaign


async def test_only_an_approver_resumes_what_a_failure_stopped(house: House):
    campaign = await house.sending()
    failed = await house.write(lambda tx: controlling.fail(tx, campaign, "The token has expired.", house.now))

    with pytest.raises(NotAllowedError):
        await change(house, controlling.resume, failed, ANA)
    resumed = await change(house, controlling.resume, failed, BRUNO)

    assert (failed.state, resumed.state) == (CampaignState.FAILED, CampaignState.SENDING)


async def test_an_approver_who_resumes_lifts_the_block_of_the_number(house: House):
    campaign = await house.sending()
    await house.write(lambda tx: tx.numbers.put(NumberStatus(phone_number_id=NUMBER, blocked="Restricted")))
    await change(house, controlling.pause, campaign)
    with pytest.raises(NotAllowedError):
        await change(house, controlling.resume, campaign, ANA)

    await change(house, controlling.resume, campaign, BRUNO)

    status = await house.read(lambda tx: tx.numbers.get(NUMBER))
    assert status is not None
    assert status.blocked is None


@pytest.mark.parametrize(
    ("verb", "words"),
    [(controlling.pause, "it cannot be paused"), (controlling.resume, "it cannot be resumed")],
)
async def test_what_does_not_send_is_neither_paused_nor_resumed(house: House, verb: Change, words: str):
    campaign = await house.planned()

    with pytest.raises(ConflictError, match=f"is in review; {words}"):
        await change(house, verb, campaign)


async def test_a_second_pause_is_told_that_it_is_paused(house: House):
    campaign = await house.sending()
    await change(house, controlling.pause, campaign)

    with pytest.raises(ConflictError, match="is paused; it cannot be paused"):
        await change(house, controlling.pause, campaign, BRUNO)


async def test_a_cancelled_campaign_keeps_what_left_and_skips_the_rest(house: House):
    campaign = await house.sending(3)
    await house.mark(campaign, 1)

    await change(house, controlling.cancel, campaign)
    more = await house.write(lambda tx: controlling.finish_cancelling(tx, campaign.id))

    assert more is False
    assert await house.dispatches(campaign) == [Dispatch.SENDING, Dispatch.SKIPPED, Dispatch.SKIPPED]
    assert (await house.tallies(campaign))["skipped:cancelled"] == 2


@pytest.mark.parametrize("stage", ["submitted", "planned", "approved", "sending"])
async def test_a_campaign_can_be_called_off_at_any_stage_before_it_is_sent(house: House, stage: str):
    campaign = await getattr(house, stage)()

    assert (await change(house, controlling.cancel, campaign)).state is CampaignState.CANCELLED


async def test_what_is_sent_rejected_or_cancelled_cannot_be_called_off(house: House):
    sent, _ = await house.sent()
    rejected = await house.plan(await house.submitted(token="BBBB"))
    await house.write(lambda tx: approving.reject(tx, shown(rejected), BRUNO, "No", house.now))
    cancelled = await change(house, controlling.cancel, await house.submitted(token="CCCC"))

    for campaign in (sent, rejected, cancelled):
        with pytest.raises(ConflictError, match="cannot be cancelled"):
            await change(house, controlling.cancel, campaign)


async def test_what_is_not_cancelled_is_not_emptied(house: House):
    campaign = await house.sending(2)

    assert await house.write(lambda tx: controlling.finish_cancelling(tx, campaign.id)) is False
    assert await house.dispatches(campaign) == [Dispatch.PLANNED] * 2


async def test_stop_all_pauses_what_sends_and_takes_back_what_was_about_to(house: House):
    sending = await house.sending(token="AAAA")
    approved = await house.approve(await house.plan(await house.submitted(token="BBBB")))
    scheduled = await house.approve(await house.plan(await house.submitted(token="CCCC", scheduled_at=later(5))))
    waiting = await house.plan(await house.submitted(token="DDDD"))

    stopped = await house.write(lambda tx: controlling.stop_all(tx, CARLA, house.now))

    states = [(await house.campaign(one.id)).state for one in (sending, approved, scheduled, waiting)]
    assert len(stopped) == 3
    assert states == [
        CampaignState.PAUSED,
        CampaignState.CHANGES_REQUESTED,
        CampaignState.CHANGES_REQUESTED,
        CampaignState.IN_REVIEW,
    ]
    assert await house.read(lambda tx: launching.due(tx, later(10))) == []


@pytest.mark.parametrize("actor", [ANA, BRUNO, EVE])
async def test_only_an_admin_stops_everything(house: House, actor: Actor):
    campaign = await house.sending()

    with pytest.raises(NotAllowedError):
        await house.write(lambda tx: controlling.stop_all(tx, actor, house.now))

    assert (await house.campaign(campaign.id)).state is CampaignState.SENDING


async def test_stopping_everything_twice_stops_nothing_more(house: House):
    await house.sending()
    await house.write(lambda tx: controlling.stop_all(tx, CARLA, house.now))

    assert await house.write(lambda tx: controlling.stop_all(tx, CARLA, house.now)) == []


@pytest.mark.parametrize("verb", [controlling.pause_by_machine, controlling.fail])
async def test_the_machine_stops_nothing_that_is_over(house: House, verb: Any):
    campaign, _ = await house.sent()

    assert await house.write(lambda tx: verb(tx, campaign, "A reason", house.now)) == campaign


async def test_a_failure_does_not_overrule_a_pause(house: House):
    campaign = await change(house, controlling.pause, await house.sending())

    assert await house.write(lambda tx: controlling.fail(tx, campaign, "A reason", house.now)) == campaign


async def test_an_unknown_campaign_is_said_to_be_gone(house: House):
    marketer = Actor(user="U1", team="T0TEAM", roles=frozenset({Role.MARKETER}))

    with pytest.raises(NotFoundError, match="/campaign list"):
        await house.write(lambda tx: controlling.cancel(tx, 99, marketer, house.now))
