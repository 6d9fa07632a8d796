"""Claim, mark, finish: the last look only ever removes people, and nothing leaves that may not."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.consent import ConsentKind, FrequencyCap
from bot.domain.errors import FencedError, NotFoundError
from bot.domain.instants import DAY, MINUTE, SECOND, Millis
from bot.domain.message import Dispatch
from bot.ports.meta import Accepted, ErrorClass, InDoubt
from bot.ports.recipients import Fence
from bot.services import controlling, sending
from tests.builders import NUMBER, a_person, a_stop, later
from tests.services.house import ANA, House, refused


async def reasons(house: House, campaign: Campaign) -> list[str | None]:
    return [row.reason for row in await house.rows(campaign)]


async def test_marking_is_done_for_those_who_leave_now_and_no_others(house: House):
    campaign = await house.sending(3)

    marked = await house.mark(campaign, 2)

    assert [claim.address for claim in marked.go] == ["+447700900001", "+447700900002"]
    assert [row.sending_at for row in await house.rows(campaign)] == [house.now, house.now, None]
    assert await house.dispatches(campaign) == [Dispatch.SENDING, Dispatch.SENDING, Dispatch.PLANNED]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ConsentKind.STOP, "stopped"),
        (ConsentKind.WHATSAPP_STOP, "whatsapp_stopped"),
        (ConsentKind.SUPPRESS, "suppressed"),
    ],
)
async def test_whoever_stopped_since_the_plan_is_skipped_with_the_reason(house: House, kind: ConsentKind, reason: str):
    campaign = await house.sending(2)
    await house.write(lambda tx: tx.consents.record([(1, a_stop(kind=kind))], house.now))

    marked = await house.mark(campaign)

    assert (len(marked.go), marked.skipped) == (1, 1)
    assert await reasons(house, campaign) == [reason, None]
    assert (await house.tallies(campaign))[f"skipped:{reason}"] == 1


async def test_whoever_moved_to_an_unreachable_country_is_skipped(house: House):
    campaign = await house.sending(2)
    await house.write(lambda tx: tx.people.save([a_person(1, country="US")], house.now))

    await house.mark(campaign)

    assert await reasons(house, campaign) == ["unreachable_country", None]


async def test_whoever_was_erased_is_skipped(house: House):
    campaign = await house.sending(2)
    await house.write(lambda tx: tx.people.erase(1, house.now))

    marked = await house.mark(campaign)

    assert [claim.address for claim in marked.go] == ["+447700900002"]
    assert (await house.dispatches(campaign))[0] is Dispatch.SKIPPED


async def test_whoever_met_the_cap_through_another_campaign_is_skipped(house: House):
    house.policy = replace(house.policy, cap=FrequencyCap(1, 7 * DAY))
    first = await house.sending(2)
    second = await house.approve(await house.plan(await house.submitted(token="BBBB")))
    await house.launch(second, second.template)
    [claim] = (await house.mark(first, 1)).go
    await house.settle((claim.recipient, InDoubt("lost")))

    await house.mark(second)

    assert await reasons(house, second) == ["frequency_cap", None]


async def test_a_stop_after_the_claim_still_holds(house: House):
    campaign = await house.sending(1)
    ids, fence = await house.claim(campaign), await house.fence()
    await house.write(lambda tx: tx.consents.record([(1, a_stop())], house.now))

    marked = await house.write(lambda tx: sending.mark(tx, campaign.id, ids, fence, house.policy, house.now))

    assert (marked.go, marked.skipped) == ([], 1)


async def test_an_opt_in_since_the_plan_adds_nobody(house: House):
    await house.write(lambda tx: tx.people.save([a_person(9)], house.now))
    campaign = await house.sending(2)
    [newcomer] = await house.read(lambda tx: [tx.people.find("+447700900009")])
    assert newcomer is not None
    await house.write(lambda tx: tx.consents.record([(newcomer.id, a_stop(kind=ConsentKind.OPT_IN))], house.now))

    marked = await house.mark(campaign)

    assert "+447700900009" not in [claim.address for claim in marked.go]


async def test_past_the_last_safe_launch_a_message_lapses(house: House):
    campaign = await house.sending(2, offer_ends_at=later(25))
    await house.mark(campaign, 1)
    house.clock.instant = later(1) + 1

    marked = await house.mark(campaign)

    assert (marked.go, marked.lapsed) == ([], 1)
    assert await house.dispatches(campaign) == [Dispatch.SENDING, Dispatch.LAPSED]


async def test_what_waits_past_the_last_safe_launch_lapses_even_while_paused(house: House):
    campaign = await house.sending(3, offer_ends_at=later(25))
    await house.write(lambda tx: controlling.pause(tx, campaign.id, ANA, house.now))
    before = await house.write(lambda tx: sending.lapse(tx, campaign.id, later(1)))

    after = await house.write(lambda tx: sending.lapse(tx, campaign.id, Millis(later(1) + 1)))

    assert (before, after) == (0, 3)
    assert (await house.tallies(campaign))["lapsed"] == 3


@pytest.mark.parametrize("change", [controlling.pause, controlling.cancel])
async def test_a_halted_campaign_gives_its_claims_back(house: House, change: Any):
    campaign = await house.sending(2)
    ids, fence = await house.claim(campaign), await house.fence()
    await house.write(lambda tx: change(tx, campaign.id, ANA, house.now))

    marked = await house.write(lambda tx: sending.mark(tx, campaign.id, ids, fence, house.policy, house.now))

    assert (marked.is_halted, marked.go) == (True, [])
    assert await house.dispatches(campaign) == [Dispatch.PLANNED] * 2


async def test_a_held_campaign_gives_its_claims_back(house: House):
    campaign = await house.sending(1)
    ids, fence = await house.claim(campaign), await house.fence()
    held = Millis(house.now + MINUTE)
    await house.write(lambda tx: tx.campaigns.change(campaign, hold_until=held))

    marked = await house.write(lambda tx: sending.mark(tx, campaign.id, ids, fence, house.policy, house.now))

    assert marked.is_halted
    assert (await house.tallies(campaign))["waiting"] == 1


async def test_a_paused_campaign_gives_nothing_to_claim(house: House):
    campaign = await house.sending(1)
    await house.write(lambda tx: controlling.pause(tx, campaign.id, ANA, house.now))

    assert await house.claim(campaign) == []


async def test_a_worker_whose_lease_is_gone_marks_nothing(house: House):
    campaign = await house.sending(1)
    ids = await house.claim(campaign)
    stale = Fence(f"number {NUMBER}", 0)

    with pytest.raises(FencedError):
        await house.write(lambda tx: sending.mark(tx, campaign.id, ids, stale, house.policy, house.now))

    assert await house.dispatches(campaign) == [Dispatch.CLAIMED]


async def test_what_a_webhook_settled_meanwhile_is_not_marked(house: House):
    campaign = await house.sending(1)
    ids, fence = await house.claim(campaign), await house.fence()
    [row] = await house.rows(campaign)
    settled = row._replace(dispatch=Dispatch.ACCEPTED, wamid="wamid.x", accepted_at=house.now)
    await house.write(lambda tx: tx.recipients.save([(row, settled)]))

    marked = await house.write(lambda tx: sending.mark(tx, campaign.id, ids, fence, house.policy, house.now))

    assert marked.go == []
    assert await house.rows(campaign) == [settled]


async def test_a_message_is_claimed_only_when_it_is_due(house: House):
    campaign, [row] = await house.marked(1)
    await house.settle((row, refused(ErrorClass.RATE, 130429)))

    early = await house.claim(campaign)
    house.pass_time(SECOND)

    assert (early, await house.claim(campaign)) == ([], [row.id])


async def test_a_number_serves_its_own_sending_campaigns_the_oldest_first(house: House):
    first = await house.sending(1, token="AAAA")
    second = await house.approve(await house.plan(await house.submitted(token="BBBB")))
    await house.launch(second, second.template)
    elsewhere = await house.plan(await house.submitted(token="CCCC", phone_number_id="2"))
    await house.launch(await house.approve(elsewhere), elsewhere.template)

    mine = await house.read(lambda tx: sending.sendable(tx, NUMBER, house.now))

    assert [campaign.id for campaign in mine] == [first.id, second.id]


async def test_a_campaign_is_sent_when_nothing_waits_and_people_in_doubt_do_not_hold_it_back(house: House):
    campaign, rows = await house.marked(2)
    await house.settle((rows[0], Accepted("wamid.1")))
    early = await house.finish(campaign)
    await house.settle((rows[1], InDoubt("lost")))

    done = await house.finish(campaign)

    assert (early.state, done.state, done.sent_at) == (CampaignState.SENDING, CampaignState.SENT, house.now)
    assert "All sent: Meta accepted 1 of 2." in await house.said()


async def test_a_paused_campaign_is_not_declared_sent(house: House):
    campaign, _ = await house.accepted(1)
    await house.write(lambda tx: controlling.pause(tx, campaign.id, ANA, house.now))

    assert (await house.finish(campaign)).state is CampaignState.PAUSED


async def test_a_campaign_that_is_gone_is_said_to_be_gone(house: House):
    with pytest.raises(NotFoundError):
        await house.write(lambda tx: sending.lapse(tx, 99, house.now))
