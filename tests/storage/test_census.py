"""Counting people by cells: what an older database gets, who is counted when, and who is looked at one by one."""

import sqlite3

import pytest

from bot.domain.audience import AudienceRule, Group, waterfall
from bot.domain.consent import Exclusion, FrequencyCap
from bot.domain.instants import DAY
from bot.domain.phone import mask
from bot.ports.storage import Storage, Transaction
from storage import migrate, open_storage
from storage.schema import STEP_NAMES
from tests.builders import (
    NOW,
    TestClock,
    a_person,
    a_phone,
    a_stop,
    accept_message,
    add_campaign,
    add_people,
    add_plan,
    an_opt_in,
    later,
    messages_of,
)
from tests.postgres_server import execute

CAP = FrequencyCap(1, 7 * DAY)


def _fill(tx: Transaction) -> None:
    """Eight people: one stopped, one erased, one a duplicate, three messaged at different times, two tagged."""
    campaign = add_campaign(tx)
    ids = add_plan(tx, campaign, 7)
    tx.people.save([a_person(1, tags=frozenset({"vip", "shoes"})), a_person(2, tags=frozenset({"vip"}))], NOW)
    twin = tx.people.save([a_person(8, identity=a_person(3).identity)], NOW)[0].person_id
    tx.consents.record([(ids[0], a_stop()), (twin, an_opt_in())], NOW)
    for message, days in zip(messages_of(tx, campaign), (1, 3, 9), strict=False):
        accept_message(tx, message, later(days=-days))
    tx.people.erase(ids[6], NOW)


def _groups(tx: Transaction, **rule: object) -> list[Group]:
    return list(tx.people.groups(AudienceRule(**rule), CAP, NOW))


def _previews(tx: Transaction) -> list[list[Group]]:
    tagged = _groups(tx, tags_any=frozenset({"vip"}), tags_none=frozenset({"shoes"}))
    return [_groups(tx), tagged, _groups(tx, not_messaged_days=4)]


def _make_old(url: str) -> None:
    """Take the cells back, as if the database had been made before them; what came later is repeated without harm."""
    steps = ["DROP TABLE members", "DROP TABLE cells"]
    if url.startswith("postgresql"):
        for statement in [*steps, f"DELETE FROM schema_steps WHERE name <> '{STEP_NAMES[0]}'"]:
            execute(statement, url)
        return
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    for statement in [*steps, f"DELETE FROM _sqlite_migrations WHERE name <> '{STEP_NAMES[0]}'"]:
        connection.execute(statement)
    connection.commit()
    connection.close()


async def test_an_older_database_is_counted_when_it_is_migrated(url: str):
    before = open_storage(url, clock=TestClock())
    await before.write(_fill)
    previews = await before.read(_previews)
    messaged = await before.read(lambda tx: tx.recipients.people_messaged_since(later(days=-4)))
    await before.close()
    _make_old(url)

    steps = migrate(url)
    after = open_storage(url, clock=TestClock())

    assert steps == list(STEP_NAMES[1:])
    assert await after.write(lambda tx: tx.people.count_newcomers(10)) == 0
    assert await after.read(_previews) == previews
    assert await after.read(lambda tx: tx.recipients.people_messaged_since(later(days=-4))) == messaged == 2
    fall = waterfall(previews[0])
    assert fall.excluded == {Exclusion.STOPPED: 1, Exclusion.FREQUENCY_CAP: 1, Exclusion.DUPLICATE: 1}
    await after.close()


async def test_newcomers_are_counted_by_the_order_of_their_ids_until_none_is_left(storage: Storage):
    await storage.write(lambda tx: add_people(tx, 5))

    counted = [await storage.write(lambda tx: tx.people.count_newcomers(2)) for _ in range(4)]

    assert counted == [2, 2, 1, 0]


@pytest.mark.parametrize("is_counted", [True, False])
async def test_a_preview_knows_of_a_stop_from_the_same_moment_on(storage: Storage, is_counted: bool):
    def work(tx: Transaction):
        ids = add_people(tx, 3)
        if is_counted:
            tx.people.count_newcomers(10)
        tx.consents.record([(ids[1], a_stop())], NOW)
        return waterfall(_groups(tx))

    fall = await storage.write(work)

    assert fall.will_be_sent == 2
    assert fall.samples == {Exclusion.STOPPED: [mask(a_phone(2))]}


async def test_whoever_has_more_tags_than_a_cell_can_name_is_looked_at_by_themselves(storage: Storage):
    many = frozenset(f"tag {n}" for n in range(400))

    def work(tx: Transaction):
        tx.people.save([a_person(1, tags=many), a_person(2, tags=frozenset({"tag 7"}))], NOW)
        tx.people.count_newcomers(10)
        return waterfall(_groups(tx, tags_all=frozenset({"tag 7"}))), waterfall(_groups(tx, tags_all=many))

    some, all_of_them = await storage.write(work)

    assert (some.matched, all_of_them.matched) == (2, 1)


async def test_the_samples_of_a_step_are_the_people_who_came_first(storage: Storage):
    def work(tx: Transaction):
        tagged = [a_person(n, tags=frozenset({f"tag {n % 3}"})) for n in range(1, 9)]
        tx.people.save(tagged, NOW)
        tx.people.count_newcomers(10)
        return waterfall(_groups(tx))

    fall = await storage.write(work)

    assert fall.samples == {Exclusion.NO_OPT_IN: [mask(a_phone(n)) for n in (1, 2, 3)]}
