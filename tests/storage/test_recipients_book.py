"""The book of messages: frozen, claimed, loaded with the facts that decide, saved with their counters."""

from typing import Any

import pytest

from bot.domain.campaign import CampaignId
from bot.domain.consent import Facts, FrequencyCap, Standing
from bot.domain.errors import ConflictError, FencedError
from bot.domain.instants import DAY
from bot.domain.message import Dispatch, Route
from bot.domain.plan import EMPTY_CHAIN, chain
from bot.ports.recipients import Fence
from bot.ports.storage import Storage, Transaction
from tests.builders import (
    NOW,
    a_planned,
    a_stop,
    accept_message,
    add_campaign,
    add_people,
    change_message,
    later,
    messages_of,
    planned_messages,
)

D = Dispatch


def _fence(tx: Transaction, holder: str = "worker") -> Fence:
    fence = tx.leases.take("number", holder, NOW, 60_000)
    assert fence is not None
    return fence


async def test_a_plan_takes_each_identity_and_each_person_once(storage: Storage):
    def work(tx: Transaction):
        campaign = add_campaign(tx)
        one, two = add_people(tx, 2)
        rows = [a_planned(1, person_id=one), a_planned(1, person_id=two), a_planned(3, person_id=one)]
        added = tx.recipients.add(campaign.id, rows)
        return added, tx.campaigns.tallies(campaign.id), tx.campaigns.recount(campaign.id)

    added, tallies, recount = await storage.write(work)

    assert added == [True, False, False]
    assert tallies == recount == {"planned": 1, "waiting": 1}


async def test_the_chain_of_the_rows_is_the_chain_of_the_plan(storage: Storage):
    def work(tx: Transaction):
        campaign = add_campaign(tx)
        seals = (b"s" * 16, b"t" * 16, None)
        rows = [a_planned(n, person_id=one, seal=seals[n - 1]) for n, one in enumerate(add_people(tx, 3), 1)]
        empty = tx.recipients.chain(campaign.id)
        tx.recipients.add(campaign.id, rows)
        return empty, rows, tx.recipients.chain(campaign.id)

    empty, rows, found = await storage.write(work)

    wanted = EMPTY_CHAIN
    for row in rows:
        wanted = chain(wanted, row.identity, row.address, row.parameters, row.seal)
    assert (empty, found) == (EMPTY_CHAIN, wanted)


async def test_a_plan_nothing_was_sent_of_can_be_discarded_and_made_anew(storage: Storage):
    def work(tx: Transaction):
        campaign = add_campaign(tx)
        one = add_people(tx, 1)[0]
        row = a_planned(1, person_id=one, links=(("tok1", 0, "https://example.com/"),))
        tx.recipients.add(campaign.id, [row])
        tx.recipients.discard(campaign.id)
        after = (tx.campaigns.tallies(campaign.id), messages_of(tx, campaign), tx.links.hit("tok1", NOW))
        return after, tx.recipients.add(campaign.id, [row])

    after, again = await storage.write(work)

    assert after == ({}, [], None)
    assert again == [True]


@pytest.mark.parametrize(
    "left",
    [
        {"dispatch": D.SENDING, "sending_at": NOW},
        {"dispatch": D.IN_DOUBT, "sending_at": NOW},
        {"dispatch": D.REFUSED, "code": 131026},
        {"dispatch": D.ACCEPTED, "wamid": "w", "accepted_at": NOW},
    ],
)
async def test_a_plan_of_which_anything_may_have_left_stays(storage: Storage, left: dict[str, Any]):
    def work(tx: Transaction):
        message = planned_messages(tx, 2)[0]
        change_message(tx, message, **left)
        return CampaignId(message.campaign_id)

    campaign_id = await storage.write(work)

    with pytest.raises(ConflictError, match="1 of its messages"):
        await storage.write(lambda tx: tx.recipients.discard(campaign_id))
    assert (await storage.read(lambda tx: tx.campaigns.tallies(campaign_id)))["planned"] == 2


async def test_a_saved_message_comes_back_whole_and_moves_its_counters(storage: Storage):
    message = await storage.write(lambda tx: planned_messages(tx)[0])
    after = message._replace(
        dispatch=D.ACCEPTED,
        wamid="wamid.1",
        accepted_at=later(1),
        sending_at=NOW,
        tries=2,
        route=Route.MM,
        free=True,
        held_at=later(1),
        sent_at=later(2),
        read_at=later(3),
        clicked_at=later(4),
        not_before=NOW,
        code=5,
        reason="r",
    )

    await storage.write(lambda tx: tx.recipients.save([(message, after)]))

    tallies = await storage.read(lambda tx: tx.campaigns.tallies(CampaignId(message.campaign_id)))
    assert await storage.read(lambda tx: tx.recipients.get(message.id)) == after
    assert tallies == {
        "planned": 1,
        "sent": 1,
        "delivery:read": 1,
        "delivered": 1,
        "read": 1,
        "clicked": 1,
        "route:mm": 1,
    }


