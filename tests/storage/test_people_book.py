"""The book of people: importing, finding, learning, erasing."""

from bot.domain.audience import AudienceRule
from bot.domain.consent import ConsentKind, Standing
from bot.domain.plan import SEAL_BYTES
from bot.ports.people import Person
from bot.ports.storage import Storage, Transaction
from tests.builders import (
    NOW,
    NUMBER,
    a_person,
    a_phone,
    a_planned,
    a_stop,
    add_campaign,
    add_people,
    an_opt_in,
    later,
)


async def test_saving_a_person_twice_changes_nothing(storage: Storage):
    person = a_person(1, tags=frozenset({"vip"}), attributes={"city": "Leeds"})

    first = await storage.write(lambda tx: tx.people.save([person], NOW))
    before = await storage.read(lambda tx: tx.people.get(first[0].person_id))
    second = await storage.write(lambda tx: tx.people.save([person], NOW))

    assert (first[0].is_new, second[0].is_new) == (True, False)
    assert second[0].person_id == first[0].person_id
    assert await storage.read(lambda tx: tx.people.get(first[0].person_id)) == before
    assert await storage.read(lambda tx: tx.people.count()) == 1


async def test_empty_fields_leave_what_is_known_alone_and_the_rest_is_merged(storage: Storage):
    known = a_person(1, name="Ada", language="en", tags=frozenset({"VIP"}), attributes={"city": "Leeds", "size": "M"})
    update = a_person(1, name="", language="pt_BR", tags=frozenset({"spring"}), attributes={"city": "York", "size": ""})

    await storage.write(lambda tx: tx.people.save([known], NOW))
    await storage.write(lambda tx: tx.people.save([update], NOW))

    person = await storage.read(lambda tx: tx.people.find(a_phone(1)))
    assert person is not None
    assert (person.name, person.language) == ("Ada", "pt_BR")
    assert person.attributes == {"city": "York", "size": "M"}
    assert person.tags == {"vip", "spring"}
    assert await storage.read(lambda tx: tx.people.tags()) == ["spring", "vip"]


async def test_a_phone_twice_in_one_call_is_new_once_and_the_last_row_wins(storage: Storage):
    rows = [a_person(1, name="Early"), a_person(1, name="Late")]

    saved = await storage.write(lambda tx: tx.people.save(rows, NOW))

    person = await storage.read(lambda tx: tx.people.find(a_phone(1)))
    assert [one.is_new for one in saved] == [True, False]
    assert person is not None
    assert person.name == "Late"


async def test_digits_find_the_exact_phone_before_a_learnt_id_and_that_before_another_spelling(storage: Storage):
    def fill(tx: Transaction):
        exact = tx.people.save([a_person(1)], NOW)[0].person_id
        learnt = tx.people.save([a_person(2)], NOW)[0].person_id
        same_line = tx.people.save([a_person(3, identity="447700900999")], NOW)[0].person_id
        tx.people.learn(learnt, wa_id="447700900555")
        return exact, learnt, same_line

    exact, learnt, same_line = await storage.write(fill)
    digits = ["447700900001", "447700900555", "447700900999", "447700900111"]
    found = await storage.read(lambda tx: tx.people.find_many(digits))

    ids = {text: person.id for text, person in found.items()}
    assert ids == {"447700900001": exact, "447700900555": learnt, "447700900999": same_line}


async def test_an_id_that_somebody_else_holds_stays_there(storage: Storage):
    def fill(tx: Transaction):
        one, two = add_people(tx, 2)
        tx.people.learn(one, wa_id="447700900555", bsuid="GB.abc")
        tx.people.learn(two, wa_id="447700900555", bsuid="GB.abc")
        return one

    one = await storage.write(fill)

    by_bsuid = await storage.read(lambda tx: tx.people.find_bsuids(["GB.abc", "GB.nobody"]))
    by_digits = await storage.read(lambda tx: tx.people.find_many(["447700900555"]))
    assert [person.id for person in by_bsuid.values()] == [one]
    assert [person.id for person in by_digits.values()] == [one]


async def test_somebody_unknown_is_remembered_once(storage: Storage):
    def ensure(tx: Transaction, address: str) -> Person:
        return tx.people.ensure(address, identity=address.strip("+"), country="GB", market="United Kingdom", now=NOW)

    first = await storage.write(lambda tx: ensure(tx, a_phone(9)))
    again = await storage.write(lambda tx: ensure(tx, a_phone(9)))
    nameless = await storage.write(lambda tx: ensure(tx, "GB.xyz"))

    assert first == again
    assert (first.phone, first.bsuid, first.standing) == (a_phone(9), None, Standing.NONE)
    assert (nameless.phone, nameless.bsuid) == (None, "GB.xyz")


async def test_failures_are_counted_in_a_row_and_cleared(storage: Storage):
    one, two = await storage.write(lambda tx: add_people(tx, 2))

    await storage.write(lambda tx: tx.people.count_failure([one]))
    counts = await storage.write(lambda tx: tx.people.count_failure([one, two]))
    await storage.write(lambda tx: tx.people.clear_failures([one], NOW))

    assert counts == {one: 2, two: 1}
    assert await storage.write(lambda tx: tx.people.count_failure([one])) == {one: 1}


