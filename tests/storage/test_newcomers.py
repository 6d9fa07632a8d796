"""Adding people in bulk leaves what adding them one by one would leave, on every engine."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.consent import ConsentEvent, ConsentKind, Standing
from bot.domain.instants import Millis
from bot.domain.optins import OptIn, OptIns, attributes_json
from bot.domain.phone import parse
from bot.ports.people import NewPerson, Person
from bot.ports.storage import Storage, Transaction
from storage.rows.values import to_json
from tests.builders import NOW, a_person, a_phone, a_stop, later


def an_opt_in_row(n: int, **changes: object) -> OptIn:
    opt_in = OptIn(
        line=n + 2,
        number=parse(f"+1202555{n:04}"),
        market="North America",
        name=f"Ada {n}",
        language="en",
        tags=frozenset({"spring", "vip"}),
        attributes={"city": "Leeds"},
        opted_in_at=later(-1),
        source="web form",
        wording="Yes, write to me",
    )
    return opt_in._replace(**changes)


def add(tx: Transaction, *opt_ins: OptIn) -> None:
    tx.people.add(OptIns.of(opt_ins), evidence="import 7", actor="cli", now=NOW)


def found(tx: Transaction, opt_in: OptIn) -> tuple[Person, list[ConsentEvent]]:
    person = tx.people.find(opt_in.number.e164)
    assert person is not None
    return person, tx.consents.history(person.id)


def one_by_one(tx: Transaction, opt_in: OptIn) -> None:
    """Save somebody as a person on record is saved, and record the consent apart."""
    e164, region, identity = opt_in.number
    person = NewPerson(
        phone=e164,
        identity=identity,
        country=region,
        market=opt_in.market,
        name=opt_in.name,
        language=opt_in.language,
        attributes=opt_in.attributes,
        tags=opt_in.tags,
    )
    said = ConsentEvent(
        kind=ConsentKind.OPT_IN,
        at=NOW if opt_in.opted_in_at is None else opt_in.opted_in_at,
        source=opt_in.source,
        wording=opt_in.wording,
        evidence=f"import 7, line {opt_in.line}",
        actor="cli",
    )
    tx.consents.record([(tx.people.save([person], NOW)[0].person_id, said)], NOW)


async def test_a_newcomer_stands_with_their_consent_and_its_evidence(storage: Storage):
    ada = an_opt_in_row(1)

    await storage.write(lambda tx: add(tx, ada))
    person, history = await storage.read(lambda tx: found(tx, ada))

    assert (person.phone, person.country, person.market, person.identity) == (
        "+12025550001",
        "US",
        "North America",
        "12025550001",
    )
    assert (person.standing, person.opted_in_at) == (Standing.OPTED_IN, later(-1))
    assert (person.tags, person.attributes) == ({"spring", "vip"}, {"city": "Leeds"})
    assert [(line.kind, line.at, line.evidence, line.actor) for line in history] == [
        (ConsentKind.OPT_IN, later(-1), "import 7, line 3", "cli")
    ]


async def test_an_opt_in_without_a_time_was_given_now(storage: Storage):
    ada = an_opt_in_row(1, opted_in_at=None)

    await storage.write(lambda tx: add(tx, ada))
    person, history = await storage.read(lambda tx: found(tx, ada))

    assert (person.opted_in_at, history[0].at) == (NOW, NOW)


async def test_newcomers_and_people_saved_later_have_ids_of_their_own(storage: Storage):
    def work(tx: Transaction) -> list[int]:
        before = tx.people.save([a_person(1)], NOW)[0].person_id
        add(tx, an_opt_in_row(1), an_opt_in_row(2))
        after = tx.people.save([a_person(2)], NOW)[0].person_id
        newcomers = [found(tx, an_opt_in_row(n))[0].id for n in (1, 2)]
        return [before, *newcomers, after]

    ids = await storage.write(work)

    assert ids == sorted(set(ids))


async def test_a_newcomer_may_stop_and_be_saved_again_like_anybody(storage: Storage):
    ada = an_opt_in_row(1)

    def work(tx: Transaction) -> Standing:
        add(tx, ada)
        one_by_one(tx, ada._replace(name="", tags=frozenset({"autumn"}), line=9))
        person, _ = found(tx, ada)
        tx.consents.record([(person.id, a_stop())], NOW)
        return found(tx, ada)[0].standing

    standing = await storage.write(work)
    person, history = await storage.read(lambda tx: found(tx, ada))

    assert standing == Standing.OPTED_IN | Standing.STOPPED
    assert (person.name, person.tags) == ("Ada 1", {"autumn", "spring", "vip"})
    assert [line.kind for line in history] == [ConsentKind.OPT_IN, ConsentKind.STOP]


@pytest.mark.parametrize(
    ("on_record", "asked", "is_known"),
    [
        ("+5491123456789", "+5491123456789", True),
        ("+5491123456789", "+541123456789", True),
        ("+541123456789", "+5491123456789", True),
        ("+541123456789", "+541123456780", False),
        ("+12025550001", "+12025550001", True),
        ("+12025550001", "+12025550002", False),
    ],
)
async def test_a_number_is_known_by_any_of_its_spellings(storage: Storage, on_record: str, asked: str, is_known: bool):
    await storage.write(lambda tx: add(tx, an_opt_in_row(1, number=parse(on_record))))
    opt_ins = OptIns.of([an_opt_in_row(9), an_opt_in_row(1, number=parse(asked))])

    knows = await storage.read(lambda tx: tx.people.knows_any(opt_ins))
    found = await storage.read(lambda tx: tx.people.find_many([asked[1:]]))

    assert (knows, bool(found)) == (is_known, is_known)


async def test_a_number_is_known_by_the_id_that_meta_uses_for_somebody(storage: Storage):
    def work(tx: Transaction) -> bool:
        add(tx, an_opt_in_row(1))
        tx.people.learn(found(tx, an_opt_in_row(1))[0].id, wa_id="12025559999")
        return tx.people.knows_any(OptIns.of([an_opt_in_row(1, number=parse("+12025559999"))]))

    assert await storage.write(work)


async def test_people_without_tags_among_others_get_none(storage: Storage):
    bare, tagged = an_opt_in_row(1, tags=frozenset(), attributes={}), an_opt_in_row(2)

    await storage.write(lambda tx: add(tx, bare, tagged))
    people = await storage.read(lambda tx: tx.people.find_many(["12025550001", "12025550002"]))

    assert [person.tags for _, person in sorted(people.items())] == [frozenset(), {"spring", "vip"}]
    assert await storage.read(lambda tx: tx.people.tags()) == ["spring", "vip"]


async def test_a_batch_that_fails_leaves_nobody_behind(storage: Storage):
    def twice(tx: Transaction) -> None:
        add(tx, an_opt_in_row(1))
        add(tx, an_opt_in_row(2), an_opt_in_row(1))

    failed = False
    try:
        await storage.write(twice)
    except Exception:  # noqa: BLE001 - each engine says it in its own way
        failed = True

    assert failed
    assert await storage.read(lambda tx: tx.people.count()) == 0
    await storage.write(lambda tx: add(tx, an_opt_in_row(1)))
    assert await storage.read(lambda tx: tx.people.count()) == 1


async def test_a_person_found_by_phone_carries_their_own_tags(storage: Storage):
    def work(tx: Transaction) -> dict[str, Person]:
        tx.people.save([a_person(n, tags=frozenset({f"t{n}", "all"})) for n in range(1, 4)], NOW)
        return tx.people.find_many([a_phone(n)[1:] for n in range(1, 4)])

    people = await storage.write(work)

    assert {person.name: person.tags for person in people.values()} == {
        f"Ada {n}": {f"t{n}", "all"} for n in range(1, 4)
    }


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
OPT_INS = st.lists(
    st.builds(
        an_opt_in_row,
        st.integers(0, 9_999),
        name=TEXTS,
        language=st.sampled_from(["", "en", "pt_BR"]),
        tags=st.frozensets(st.sampled_from(["vip", "spring", "ß", 'a"b', "black friday"])),
        attributes=st.dictionaries(TEXTS.filter(bool), TEXTS.filter(bool), max_size=3),
        opted_in_at=st.sampled_from([None, NOW, later(-24)]),
        wording=TEXTS,
    ),
    max_size=8,
    unique_by=lambda opt_in: opt_in.number.e164,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OPT_INS)
async def test_in_bulk_people_are_what_they_would_be_one_by_one(storage: Storage, opt_ins: list[OptIn]):
    others = [one._replace(number=parse(f"+1212{one.number.e164[5:]}")) for one in opt_ins]

    def work(tx: Transaction) -> list[tuple[object, ...]]:
        add(tx, *opt_ins)
        for other in others:
            one_by_one(tx, other)
        pairs = [(found(tx, one), found(tx, other)) for one, other in zip(opt_ins, others, strict=True)]
        for one, other in pairs:
            tx.people.erase(one[0].id, Millis(NOW + 1))
            tx.people.erase(other[0].id, Millis(NOW + 1))
        return [(_facts(*one), _facts(*other)) for one, other in pairs]

    for one, other in await storage.write(work):
        assert one == other


def _facts(person: Person, history: list[ConsentEvent]) -> tuple[object, ...]:
    return (
        *(person.country, person.market, person.name, person.language, person.attributes, person.tags),
        *(person.standing, person.opted_in_at, person.failures, history),
    )


@given(st.dictionaries(st.text(), st.text(), max_size=4))
def test_attributes_are_written_as_any_other_json(attributes: dict[str, str]):
    assert attributes_json(attributes) == to_json(attributes)