async def test_a_row_that_changed_meanwhile_undoes_the_whole_work(storage: Storage):
    one, two = await storage.write(lambda tx: planned_messages(tx, 2))
    await storage.write(lambda tx: change_message(tx, two, dispatch=D.LAPSED))
    stale = [(row, row._replace(dispatch=D.SKIPPED, reason="stopped")) for row in (one, two)]

    with pytest.raises(ConflictError, match="1 of 2 messages"):
        await storage.write(lambda tx: tx.recipients.save(stale))

    tallies = await storage.read(lambda tx: tx.campaigns.tallies(CampaignId(one.campaign_id)))
    assert await storage.read(lambda tx: tx.recipients.get(one.id)) == one
    assert tallies == {"planned": 2, "waiting": 1, "lapsed": 1}


async def test_a_click_in_between_is_not_overwritten_by_an_older_look(storage: Storage):
    message = await storage.write(lambda tx: planned_messages(tx)[0])
    await storage.write(lambda tx: change_message(tx, message, clicked_at=NOW))

    with pytest.raises(ConflictError):
        await storage.write(lambda tx: change_message(tx, message, dispatch=D.SENDING, sending_at=NOW))


async def test_claims_take_what_is_due_oldest_first_and_nobody_twice(storage: Storage):
    def work(tx: Transaction):
        rows = planned_messages(tx, 4)
        change_message(tx, rows[0], not_before=later(1))
        campaign_id, fence = CampaignId(rows[0].campaign_id), _fence(tx)
        first = tx.recipients.claim(campaign_id, 2, fence, NOW)
        second = tx.recipients.claim(campaign_id, 2, fence, NOW)
        third = tx.recipients.claim(campaign_id, 2, fence, later(1))
        return [row.id for row in rows], [[row.id for row in claimed] for claimed in (first, second, third)]

    ids, claimed = await storage.write(work)

    assert claimed == [[ids[1], ids[2]], [ids[3]], [ids[0]]]


async def test_released_claims_can_be_claimed_again_and_nothing_else_is_released(storage: Storage):
    def work(tx: Transaction):
        one, two = planned_messages(tx, 2)
        campaign_id, fence = CampaignId(one.campaign_id), _fence(tx)
        claimed = tx.recipients.claim(campaign_id, 2, fence, NOW)
        change_message(tx, claimed[1], dispatch=D.SENDING, sending_at=NOW)
        tx.recipients.release([one.id, two.id])
        return one, tx.recipients.claim(campaign_id, 5, fence, NOW), tx.campaigns.recount(campaign_id)

    one, again, recount = await storage.write(work)

    assert [row.id for row in again] == [one.id]
    assert recount == {"planned": 2, "waiting": 1, "sending": 1}


async def test_nothing_is_claimed_or_saved_under_a_lost_lease(storage: Storage):
    def lose(tx: Transaction):
        message, fence = planned_messages(tx)[0], _fence(tx)
        assert tx.leases.take("number", "rival", later(1), 60_000) is not None
        return message, fence

    message, fence = await storage.write(lose)

    with pytest.raises(FencedError):
        await storage.write(lambda tx: tx.recipients.claim(CampaignId(message.campaign_id), 1, fence, NOW))
    with pytest.raises(FencedError):
        await storage.write(lambda tx: tx.recipients.save([(message, message._replace(dispatch=D.LAPSED))], fence))
    assert await storage.read(lambda tx: tx.recipients.get(message.id)) == message


async def test_the_last_look_sees_the_person_as_they_stand_now(storage: Storage):
    message = await storage.write(lambda tx: planned_messages(tx)[0])
    await storage.write(lambda tx: tx.consents.record([(message.person_id, a_stop())], NOW))

    claims = await storage.read(lambda tx: tx.recipients.load([message.id], None, NOW))

    assert [(claim.recipient, claim.address, claim.parameters) for claim in claims] == [
        (message, "+447700900001", b'[{"type":"body"}]')
    ]
    assert claims[0].facts == Facts(standing=Standing.OPTED_IN | Standing.STOPPED, country="GB")


