"""The book of messages: frozen, claimed, loaded, saved; found again by whatever names them."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.campaign import Campaign, CampaignId
from bot.domain.consent import Facts, FrequencyCap, Standing
from bot.domain.errors import ConflictError, FencedError
from bot.domain.instants import DAY, Millis
from bot.domain.message import Dispatch, Recipient, Route
from bot.domain.plan import EMPTY_CHAIN, chain
from bot.ports.recipients import Fence
from bot.ports.storage import Storage, Transaction
from tests.builders import NOW, NUMBER, a_planned, a_stop, add_campaign, add_people, add_plan, later

D = Dispatch


def _messages(tx: Transaction, campaign: Campaign) -> list[Recipient]:
    return [row.recipient for row in tx.recipients.rows(campaign.id)]


def _planned(tx: Transaction, count: int = 1, *, token: str = "7Q2K", first: int = 1, **spec: Any) -> list[Recipient]:
    campaign = add_campaign(tx, token=token, **spec)
    add_plan(tx, campaign, count, first=first)
    return _messages(tx, campaign)


def _fence(tx: Transaction, holder: str = "worker") -> Fence:
    fence = tx.leases.take("number", holder, NOW, 60_000)
    assert fence is not None
    return fence


def _set(tx: Transaction, message: Recipient, **changes: Any) -> Recipient:
    after = replace(message, **changes)
    tx.recipients.save([(message, after)])
    return after


def _accept(tx: Transaction, message: Recipient, at: Millis = NOW, **changes: Any) -> Recipient:
    changes = {"dispatch": D.ACCEPTED, "wamid": f"wamid.{message.id}", "accepted_at": at, **changes}
    return _set(tx, message, **changes)


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
        rows = [a_planned(n, person_id=one) for n, one in enumerate(add_people(tx, 3), 1)]
        empty = tx.recipients.chain(campaign.id)
        tx.recipients.add(campaign.id, rows)
        return empty, rows, tx.recipients.chain(campaign.id)

    empty, rows, found = await storage.write(work)

    wanted = EMPTY_CHAIN
    for row in rows:
        wanted = chain(wanted, row.identity, row.address, row.parameters)
    assert (empty, found) == (EMPTY_CHAIN, wanted)


async def test_a_plan_nothing_was_sent_of_can_be_discarded_and_made_anew(storage: Storage):
    def work(tx: Transaction):
        campaign = add_campaign(tx)
        one = add_people(tx, 1)[0]
        row = a_planned(1, person_id=one, links=(("tok1", 0, "https://example.com/"),))
        tx.recipients.add(campaign.id, [row])
        tx.recipients.discard(campaign.id)
        after = (tx.campaigns.tallies(campaign.id), _messages(tx, campaign), tx.links.hit("tok1", NOW))
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
        message = _planned(tx, 2)[0]
        _set(tx, message, **left)
        return CampaignId(message.campaign_id)

    campaign_id = await storage.write(work)

    with pytest.raises(ConflictError, match="1 of its messages"):
        await storage.write(lambda tx: tx.recipients.discard(campaign_id))
    assert (await storage.read(lambda tx: tx.campaigns.tallies(campaign_id)))["planned"] == 2


async def test_a_saved_message_comes_back_whole_and_moves_its_counters(storage: Storage):
    message = await storage.write(lambda tx: _planned(tx)[0])
    after = replace(
        message,
        dispatch=D.ACCEPTED, wamid="wamid.1", accepted_at=later(1), sending_at=NOW, tries=2,
        route=Route.MM, free=True, held_at=later(1), sent_at=later(2), read_at=later(3),
        clicked_at=later(4), not_before=NOW, code=5, reason="r",
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
    one, two = await storage.write(lambda tx: _planned(tx, 2))
    await storage.write(lambda tx: _set(tx, two, dispatch=D.LAPSED))
    stale = [(row, replace(row, dispatch=D.SKIPPED, reason="stopped")) for row in (one, two)]

    with pytest.raises(ConflictError, match="1 of 2 messages"):
        await storage.write(lambda tx: tx.recipients.save(stale))

    tallies = await storage.read(lambda tx: tx.campaigns.tallies(CampaignId(one.campaign_id)))
    assert await storage.read(lambda tx: tx.recipients.get(one.id)) == one
    assert tallies == {"planned": 2, "waiting": 1, "lapsed": 1}


async def test_a_click_in_between_is_not_overwritten_by_an_older_look(storage: Storage):
    message = await storage.write(lambda tx: _planned(tx)[0])
    await storage.write(lambda tx: _set(tx, message, clicked_at=NOW))

    with pytest.raises(ConflictError):
        await storage.write(lambda tx: _set(tx, message, dispatch=D.SENDING, sending_at=NOW))


async def test_claims_take_what_is_due_oldest_first_and_nobody_twice(storage: Storage):
    def work(tx: Transaction):
        rows = _planned(tx, 4)
        _set(tx, rows[0], not_before=later(1))
        campaign_id, fence = CampaignId(rows[0].campaign_id), _fence(tx)
        first = tx.recipients.claim(campaign_id, 2, fence, NOW)
        second = tx.recipients.claim(campaign_id, 2, fence, NOW)
        third = tx.recipients.claim(campaign_id, 2, fence, later(1))
        return [row.id for row in rows], [[row.id for row in claimed] for claimed in (first, second, third)]

    ids, claimed = await storage.write(work)

    assert claimed == [[ids[1], ids[2]], [ids[3]], [ids[0]]]


async def test_released_claims_can_be_claimed_again_and_nothing_else_is_released(storage: Storage):
    def work(tx: Transaction):
        one, two = _planned(tx, 2)
        campaign_id, fence = CampaignId(one.campaign_id), _fence(tx)
        claimed = tx.recipients.claim(campaign_id, 2, fence, NOW)
        _set(tx, claimed[1], dispatch=D.SENDING, sending_at=NOW)
        tx.recipients.release([one.id, two.id])
        return one, tx.recipients.claim(campaign_id, 5, fence, NOW), tx.campaigns.recount(campaign_id)

    one, again, recount = await storage.write(work)

    assert [row.id for row in again] == [one.id]
    assert recount == {"planned": 2, "waiting": 1, "sending": 1}


async def test_nothing_is_claimed_or_saved_under_a_lost_lease(storage: Storage):
    def lose(tx: Transaction):
        message, fence = _planned(tx)[0], _fence(tx)
        assert tx.leases.take("number", "rival", later(1), 60_000) is not None
        return message, fence

    message, fence = await storage.write(lose)

    with pytest.raises(FencedError):
        await storage.write(lambda tx: tx.recipients.claim(CampaignId(message.campaign_id), 1, fence, NOW))
    with pytest.raises(FencedError):
        await storage.write(lambda tx: tx.recipients.save([(message, replace(message, dispatch=D.LAPSED))], fence))
    assert await storage.read(lambda tx: tx.recipients.get(message.id)) == message


async def test_the_last_look_sees_the_person_as_they_stand_now(storage: Storage):
    message = await storage.write(lambda tx: _planned(tx)[0])
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
        earlier = _planned(tx, token="AAAA")[0]
        _set(tx, earlier, **left)
        campaign = add_campaign(tx, token="BBBB")
        tx.recipients.add(campaign.id, [a_planned(1, person_id=earlier.person_id)])
        ids = [message.id for message in _messages(tx, campaign)]
        return tx.recipients.load(ids, FrequencyCap(1, 7 * DAY), NOW)

    claims = await storage.write(work)

    assert [claim.facts.is_capped for claim in claims] == [is_capped]


async def test_the_cap_never_counts_the_campaign_itself(storage: Storage):
    def work(tx: Transaction):
        message = _accept(tx, _planned(tx)[0])
        return tx.recipients.load([message.id], FrequencyCap(1, 7 * DAY), NOW)

    claims = await storage.write(work)

    assert not claims[0].facts.is_capped


async def test_an_earlier_attempt_is_known_but_not_found(storage: Storage):
    def work(tx: Transaction):
        message = _accept(tx, _planned(tx)[0], failed_at=NOW, code=131049)
        tx.recipients.archive_attempt(message)
        tx.recipients.archive_attempt(message)
        again = Recipient(
            id=message.id,
            campaign_id=message.campaign_id,
            person_id=message.person_id,
            market=message.market,
            attempt=2,
        )
        tx.recipients.save([(message, again)])
        trial = tx.trials.add(CampaignId(message.campaign_id), NUMBER, "+447700900001", b"[]", "U0", NOW)
        tx.trials.save(replace(trial, dispatch=D.ACCEPTED, wamid="wamid.trial"))
        return message.wamid, tx.campaigns.tallies(CampaignId(message.campaign_id))

    wamid, tallies = await storage.write(work)

    asked = [wamid, "wamid.trial", "wamid.foreign"]
    assert await storage.read(lambda tx: tx.recipients.by_wamid(asked)) == {}
    assert await storage.read(lambda tx: tx.recipients.known_wamids(asked)) == {wamid, "wamid.trial"}
    assert tallies == {"planned": 1, "waiting": 1}


async def test_doubts_are_found_by_the_digits_meta_names(storage: Storage):
    def work(tx: Transaction):
        one, two, three, _four = _planned(tx, 4)
        elsewhere = _planned(tx, token="BBBB", first=1, phone_number_id="another")[0]
        for message in (one, elsewhere):
            _set(tx, message, dispatch=D.IN_DOUBT, sending_at=NOW)
        _set(tx, two, dispatch=D.SENDING, sending_at=NOW)
        _set(tx, three, dispatch=D.SENDING, sending_at=NOW)
        tx.people.learn(three.person_id, wa_id="447700900777")
        return one.id, two.id, three.id

    one, two, three = await storage.write(work)

    async def found(digits: str) -> list[int]:
        return [row.id for row in await storage.read(lambda tx: tx.recipients.in_doubt_for(NUMBER, digits))]

    assert await found("447700900001") == [one]
    assert await found("447700900002") == [two]
    assert await found("447700900777") == [three]
    assert await found("447700900004") == []


async def test_states_are_listed_by_campaign_and_number(storage: Storage):
    def work(tx: Transaction):
        one = _planned(tx, 2)
        two = _planned(tx, token="BBBB", first=5, phone_number_id="another")
        return [row.id for row in one], [row.id for row in two], CampaignId(one[0].campaign_id)

    one, two, campaign_id = await storage.write(work)

    async def ids(dispatch: Dispatch = D.PLANNED, **wanted: Any) -> list[int]:
        return [row.id for row in await storage.read(lambda tx: tx.recipients.with_dispatch(dispatch, **wanted))]

    assert await ids() == one + two
    assert await ids(campaign_id=campaign_id) == one
    assert await ids(phone_number_id="another") == two
    assert await ids(limit=1) == one[:1]
    assert await ids(D.IN_DOUBT) == []


async def test_the_next_due_row_is_the_earliest_that_waits(storage: Storage):
    def work(tx: Transaction):
        one, two = _planned(tx, 2)
        campaign_id = CampaignId(one.campaign_id)
        dues = [tx.recipients.next_due(campaign_id)]
        one = _set(tx, one, not_before=later(2))
        two = _set(tx, two, not_before=later(1))
        dues.append(tx.recipients.next_due(campaign_id))
        for message in (one, two):
            _set(tx, message, dispatch=D.LAPSED)
        return [*dues, tx.recipients.next_due(campaign_id)]

    assert await storage.write(work) == [0, later(1), None]


async def test_overdue_counts_from_sent_where_meta_said_so(storage: Storage):
    def work(tx: Transaction):
        rows = _planned(tx, 5)
        _accept(tx, rows[0], later(1))
        _accept(tx, rows[1], later(1), sent_at=later(9))
        _accept(tx, rows[2], later(1), sent_at=later(2), delivered_at=later(3))
        _accept(tx, rows[3], later(1), expired_at=later(4))
        return [row.id for row in tx.recipients.overdue(CampaignId(rows[0].campaign_id), later(5), 10)], rows[0].id

    overdue, silent = await storage.write(work)

    assert overdue == [silent]


async def test_failures_with_a_code_wait_for_their_one_further_try(storage: Storage):
    def work(tx: Transaction):
        rows = _planned(tx, 5)
        campaign_id = CampaignId(rows[0].campaign_id)
        _accept(tx, rows[0], failed_at=later(2), code=131049, attempt=2)
        _accept(tx, rows[1], failed_at=later(1), code=131049)
        _accept(tx, rows[2], failed_at=later(9), code=131049)
        _accept(tx, rows[3], failed_at=later(1), code=131026)
        _set(tx, rows[4], dispatch=D.REFUSED, sending_at=later(1), failed_at=later(3), code=131049)
        found = tx.recipients.failed_with(campaign_id, 131049, later(5), 10)
        wanted = [rows[1].id, rows[4].id, rows[0].id]
        return [row.id for row in found], wanted, tx.recipients.capped_codes_pending(campaign_id, 131049)

    found, wanted, pending = await storage.write(work)

    assert found == wanted
    assert pending == 3


async def test_people_messaged_are_counted_once_over_all_campaigns(storage: Storage):
    def work(tx: Transaction):
        one, two = _planned(tx, 2, token="AAAA")
        three = _planned(tx, token="BBBB")[0]  # the same person as the first
        for message, at in ((one, later(1)), (two, later(-30)), (three, later(2))):
            _accept(tx, message, at)
        return tx.recipients.people_messaged_since(later(-24))

    assert await storage.write(work) == 1


async def test_a_person_clicks_once_however_often_they_click(storage: Storage):
    def work(tx: Transaction):
        campaign = add_campaign(tx)
        one = add_people(tx, 1)[0]
        links = (("tok1", 0, "https://example.com/a"), ("tok2", 1, "https://example.com/b"))
        tx.recipients.add(campaign.id, [a_planned(1, person_id=one, links=links)])
        hits = [tx.links.hit(token, at) for token, at in (("tok2", later(1)), ("tok1", later(2)), ("no", later(3)))]
        owners = [tx.links.campaign_of(token) for token in ("tok1", "no")]
        return campaign.id, hits, owners, tx.campaigns.tallies(campaign.id)["clicked"], _messages(tx, campaign)

    campaign_id, hits, owners, clicked, messages = await storage.write(work)

    assert hits == ["https://example.com/b", "https://example.com/a", None]
    assert owners == [campaign_id, None]
    assert clicked == 1
    assert messages[0].clicked_at == later(1)
