"""Whom Meta names: a stop under a user id alone reaches the person we send to, whatever came first."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.consent import ConsentKind, Standing
from bot.domain.delivery import Status
from bot.domain.inbound import IdentityChange, Inbound, Preference, WebhookBatch
from bot.domain.instants import SECOND
from bot.domain.message import Dispatch, tracker
from bot.ports.meta import Accepted, InDoubt
from bot.ports.people import Person
from bot.ports.storage import Transaction
from bot.services import attending, reacting, rehearsing
from bot.whatsapp import webhooks
from tests.builders import NUMBER, a_person, a_phone, add_people, an_opt_in, later
from tests.services.house import ANA, House, a_policy, a_status, shown

USER_ID = "GB.9f3k"


async def absorb(house: House, **lists: list[Any]) -> None:
    await house.write(lambda tx: reacting.absorb(tx, WebhookBatch(**lists), house.policy, house.now))


async def person(house: House, n: int = 1) -> Person:
    found = await house.read(lambda tx: tx.people.find(a_phone(n)))
    assert found is not None
    return found


def arrived(wamid: str = "wamid.1", **changes: Any):
    return a_status(Status.DELIVERED, wamid, later(1), **{"recipient_user_id": USER_ID, **changes})


def says(text: str = "Stop", **changes: Any) -> Inbound:
    """Give a message of somebody with a username: no number, only the user id."""
    fields: dict[str, Any] = {"message_id": "wamid.in", "kind": "text", "at": later(2)}
    fields |= {"digits": None, "user_id": USER_ID}
    return Inbound(phone_number_id=NUMBER, text=text, **{**fields, **changes})


def switches(*, stop: bool, at: int, **changes: Any) -> Preference:
    fields: dict[str, Any] = {"digits": None, "user_id": USER_ID, **changes}
    return Preference(phone_number_id=NUMBER, is_stop=stop, at=at, **fields)


async def next_plan(house: House) -> int:
    """Say how many a further campaign would be sent to."""
    campaign = await house.plan(await house.submitted(token="BBBB"))
    return campaign.plan.recipients if campaign.plan else 0


async def test_a_status_teaches_the_user_id_and_a_stop_under_it_alone_reaches_the_person(house: House):
    await house.accepted(2)

    await absorb(house, statuses=[arrived()])
    await absorb(house, inbound=[says()])

    assert (await person(house)).bsuid == USER_ID
    assert await house.standing(1) & Standing.STOPPED
    assert await house.read(lambda tx: tx.people.count()) == 2
    assert await next_plan(house) == 1


async def test_a_stop_that_answers_our_message_reaches_the_person_it_was_sent_to(house: House):
    await house.accepted(2)

    await absorb(house, inbound=[says(context_id="wamid.1")])

    assert await house.standing(1) & Standing.STOPPED
    assert (await person(house)).bsuid == USER_ID
    assert await house.read(lambda tx: tx.people.count()) == 2


async def test_a_stop_that_answers_an_earlier_attempt_reaches_the_person(house: House):
    _, rows = await house.accepted(1)

    def send_again(tx: Transaction) -> None:
        tx.recipients.archive_attempt(rows[0])
        again = rows[0]._replace(dispatch=Dispatch.PLANNED, wamid=None, accepted_at=None, sending_at=None, attempt=2)
        tx.recipients.save([(rows[0], again)])

    await house.write(send_again)
    await absorb(house, inbound=[says(context_id="wamid.1")])

    assert await house.standing(1) & Standing.STOPPED


async def test_a_stop_that_answers_a_test_message_reaches_the_tester(house: House):
    policy = a_policy(testers=(a_phone(1),))
    campaign = await house.planned(1)
    await house.write(lambda tx: rehearsing.request(tx, shown(campaign), ANA, policy, lambda: "token", house.now))
    [going] = await house.write(lambda tx: rehearsing.mark(tx, NUMBER, 5, house.now))
    await house.write(lambda tx: tx.trials.save(replace(going, dispatch=Dispatch.ACCEPTED, wamid="wamid.test")))

    await absorb(house, inbound=[says(context_id="wamid.test")])

    assert await house.standing(1) & Standing.STOPPED


async def test_an_answer_to_a_message_that_is_not_ours_is_remembered_under_the_user_id(house: House):
    await house.accepted(1)

    await absorb(house, inbound=[says(context_id="wamid.of.others")])

    stranger = await house.read(lambda tx: tx.people.find(USER_ID))
    assert stranger is not None
    assert (stranger.phone, stranger.standing) == (None, Standing.STOPPED)
    assert await house.standing(1) == Standing.OPTED_IN


async def test_a_stop_said_before_we_knew_the_user_id_is_carried_over(house: House):
    await house.accepted(2)
    await absorb(house, inbound=[says("Stop!")])

    await absorb(house, statuses=[arrived()])

    ana = await person(house)
    lines = await house.read(lambda tx: tx.consents.history(ana.id))
    assert (ana.bsuid, ana.standing) == (USER_ID, Standing.OPTED_IN | Standing.STOPPED)
    assert [(line.kind, line.wording, line.evidence) for line in lines[1:]] == [(ConsentKind.STOP, "Stop!", "wamid.in")]
    assert await house.read(lambda tx: tx.people.count()) == 2
    assert await next_plan(house) == 1
    united = [entry for entry in await house.audit() if entry.action == "people united"]
    assert [(entry.actor, entry.subject) for entry in united] == [("arauto", f"person {ana.id}")]


async def test_a_stop_while_the_message_was_in_doubt_is_carried_over_when_the_status_heals_it(house: House):
    campaign, [row] = await house.marked(1)
    await house.settle((row, InDoubt("the answer got lost")))
    await absorb(house, inbound=[says(context_id="wamid.1")])

    await absorb(house, statuses=[arrived(tracker=tracker(campaign.token, row.id, 1))])

    assert await house.standing(1) & Standing.STOPPED


async def test_a_stop_said_before_the_answer_names_the_user_id_is_carried_over(house: House):
    _, [row] = await house.marked(1)
    await absorb(house, inbound=[says("Stop!")])

    await house.settle((row, Accepted("wamid.1", user_id=USER_ID)))

    assert (await person(house)).bsuid == USER_ID
    assert await house.standing(1) & Standing.STOPPED


async def test_a_whatsapp_stop_under_the_user_id_is_carried_over_and_lifted_under_it(house: House):
    await house.accepted(1)
    await absorb(house, preferences=[switches(stop=True, at=later(1))])
    await absorb(house, statuses=[arrived()])
    stopped = await house.standing(1)

    await absorb(house, preferences=[switches(stop=False, at=later(3))])

    assert stopped == Standing.OPTED_IN | Standing.WHATSAPP_STOPPED
    assert await house.standing(1) == Standing.OPTED_IN


async def test_what_was_said_last_holds_when_two_histories_become_one(house: House):
    """Who came back after the stop has come back, and a stop said after that is one."""
    await house.accepted(1)
    ana = await person(house)
    await absorb(house, inbound=[says(at=later(1))])
    back = {"source": "call", "wording": "yes", "actor": "U1", "now": later(2)}
    await house.write(lambda tx: attending.resume(tx, ana.id, at=later(2), **back))

    await absorb(house, statuses=[arrived()])
    came_back = await house.standing(1)
    await absorb(house, inbound=[says(at=later(3), message_id="wamid.in.2")])

    assert came_back == Standing.OPTED_IN
    assert await house.standing(1) & Standing.STOPPED


async def test_messages_to_the_user_id_become_the_person_s_and_nobody_gets_two_of_one_campaign(house: House):
    def opt_in_stranger(tx: Transaction) -> None:
        bare = tx.people.ensure(USER_ID, identity=USER_ID, country="GB", market="United Kingdom", now=house.now)
        tx.consents.record([(bare.id, an_opt_in())], house.now)

    await house.write(opt_in_stranger)
    campaign, rows = await house.accepted(1)
    bare, ana = rows[0].person_id, rows[1].person_id
    assert {row.recipient.person_id: row.address for row in await report(house, campaign)} == {
        bare: USER_ID,
        ana: a_phone(1),
    }
    other = await house.plan(await house.submitted(token="BBBB"))
    await absorb(house, statuses=[arrived("wamid.2")])

    assert {row.person_id for row in await house.rows(campaign)} == {bare, ana}
    later_plan = await house.plan(await house.submitted(token="CCCC"))
    await house.launch(await house.approve(other), other.template)
    marked = await house.mark(await house.campaign(other.id))
    assert [claim.recipient.person_id for claim in marked.go] == [ana]
    assert later_plan.plan is not None
    assert later_plan.plan.recipients == 1


async def report(house: House, campaign: Any) -> list[Any]:
    return await house.read(lambda tx: list(tx.recipients.rows(campaign.id)))


async def test_an_id_that_comes_with_a_number_on_an_inbound_message_unites_them_too(house: House):
    await house.write(lambda tx: add_people(tx, 1))
    await absorb(house, inbound=[says()])

    await absorb(house, inbound=[says("When do you open?", digits=a_phone(1)[1:], at=later(3))])

    assert (await person(house)).bsuid == USER_ID
    assert await house.standing(1) & Standing.STOPPED


async def test_a_stop_under_the_user_id_reaches_every_spelling_of_the_person_s_number(house: House):
    def two_spellings(tx: Transaction) -> list[int]:
        phones = ("+5491123456789", "+541123456789")
        saved = tx.people.save([a_person(n, phone=one, identity="541123456789") for n, one in enumerate(phones)], 0)
        tx.consents.record([(one.person_id, an_opt_in()) for one in saved], 0)
        tx.people.learn(saved[0].person_id, bsuid=USER_ID)
        return [one.person_id for one in saved]

    ids = await house.write(two_spellings)

    await absorb(house, inbound=[says()])

    found = [await house.read(lambda tx, one=one: tx.people.get(one)) for one in ids]
    assert [one.standing & Standing.STOPPED for one in found if one] == [Standing.STOPPED] * 2


async def test_a_stop_under_a_new_user_id_reaches_who_has_the_new_number_as_well(house: House):
    await house.write(lambda tx: add_people(tx, 2))
    moved = IdentityChange(
        phone_number_id=NUMBER,
        at=later(1),
        old_digits=a_phone(1)[1:],
        new_digits=a_phone(2)[1:],
        new_user_id=USER_ID,
    )

    await absorb(house, identity_changes=[moved])
    await absorb(house, inbound=[says()])

    assert await house.standing(1) & Standing.STOPPED
    assert await house.standing(2) & Standing.STOPPED


async def test_a_stop_goes_along_when_its_person_moves_to_a_number_on_record(house: House):
    await house.write(lambda tx: add_people(tx, 2))
    await absorb(house, inbound=[says(digits=a_phone(1)[1:], user_id=None)])
    moved = IdentityChange(phone_number_id=NUMBER, at=later(3), old_digits=a_phone(1)[1:], new_digits=a_phone(2)[1:])

    await absorb(house, identity_changes=[moved])

    assert await house.standing(2) & Standing.STOPPED


async def test_a_stop_that_waited_under_the_new_user_id_goes_to_who_moved_to_it(house: House):
    await house.write(lambda tx: add_people(tx, 1))
    await absorb(house, inbound=[says()])
    moved = IdentityChange(phone_number_id=NUMBER, at=later(3), old_digits=a_phone(1)[1:], new_user_id=USER_ID)

    await absorb(house, identity_changes=[moved])

    assert (await person(house)).bsuid == USER_ID
    assert await house.standing(1) & Standing.STOPPED


async def test_an_erased_person_is_not_found_by_the_message_they_answer(house: House):
    await house.accepted(1)
    erased = await person(house)
    await house.write(lambda tx: tx.people.erase(erased.id, house.now))

    await absorb(house, inbound=[says(context_id="wamid.1")], statuses=[arrived()])

    after = await house.read(lambda tx: tx.people.get(erased.id))
    assert after is not None
    assert (after.bsuid, after.standing) == (None, Standing.NO_ADDRESS)
    stranger = await house.read(lambda tx: tx.people.find(USER_ID))
    assert stranger is not None
    assert stranger.standing == Standing.STOPPED


async def test_erasing_the_person_leaves_nothing_of_what_was_carried_over(house: House):
    await house.accepted(1)
    await absorb(house, inbound=[says("STOP")])
    bare = await house.read(lambda tx: tx.people.find(USER_ID))
    await absorb(house, statuses=[arrived()])
    ana = await person(house)

    await house.write(lambda tx: tx.people.erase(ana.id, house.now))

    assert bare is not None
    lines = await house.read(lambda tx: tx.consents.history(bare.id) + tx.consents.history(ana.id))
    assert {(line.wording, line.evidence) for line in lines} == {("", "")}
    assert await house.read(lambda tx: tx.people.find(USER_ID)) is None


@pytest.mark.parametrize("statuses", [(Status.DELIVERED,), (Status.SENT, Status.DELIVERED, Status.READ)])
async def test_a_known_user_id_stays_with_its_person(house: House, statuses: tuple[Status, ...]):
    await house.accepted(2)
    await absorb(house, statuses=[arrived()])

    again = [a_status(status, "wamid.2", later(1), recipient_user_id=USER_ID) for status in statuses]
    await absorb(house, statuses=again)

    assert (await person(house)).bsuid == USER_ID
    assert (await person(house, 2)).bsuid is None


async def test_a_stop_of_who_holds_the_user_id_goes_to_whom_meta_names_by_it(house: House):
    """Two numbers of one human being: Meta says that both are the same user."""
    await house.accepted(2)
    await absorb(house, statuses=[arrived()])
    await absorb(house, inbound=[says()])

    await absorb(house, statuses=[arrived("wamid.2")])

    assert await house.standing(2) & Standing.STOPPED


async def test_a_body_that_names_one_user_id_for_two_people_gives_it_to_one(house: House):
    await house.accepted(2)

    await absorb(house, statuses=[arrived(), arrived("wamid.2")])

    holders = {(await person(house, n)).bsuid for n in (1, 2)}
    assert holders == {USER_ID, None}


def body(**value: Any) -> WebhookBatch:
    """Read a body as Meta writes it."""
    metadata = {"display_phone_number": "12025550100", "phone_number_id": NUMBER}
    changes = [{"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}]
    content = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
    return webhooks.read(json.dumps(content).encode(), waba_id="1", numbers=(NUMBER,))


async def test_a_person_whose_number_was_hidden_since_is_stopped_by_what_meta_writes(house: House):
    await house.accepted(2)
    digits, at = a_phone(1)[1:], house.now // SECOND
    known = {"profile": {"name": "Noor", "username": "noor.k"}, "user_id": USER_ID}
    status = {"id": "wamid.1", "status": "delivered", "timestamp": str(at), "recipient_id": digits}
    tap = {"type": "button", "button": {"payload": "STOP", "text": "No thanks"}, "timestamp": str(at + 60)}
    told = body(contacts=[{**known, "wa_id": digits}], statuses=[{**status, "recipient_user_id": USER_ID}])
    said = body(contacts=[known], messages=[{**tap, "id": "wamid.in", "from_user_id": USER_ID}])

    for batch in (told, said):
        await house.write(lambda tx, batch=batch: reacting.absorb(tx, batch, house.policy, house.now))

    assert await house.standing(1) & Standing.STOPPED
    assert await next_plan(house) == 1