@pytest.mark.parametrize(
    ("left", "is_capped"),
    [
        ({"dispatch": D.ACCEPTED, "wamid": "w", "accepted_at": later(days=-6)}, True),
        ({"dispatch": D.ACCEPTED, "wamid": "w", "accepted_at": later(days=-8)}, False),
        ({"dispatch": D.SENDING, "sending_at": NOW}, True),
        ({"dispatch": D.IN_DOUBT, "sending_at": NOW}, True),
        ({"dispatch": D.REFUSED, "sending_at": NOW, "code": 1}, False),
    ],
)
async def test_the_cap_counts_what_left_and_what_may_have_left(storage: Storage, left: dict[str, Any], is_capped: bool):
    def work(tx: Transaction):
        earlier = planned_messages(tx, token="AAAA")[0]
        change_message(tx, earlier, **left)
        campaign = add_campaign(tx, token="BBBB")
        tx.recipients.add(campaign.id, [a_planned(1, person_id=earlier.person_id)])
        ids = [message.id for message in messages_of(tx, campaign)]
        return tx.recipients.load(ids, FrequencyCap(1, 7 * DAY), NOW)

    claims = await storage.write(work)

    assert [claim.facts.is_capped for claim in claims] == [is_capped]


async def test_the_cap_never_counts_the_campaign_itself(storage: Storage):
    def work(tx: Transaction):
        message = accept_message(tx, planned_messages(tx)[0])
        return tx.recipients.load([message.id], FrequencyCap(1, 7 * DAY), NOW)

    claims = await storage.write(work)

    assert not claims[0].facts.is_capped


async def test_many_messages_changed_at_once_come_back_whole_and_move_their_counters(storage: Storage):
    def work(tx: Transaction):
        rows = planned_messages(tx, 30)
        after = [
            row._replace(dispatch=D.ACCEPTED, wamid=f"w{row.id}", accepted_at=NOW, route=Route.MM, free=row.id % 2 == 0)
            for row in rows
        ]
        tx.recipients.save(list(zip(rows, after, strict=True)))
        campaign_id = CampaignId(rows[0].campaign_id)
        stored = [row.recipient for row in tx.recipients.rows(campaign_id)]
        return stored == after, tx.campaigns.tallies(campaign_id), tx.campaigns.recount(campaign_id)

    is_same, tallies, recount = await storage.write(work)

    assert is_same
    assert tallies == recount
    assert tallies["sent"] == 30


async def test_one_stale_message_among_many_undoes_the_whole_work(storage: Storage):
    rows = await storage.write(lambda tx: planned_messages(tx, 30))
    await storage.write(lambda tx: change_message(tx, rows[7], clicked_at=NOW))

    with pytest.raises(ConflictError, match="1 of 30 messages"):
        await storage.write(lambda tx: tx.recipients.save([(row, row._replace(dispatch=D.LAPSED)) for row in rows]))

    tallies = await storage.read(lambda tx: tx.campaigns.tallies(CampaignId(rows[0].campaign_id)))
    assert tallies == {"planned": 30, "waiting": 30, "clicked": 1}


async def test_a_message_that_changes_twice_among_many_ends_as_the_last_change_says(storage: Storage):
    def work(tx: Transaction):
        rows = planned_messages(tx, 12)
        marked = [row._replace(dispatch=D.SENDING, sending_at=NOW) for row in rows]
        refused = marked[0]._replace(dispatch=D.REFUSED, code=131026)
        tx.recipients.save([*zip(rows, marked, strict=True), (marked[0], refused)])
        return tx.recipients.get(rows[0].id) == refused, tx.campaigns.tallies(CampaignId(rows[0].campaign_id))

    is_last, tallies = await storage.write(work)

    assert is_last
    assert (tallies["sending"], tallies["refused"]) == (11, 1)


async def test_links_of_a_plan_belong_to_the_messages_that_were_added(storage: Storage):
    def work(tx: Transaction):
        campaign = add_campaign(tx)
        ids = add_people(tx, 3)
        rows = [
            a_planned(n, person_id=one, links=((f"t{n}", 0, f"https://example.com/{n}"),)) for n, one in enumerate(ids)
        ]
        again = rows[0]._replace(links=(("t9", 0, "https://example.com/9"),))
        added = tx.recipients.add(campaign.id, [*rows, again])
        return added, [tx.links.hit(f"t{n}", NOW) for n in (0, 1, 2, 9)], messages_of(tx, campaign)

    added, landings, messages = await storage.write(work)

    assert added == [True, True, True, False]
    assert landings == [f"https://example.com/{n}" for n in range(3)] + [None]
    assert [message.clicked_at for message in messages] == [NOW] * 3