async def test_clearing_the_failures_lifts_the_suppression_that_came_of_them(storage: Storage):
    def fill(tx: Transaction):
        one, two = add_people(tx, 2)
        tx.people.count_newcomers(10)
        tx.consents.record([(each, an_opt_in(kind=ConsentKind.SUPPRESS, at=later(1))) for each in (one, two)], NOW)
        before = tx.people.suppressed_since([one, two])
        tx.people.clear_failures([one], later(2))
        return one, two, before

    one, two, before = await storage.write(fill)

    assert before == {one: later(1), two: later(1)}
    assert await storage.read(lambda tx: tx.people.suppressed_since([one, two])) == {two: later(1)}
    standings = await storage.read(lambda tx: [tx.people.get(each).standing for each in (one, two)])
    assert standings == [Standing.OPTED_IN, Standing.OPTED_IN | Standing.SUPPRESSED]
    groups = await storage.read(lambda tx: list(tx.people.groups(AudienceRule(), None, NOW)))
    assert sorted(group.facts.standing for group in groups) == standings


async def test_a_look_tells_of_whom_something_is_to_be_written_down(storage: Storage):
    def fill(tx: Transaction):
        plain, _, failing, suppressed, erased = people = add_people(tx, 5)
        for person_id in (plain, failing, suppressed):
            tx.people.learn(person_id, bsuid=f"GB.{person_id}")
        tx.people.count_failure([failing])
        tx.consents.record([(suppressed, an_opt_in(kind=ConsentKind.SUPPRESS))], NOW)
        tx.people.erase(erased, NOW)
        return people

    people = await storage.write(fill)

    _, nameless, failing, suppressed, _ = people
    for or_nameless, expected in ((False, {failing, suppressed}), (True, {nameless, failing, suppressed})):
        asked = await storage.read(lambda tx, also=or_nameless: tx.people.concerned(people, or_nameless=also))
        assert asked == expected


async def test_erasing_leaves_no_trace_of_the_person_and_every_total(storage: Storage):
    def fill(tx: Transaction):
        person = a_person(1, tags=frozenset({"vip"}), attributes={"city": "Leeds"})
        one = tx.people.save([person], NOW)[0].person_id
        tx.people.learn(one, wa_id="447700900555", bsuid="GB.abc")
        tx.consents.record([(one, an_opt_in(evidence="line 4")), (one, a_stop(wording="leave me alone"))], NOW)
        campaign = add_campaign(tx)
        planned = a_planned(1, person_id=one, links=(("tok1", 0, "https://example.com/?n=Ada"),))
        tx.recipients.add(campaign.id, [planned])
        tx.trials.add(campaign.id, NUMBER, a_phone(1), b"[]", "U0MARKETER", NOW)
        tx.quarantine.keep("not JSON", b'{"from": "447700900001"', NOW)
        tx.links.hit("tok1", NOW)
        return one, campaign.id

    one, campaign_id = await storage.write(fill)
    before = await storage.read(lambda tx: tx.campaigns.tallies(campaign_id))
    await storage.write(lambda tx: tx.people.erase(one, later(1)))
    await storage.write(lambda tx: tx.people.erase(one, later(2)))

    person = await storage.read(lambda tx: tx.people.get(one))
    history = await storage.read(lambda tx: tx.consents.history(one))
    report = await storage.read(lambda tx: list(tx.recipients.rows(campaign_id)))
    assert person is not None
    assert (person.phone, person.bsuid, person.name, person.identity) == (None, None, "", f"erased:{one}")
    assert (person.standing, person.tags, person.attributes) == (Standing.NO_ADDRESS, frozenset(), {})
    assert [(line.kind.value, line.source, line.wording, line.evidence) for line in history] == [
        ("opt_in", "web form", "", ""),
        ("stop", "message", "", ""),
        ("erase", "erasure", "", ""),
    ]
    assert report[0].address == ""
    assert await storage.write(lambda tx: tx.links.hit("tok1", NOW)) is None
    assert await storage.read(lambda tx: tx.trials.waiting(NUMBER, 5)[0].address) == ""
    assert await storage.read(lambda tx: tx.quarantine.count()) == 1
    assert await storage.read(lambda tx: tx.people.count()) == 0
    assert await storage.read(lambda tx: tx.campaigns.tallies(campaign_id)) == before
    assert await storage.read(lambda tx: tx.campaigns.recount(campaign_id)) == before


async def test_an_erased_person_who_comes_back_is_somebody_new(storage: Storage):
    one = (await storage.write(lambda tx: add_people(tx, 1)))[0]
    await storage.write(lambda tx: tx.people.erase(one, later(1)))

    back = await storage.write(lambda tx: tx.people.save([a_person(1)], later(2)))

    assert back[0].is_new
    assert back[0].person_id != one
    assert back[0].standing is Standing.NONE


