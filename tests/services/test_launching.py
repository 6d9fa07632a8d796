"""What was approved is what is sent, or nothing is."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.errors import ConflictError, NotAllowedError
from bot.domain.instants import DAY, HOUR, MINUTE
from bot.domain.message import Dispatch
from bot.domain.plan import EMPTY_CHAIN, Link, chain_all
from bot.domain.roles import Actor, Role
from bot.domain.template import Template
from bot.services import approving, controlling, launching
from bot.services.launching import Check, Step
from tests.builders import a_phone, a_template, later
from tests.services.house import ANA, CARLA, DORA, House

DAY_SECONDS = 86_400


async def voided(house: House, template: Template | None, **spec: Any) -> str:
    """Launch with what Meta says now; give the reason why nothing was launched."""
    campaign = await house.approved(**spec)
    check = await house.launch(campaign, template)
    after = await house.campaign(campaign.id)
    assert (check.step, after.state) == (Step.DONE, CampaignState.CHANGES_REQUESTED)
    assert any(f"Not launched: {after.reason}" in text for text in await house.said())
    assert "approval_voided" in await house.actions()
    return after.reason or ""


async def test_an_unchanged_template_launches_at_once_and_the_channel_hears_it(house: House):
    campaign = await house.approved()

    check = await house.launch(campaign, campaign.template)

    started = await house.campaign(campaign.id)
    assert (check.step, started.state, started.started_at) == (Step.DONE, CampaignState.SENDING, house.now)
    assert "Sending to 3 people has started." in await house.said()


async def test_launching_twice_starts_once(house: House):
    campaign = await house.sending()

    check = await house.launch(campaign, None)

    assert check == Check(Step.DONE)
    assert await house.campaign(campaign.id) == campaign


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"components": ({"type": "BODY", "text": "Hello {{1}}, 50% off today."},)}, "text or buttons was"),
        ({"name": "summer_offer"}, "name was “spring_offer”, is “summer_offer”"),
        ({"language": "pt_BR"}, "language was “en_GB”, is “pt_BR”"),
        ({"category": "UTILITY"}, "its category is utility"),
        ({"status": "PAUSED"}, "Meta lists it as paused"),
        ({"status": "DISABLED"}, "Meta lists it as disabled"),
        ({"ttl_seconds": 43_200}, "lifetime changed after the approval"),
    ],
)
async def test_a_template_that_differs_from_the_approved_one_voids_the_approval(
    house: House, changes: dict[str, Any], words: str
):
    assert words in await voided(house, a_template(**changes))


async def test_a_template_that_is_gone_voids_the_approval(house: House):
    assert await voided(house, None) == "The template is gone at Meta."


async def test_a_quality_rating_is_no_change(house: House):
    campaign = await house.approved()

    await house.launch(campaign, a_template(quality="YELLOW"))

    assert (await house.campaign(campaign.id)).state is CampaignState.SENDING


async def test_rows_that_were_tampered_with_are_found_before_the_launch(house: House):
    campaign = await house.approved()
    sound = await house.read(lambda tx: launching.verify_rows(tx, campaign.id))

    # Behind the port's back, as somebody with a database shell would.
    tamper = "UPDATE recipients SET address = '+447700900999'"
    await house.write(lambda tx: tx.recipients._connection.execute(tamper).rowcount)

    assert sound is None
    found = await house.read(lambda tx: launching.verify_rows(tx, campaign.id))
    assert found == "The recipients no longer match the approved digest."


async def erase(house: House, n: int) -> int:
    person = await house.read(lambda tx: tx.people.find(a_phone(n)))
    assert person is not None
    await house.write(lambda tx: tx.people.erase(person.id, house.now))
    return person.id


async def tampered(house: House, campaign: Campaign, sql: str) -> str | None:
    """Say what the check finds after somebody with a database shell was there."""
    await house.write(lambda tx: tx.recipients._connection.execute(sql).rowcount)
    return await house.read(lambda tx: launching.verify_rows(tx, campaign.id))


async def test_who_is_erased_leaves_the_approval_to_everybody_else(house: House):
    campaign = await house.approved(4, scheduled_at=later(24))
    gone = [await erase(house, n) for n in (2, 4)]
    house.pass_time(DAY)

    found = await house.read(lambda tx: launching.verify_rows(tx, campaign.id))
    await house.launch(campaign, campaign.template)

    marked = await house.mark(await house.campaign(campaign.id))
    rows = await house.rows(campaign)
    assert found is None
    assert {row.person_id for row in rows if row.dispatch is Dispatch.SKIPPED} == set(gone)
    assert len(marked.go) == 2


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE recipients SET address = '+447700900999' WHERE id = 1",
        "UPDATE recipients SET parameters = x'5b5d' WHERE id = 1",
        "UPDATE recipients SET parameters = x'5b5d', address = '' WHERE id = 1",
        "UPDATE recipients SET identity = '447700900999' WHERE id = 1",
        "UPDATE recipients SET seal = NULL WHERE id = 1",
        "UPDATE recipients SET seal = (SELECT seal FROM recipients WHERE id = 3) WHERE id = 1",
        "DELETE FROM recipients WHERE id = 1",
        # The row of somebody erased, brought to life again.
        "UPDATE recipients SET address = '+447700900999' WHERE id = 2",
        "UPDATE recipients SET parameters = x'5b315d' WHERE id = 2",
        "UPDATE recipients SET seal = NULL WHERE id = 2",
        "DELETE FROM recipients WHERE id = 2",
        # Somebody passed off as erased.
        "UPDATE recipients SET address = '', parameters = x'5b5d', seal = zeroblob(32) WHERE id = 3",
    ],
)
async def test_beside_somebody_erased_any_tampering_is_found(house: House, sql: str):
    campaign = await house.approved(3)
    await erase(house, 2)

    assert await tampered(house, campaign, sql) == "The recipients no longer match the approved digest."


async def test_what_stays_of_an_erased_row_does_not_tell_whose_it_was(house: House):
    """Whoever knows everything but one number, and the digest, cannot try numbers until one fits."""
    campaign = await house.approved(3)
    rows = await frozen(house, campaign)
    await erase(house, 2)
    kept = await frozen(house, campaign)

    assert campaign.plan is not None
    assert chain_all(EMPTY_CHAIN, rows) == chain_all(EMPTY_CHAIN, kept) == campaign.plan.chain
    identity, address, parameters, seal = rows[1]
    assert seal not in kept[1]
    for known in (None, b"", kept[1][3], kept[0][3]):
        guessed = [kept[0], (identity, address, parameters, known), kept[2]]
        assert chain_all(EMPTY_CHAIN, guessed) != campaign.plan.chain
    assert len({row[3] for row in rows}) == 3


async def frozen(house: House, campaign: Campaign) -> list[Link]:
    sql = "SELECT identity, address, parameters, seal FROM recipients WHERE campaign_id = ? ORDER BY id"
    return await house.read(lambda tx: [tuple(row) for row in tx.recipients._connection.execute(sql, (campaign.id,))])


async def test_an_offer_that_would_end_before_the_messages_do_is_not_launched(house: House):
    ends = later(30)
    campaign = await house.approved(offer_ends_at=ends, scheduled_at=later(6))
    house.clock.instant = later(6) + 1

    await house.launch(campaign, campaign.template)

    after = await house.campaign(campaign.id)
    assert after.state is CampaignState.CHANGES_REQUESTED
    assert "last safe launch is over" in (after.reason or "")


async def test_the_last_safe_instant_still_launches(house: House):
    campaign = await house.approved(offer_ends_at=later(30), scheduled_at=later(6))
    house.clock.instant = later(6)

    await house.launch(campaign, campaign.template)

    assert (await house.campaign(campaign.id)).state is CampaignState.SENDING


async def test_another_lifetime_is_first_set_on_the_template(house: House):
    campaign = await house.approved(ttl_seconds=43_200)

    asked = await house.launch(campaign, campaign.template)
    waiting = await house.campaign(campaign.id)
    await house.launch(campaign, a_template(ttl_seconds=43_200))

    assert asked == Check(Step.SET_TTL, 43_200)
    assert waiting.state is CampaignState.APPROVED
    assert (await house.campaign(campaign.id)).state is CampaignState.SENDING


async def test_a_lapsed_offer_costs_no_edit_of_the_template(house: House):
    campaign = await house.approved(ttl_seconds=43_200, offer_ends_at=later(20))
    house.clock.instant = later(9)

    check = await house.launch(campaign, campaign.template)

    assert check.step is Step.DONE
    assert (await house.campaign(campaign.id)).state is CampaignState.CHANGES_REQUESTED


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([0.5], Step.DONE),
        ([1.01], Step.SET_TTL),
        ([2 + n for n in range(10)], Step.DONE),
        ([2 + n for n in range(9)] + [31], Step.SET_TTL),
    ],
)
async def test_metas_quota_of_edits_is_kept(house: House, edits: list[float], expected: Step):
    campaign = await house.approved(ttl_seconds=43_200)
    for days in edits:
        await house.write(lambda tx, ago=days: tx.templates.record_edit("900100", DAY_SECONDS, later(days=-ago)))

    check = await house.launch(campaign, campaign.template)

    assert check.step is expected
    state = CampaignState.APPROVED if expected is Step.SET_TTL else CampaignState.CHANGES_REQUESTED
    assert (await house.campaign(campaign.id)).state is state


async def test_a_lifetime_is_not_changed_under_a_campaign_that_sends_on_the_template(house: House):
    other = await house.sending(token="AAAA")
    campaign = await house.approve(await house.plan(await house.submitted(token="BBBB", ttl_seconds=43_200)))

    first = await house.launch(campaign, campaign.template)
    again = await house.launch(campaign, campaign.template)
    await house.mark(other)

    assert first.step is again.step is Step.WAIT
    assert (await house.campaign(campaign.id)).state is CampaignState.APPROVED
    assert (
        sum("Waiting: *Spring offer* (`AAAA`) is sending on this template" in text for text in await house.said()) == 1
    )


async def test_the_same_lifetime_needs_no_edit_and_no_waiting(house: House):
    await house.sending(token="AAAA")
    campaign = await house.approve(await house.plan(await house.submitted(token="BBBB", ttl_seconds=DAY_SECONDS)))

    await house.launch(campaign, campaign.template)

    assert (await house.campaign(campaign.id)).state is CampaignState.SENDING


async def test_campaigns_are_due_at_their_time_the_longest_approved_first(house: House):
    second = await house.planned(token="SECND")
    first = await house.approve(await house.plan(await house.submitted(token="FIRST")))
    house.pass_time(MINUTE)
    scheduled = await house.approve(await house.plan(await house.submitted(token="LATER", scheduled_at=later(1))))
    house.pass_time(MINUTE)
    await house.approve(second)

    now_due = await house.read(lambda tx: launching.due(tx, house.now))
    later_due = await house.read(lambda tx: launching.due(tx, later(1)))

    assert [campaign.token for campaign in now_due] == ["FIRST", "SECND"]
    assert [campaign.token for campaign in later_due] == ["FIRST", "LATER", "SECND"]
    assert (first.state, scheduled.state) == (CampaignState.APPROVED, CampaignState.SCHEDULED)


def dormant(**changes: Any) -> Template:
    return a_template(last_updated_at=later(days=-8), **changes)


async def test_a_template_idle_for_more_than_a_week_gets_one_message_and_a_wait(house: House):
    campaign = await house.sending(template=dormant())

    await house.write(lambda tx: launching.hold_after_wakeup(tx, campaign.id, house.now))
    held = await house.campaign(campaign.id)
    house.pass_time(MINUTE)
    await house.write(lambda tx: launching.hold_after_wakeup(tx, campaign.id, house.now))

    assert held.hold_until == later(1 / 6)
    assert (await house.campaign(campaign.id)).hold_until == held.hold_until
    assert sum("one message woke it" in text for text in await house.said()) == 1


async def test_a_template_in_use_needs_no_wake_up(house: House):
    campaign = await house.sending()

    await house.write(lambda tx: launching.hold_after_wakeup(tx, campaign.id, house.now))

    assert (await house.campaign(campaign.id)).hold_until is None


async def test_an_operator_who_waits_zero_seconds_gets_no_wake_up(house: House):
    house.policy = replace(house.policy, template_wait_seconds=0)
    campaign = await house.sending(template=dormant())

    await house.write(lambda tx: launching.hold_after_wakeup(tx, campaign.id, house.now))

    assert (await house.campaign(campaign.id)).hold_until is None


async def resumable(house: House, campaign: Campaign, template: Template | None) -> str | None:
    return await house.read(lambda tx: launching.resume_check(tx, campaign.id, template))


async def test_a_campaign_resumes_only_on_the_template_that_was_approved(house: House):
    campaign = await house.sending(ttl_seconds=DAY_SECONDS)

    assert await resumable(house, campaign, campaign.template) is None
    assert "gone" in (await resumable(house, campaign, None) or "")
    assert "paused" in (await resumable(house, campaign, a_template(status="PAUSED")) or "")
    assert "lifetime" in (await resumable(house, campaign, a_template(ttl_seconds=43_200)) or "")


def test_a_dormant_week_is_counted_from_the_last_use_or_change():
    template = a_template(last_updated_at=later(days=-30), last_used_at=later(days=-6))

    assert not template.is_dormant(later())
    assert template.is_dormant(later(days=2))


# Late launches.


@pytest.mark.parametrize("spec", [{}, {"scheduled_at": later(1)}])
async def test_a_launch_up_to_an_hour_late_starts_by_itself(house: House, spec: dict[str, Any]):
    campaign = await house.approved(**spec)
    house.clock.instant = (spec.get("scheduled_at") or house.now) + HOUR

    await house.launch(campaign, campaign.template)

    assert (await house.campaign(campaign.id)).state is CampaignState.SENDING


@pytest.mark.parametrize(
    ("spec", "state"), [({}, CampaignState.APPROVED), ({"scheduled_at": later(1)}, CampaignState.SCHEDULED)]
)
async def test_a_launch_more_than_an_hour_late_is_held_and_an_approver_is_asked(
    house: House, spec: dict[str, Any], state: CampaignState
):
    campaign = await house.approved(**spec)
    house.clock.instant = (spec.get("scheduled_at") or house.now) + 17 * HOUR

    await house.launch(campaign, campaign.template)

    held = await house.campaign(campaign.id)
    notices = await house.read(lambda tx: [one for _, one in tx.notices.waiting(100) if "17 hours late" in one.text])
    assert (held.state, held.is_held, held.started_at) == (state, True, None)
    assert [one.channel for one in notices] == [None, "C0APPROVALS"]
    assert all(f"/campaign resume {campaign.token}" in one.text for one in notices)
    assert await house.read(lambda tx: launching.due(tx, house.now)) == []
    assert (await house.audit())[-1].action == "held_late"


async def test_what_was_held_starts_once_an_approver_lets_it(house: House):
    campaign = await house.approved()
    house.pass_time(17 * HOUR)
    await house.launch(campaign, campaign.template)

    let = await house.write(lambda tx: approving.let_start(tx, campaign.id, DORA, house.now))
    [due] = await house.read(lambda tx: launching.due(tx, house.now))
    await house.launch(due, campaign.template)

    started = await house.campaign(campaign.id)
    assert (let.is_held, let.approved_by, let.approved_at) == (False, DORA.user, house.now)
    assert started.state is CampaignState.SENDING
    assert "<@U0DORA> lets it start now." in await house.said()


async def test_what_somebody_let_start_is_checked_like_any_launch(house: House):
    campaign = await house.approved()
    house.pass_time(17 * HOUR)
    await house.launch(campaign, campaign.template)
    await house.write(lambda tx: approving.let_start(tx, campaign.id, DORA, house.now))

    await house.launch(campaign, a_template(components=({"type": "BODY", "text": "Other {{1}}"},)))

    assert (await house.campaign(campaign.id)).state is CampaignState.CHANGES_REQUESTED


@pytest.mark.parametrize("actor", [ANA, CARLA, replace(ANA, roles=frozenset(Role))])
async def test_only_an_approver_who_is_not_its_author_lets_a_campaign_start(house: House, actor: Actor):
    campaign = await house.approved()
    house.pass_time(17 * HOUR)
    await house.launch(campaign, campaign.template)

    with pytest.raises(NotAllowedError):
        await house.write(lambda tx: approving.let_start(tx, campaign.id, actor, house.now))

    assert (await house.campaign(campaign.id)).is_held


async def test_a_campaign_that_is_not_held_needs_nobody_to_let_it_start(house: House):
    campaign = await house.approved()

    with pytest.raises(ConflictError, match="does not wait for somebody to start it"):
        await house.write(lambda tx: approving.let_start(tx, campaign.id, DORA, house.now))


async def test_a_campaign_that_waits_for_another_one_is_asked_about_once_it_could_start(house: House):
    other = await house.sending(token="AAAA")
    campaign = await house.approve(await house.plan(await house.submitted(token="BBBB", ttl_seconds=43_200)))
    house.pass_time(5 * HOUR)
    waiting = await house.launch(campaign, campaign.template)
    await house.write(lambda tx: controlling.cancel(tx, other.id, ANA, house.now))

    await house.launch(campaign, campaign.template)

    assert waiting.step is Step.WAIT
    assert (await house.campaign(campaign.id)).is_held
