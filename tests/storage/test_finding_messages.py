"""Finding messages again: by whatever names them, and by what has or has not become of them."""

from dataclasses import replace
from typing import Any

from bot.domain.campaign import CampaignId
from bot.domain.instants import Millis
from bot.domain.message import Dispatch, Recipient
from bot.ports.storage import Storage, Transaction
from tests.builders import (
    NOW,
    NUMBER,
    a_planned,
    accept_message,
    add_campaign,
    add_people,
    change_message,
    later,
    messages_of,
    planned_messages,
)

D = Dispatch


async def test_an_earlier_attempt_is_known_but_not_found(storage: Storage):
    def work(tx: Transaction):
        message = accept_message(tx, planned_messages(tx)[0], failed_at=NOW, code=131049)
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
    assert await storage.read(lambda tx: tx.recipients.people_of(asked)) == {wamid: 1, "wamid.trial": 1}
    assert await storage.read(lambda tx: tx.recipients.by_wamid(asked)) == {}
    assert await storage.read(lambda tx: tx.recipients.known_wamids(asked)) == {wamid, "wamid.trial"}
    assert tallies == {"planned": 1, "waiting": 1}


async def test_doubts_are_found_by_the_digits_meta_names(storage: Storage):
    def work(tx: Transaction):
        one, two, three, _four = planned_messages(tx, 4)
        elsewhere = planned_messages(tx, token="BBBB", first=1, phone_number_id="another")[0]
        for message in (one, elsewhere):
            change_message(tx, message, dispatch=D.IN_DOUBT, sending_at=NOW)
        change_message(tx, two, dispatch=D.SENDING, sending_at=NOW)
        change_message(tx, three, dispatch=D.SENDING, sending_at=NOW)
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
        one = planned_messages(tx, 2)
        two = planned_messages(tx, token="BBBB", first=5, phone_number_id="another")
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
        one, two = planned_messages(tx, 2)
        campaign_id = CampaignId(one.campaign_id)
        dues = [tx.recipients.next_due(campaign_id)]
        one = change_message(tx, one, not_before=later(2))
        two = change_message(tx, two, not_before=later(1))
        dues.append(tx.recipients.next_due(campaign_id))
        for message in (one, two):
            change_message(tx, message, dispatch=D.LAPSED)
        return [*dues, tx.recipients.next_due(campaign_id)]

    assert await storage.write(work) == [0, later(1), None]


async def test_overdue_counts_from_sent_where_meta_said_so(storage: Storage):
    def work(tx: Transaction):
        rows = planned_messages(tx, 5)
        accept_message(tx, rows[0], later(1))
        accept_message(tx, rows[1], later(1), sent_at=later(9))
        accept_message(tx, rows[2], later(1), sent_at=later(2), delivered_at=later(3))
        accept_message(tx, rows[3], later(1), expired_at=later(4))
        return [row.id for row in tx.recipients.overdue(CampaignId(rows[0].campaign_id), later(5), 10)], rows[0].id

    overdue, silent = await storage.write(work)

    assert overdue == [silent]


async def test_a_message_that_meta_sent_by_a_clock_behind_ours_is_overdue_all_the_same(storage: Storage):
    def work(tx: Transaction):
        rows = planned_messages(tx, 2)
        accept_message(tx, rows[0], later(5), sending_at=later(5), sent_at=Millis(later(5) - 1_000))
        accept_message(tx, rows[1], later(5), sending_at=later(5))
        return tx.recipients.overdue(CampaignId(rows[0].campaign_id), later(5), 10), rows[0].id

    overdue, behind = await storage.write(work)

    assert [row.id for row in overdue] == [behind]


async def test_failures_with_a_code_wait_for_their_one_further_try(storage: Storage):
    def work(tx: Transaction):
        rows = planned_messages(tx, 5)
        campaign_id = CampaignId(rows[0].campaign_id)
        accept_message(tx, rows[0], failed_at=later(2), code=131049, attempt=2)
        accept_message(tx, rows[1], failed_at=later(1), code=131049)
        accept_message(tx, rows[2], failed_at=later(9), code=131049)
        accept_message(tx, rows[3], failed_at=later(1), code=131026)
        change_message(tx, rows[4], dispatch=D.REFUSED, sending_at=later(1), failed_at=later(3), code=131049)
        found = tx.recipients.failed_with(campaign_id, 131049, later(5), 10)
        wanted = [rows[1].id, rows[4].id, rows[0].id]
        return [row.id for row in found], wanted, tx.recipients.capped_codes_pending(campaign_id, 131049)

    found, wanted, pending = await storage.write(work)

    assert found == wanted
    assert pending == 3


async def test_people_messaged_are_counted_once_over_all_campaigns(storage: Storage):
    def work(tx: Transaction):
        one, two = planned_messages(tx, 2, token="AAAA")
        three = planned_messages(tx, token="BBBB")[0]  # the same person as the first
        for message, at in ((one, later(1)), (two, later(-30)), (three, later(2))):
            accept_message(tx, message, at)
        return tx.recipients.people_messaged_since(later(-24))

    assert await storage.write(work) == 1


async def test_people_who_may_have_a_message_count_as_messaged(storage: Storage):
    def work(tx: Transaction):
        one, two, _ = planned_messages(tx, 3, token="AAAA")
        for message, dispatch in ((one, Dispatch.SENDING), (two, Dispatch.IN_DOUBT)):
            tx.recipients.save([(message, message._replace(dispatch=dispatch, sending_at=later(1)))])
        return tx.recipients.people_messaged_since(later(-24))

    assert await storage.write(work) == 2


async def test_a_person_clicks_once_however_often_they_click(storage: Storage):
    def work(tx: Transaction):
        campaign = add_campaign(tx)
        one = add_people(tx, 1)[0]
        links = (("tok1", 0, "https://example.com/a"), ("tok2", 1, "https://example.com/b"))
        tx.recipients.add(campaign.id, [a_planned(1, person_id=one, links=links)])
        hits = [tx.links.hit(token, at) for token, at in (("tok2", later(1)), ("tok1", later(2)), ("no", later(3)))]
        owners = [tx.links.campaign_of(token) for token in ("tok1", "no")]
        return campaign.id, hits, owners, tx.campaigns.tallies(campaign.id)["clicked"], messages_of(tx, campaign)

    campaign_id, hits, owners, clicked, messages = await storage.write(work)

    assert hits == ["https://example.com/b", "https://example.com/a", None]
    assert owners == [campaign_id, None]
    assert clicked == 1
    assert messages[0].clicked_at == later(1)