async def test_a_report_that_arrives_after_erasing_does_not_bring_the_person_back(storage: Storage):
    one = (await storage.write(lambda tx: add_people(tx, 1)))[0]
    await storage.write(lambda tx: tx.people.erase(one, later(1)))

    await storage.write(lambda tx: tx.people.learn(one, wa_id="447700900001", bsuid="GB.abc"))
    await storage.write(lambda tx: tx.consents.record([(one, a_stop(at=later(2)))], later(2)))

    person = await storage.read(lambda tx: tx.people.get(one))
    assert person is not None
    assert (person.bsuid, person.standing) == (None, Standing.NO_ADDRESS)


async def test_user_ids_of_many_are_learnt_at_once_and_what_somebody_holds_is_told(storage: Storage):
    def fill(tx: Transaction):
        one, two, three, four, erased = add_people(tx, 5)
        tx.people.learn(four, bsuid="GB.four")
        tx.people.erase(erased, NOW)
        asked = {one: "GB.one", two: "GB.one", three: "GB.four", four: "GB.new", erased: "GB.gone"}
        return (one, two, three, four), tx.people.learn_bsuids(asked), tx.people.learn_bsuids({one: "GB.one"})

    (one, two, three, four), held, nothing = await storage.write(fill)

    assert held == {two: one, three: four}
    assert nothing == {}
    found = await storage.read(lambda tx: tx.people.find_bsuids(["GB.one", "GB.four", "GB.new", "GB.gone"]))
    assert {bsuid: person.id for bsuid, person in found.items()} == {"GB.one": one, "GB.four": four}


async def test_a_row_without_a_phone_is_united_with_its_person(storage: Storage):
    def fill(tx: Transaction):
        bare = tx.people.ensure("GB.abc", identity="GB.abc", country="GB", market="United Kingdom", now=NOW)
        tx.people.learn(bare.id, wa_id="447700900555")
        tx.consents.record([(bare.id, an_opt_in()), (bare.id, a_stop(wording="stop it"))], NOW)
        [one] = add_people(tx, 1)
        both, alone = add_campaign(tx), add_campaign(tx, token="BBBB")
        theirs = a_planned(2, person_id=bare.id, identity="GB.abc", address="GB.abc")
        tx.recipients.add(both.id, [a_planned(1, person_id=one), theirs])
        tx.recipients.add(alone.id, [theirs])
        chain = tx.recipients.chain(alone.id)
        tx.people.count_newcomers(10)
        tx.people.unite(one, bare.id, later(1))
        tx.people.unite(one, bare.id, later(2))
        messages = [[row.recipient.person_id for row in tx.recipients.rows(each.id)] for each in (both, alone)]
        return one, bare.id, messages, tx.recipients.chain(alone.id) == chain

    one, bare_id, messages, is_same_chain = await storage.write(fill)

    person, bare = await storage.read(lambda tx: (tx.people.get(one), tx.people.get(bare_id)))
    lines = await storage.read(lambda tx: tx.consents.history(bare_id))
    assert person is not None
    assert bare is not None
    assert (person.phone, person.bsuid, person.wa_id) == (a_phone(1), "GB.abc", "447700900555")
    assert (bare.bsuid, bare.identity, bare.standing) == (None, f"erased:{bare_id}", Standing.NO_ADDRESS)
    assert [(line.kind.value, line.source, line.wording) for line in lines] == [
        ("opt_in", "web form", ""),
        ("stop", "message", ""),
        ("erase", f"united with person {one}", ""),
    ]
    assert messages == [[one, bare_id], [one]]
    assert is_same_chain
    assert await storage.read(lambda tx: tx.people.count()) == 1


async def test_only_a_row_without_a_phone_is_united(storage: Storage):
    def fill(tx: Transaction):
        one, two = add_people(tx, 2)
        tx.people.unite(one, two, NOW)
        return two

    two = await storage.write(fill)

    person = await storage.read(lambda tx: tx.people.get(two))
    assert person is not None
    assert (person.phone, person.standing) == (a_phone(2), Standing.OPTED_IN)


async def test_erasing_keeps_the_chain_of_a_plan_and_nothing_of_the_seal(storage: Storage):
    def fill(tx: Transaction):
        ids = add_people(tx, 3)
        sealed, before_seals = add_campaign(tx), add_campaign(tx, token="BBBB")
        seals = [bytes([n]) * SEAL_BYTES for n in (1, 2, 3)]
        rows = [a_planned(n, person_id=one, seal=seals[n - 1]) for n, one in enumerate(ids, 1)]
        tx.recipients.add(sealed.id, rows)
        tx.recipients.add(before_seals.id, [row._replace(seal=None) for row in rows])
        before = [tx.recipients.chain(each.id) for each in (sealed, before_seals)]
        tx.people.erase(ids[1], later(1))
        after = [tx.recipients.chain(each.id) for each in (sealed, before_seals)]
        kept = tx.people._connection.execute("SELECT seal FROM recipients WHERE seal IS NOT NULL ORDER BY id")
        return seals, before, after, [bytes(row["seal"]) for row in kept]

    seals, before, after, kept = await storage.write(fill)

    assert before[0] == after[0]
    assert before[1] != after[1]
    assert (kept[0], kept[2]) == (seals[0], seals[2])
    assert seals[1] not in kept[1]
