"""Copying from SQLite to PostgreSQL: everything arrives and is proved, from wherever an earlier try broke off."""

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.delivery import Status, StatusEvent
from bot.domain.errors import ConfigurationError
from bot.domain.message import Dispatch
from bot.ports.people import ImportRun
from bot.ports.records import AuditEntry, Notice, NumberStatus, Trouble
from bot.ports.storage import Transaction
from storage import copy_database, exclusive, open_storage, transfer
from storage.tables import BOOLEANS, KEYS, TEXT_KEYS
from tests.builders import (
    NOW,
    NUMBER,
    TestClock,
    a_person,
    a_phone,
    a_planned,
    accept_message,
    add_campaign,
    add_people,
    change_message,
    messages_of,
)
from tests.cli.terminal import Terminal
from tests.postgres_server import a_database, execute

PEOPLE = 40


@pytest.fixture
def target() -> Iterator[str]:
    with a_database(is_migrated=False) as url:
        yield url


@pytest.fixture
def source(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'arauto.db'}"

    async def fill() -> None:
        storage = open_storage(url, clock=TestClock())
        await storage.write(_fill)
        await storage.close()

    asyncio.run(fill())
    return url


def _fill(tx: Transaction) -> None:
    """Put something into every table."""
    ids = add_people(tx, PEOPLE)
    tx.people.save([a_person(1, tags=frozenset({"vip", "ß"}), attributes={"city": "Zürich", "nul": "a\0b"})], NOW)
    tx.people.count_newcomers(PEOPLE)
    campaign = add_campaign(tx)
    links = (("tok-B", 0, "https://example.com/b"), ("tok-a", 1, "https://example.com/a"))
    tx.recipients.add(campaign.id, [a_planned(n, person_id=one) for n, one in enumerate(ids[1:], 1)])
    tx.recipients.add(campaign.id, [a_planned(999, person_id=ids[0], links=links)])
    one, two, *_ = messages_of(tx, campaign)
    accepted = accept_message(tx, one, free=True)
    tx.recipients.archive_attempt(accepted)
    change_message(tx, two, dispatch=Dispatch.SENDING, sending_at=NOW)
    fence = tx.leases.take(f"number {NUMBER}", "a process that died", NOW, 60_000)
    assert fence is not None
    tx.recipients.claim(campaign.id, 1, fence, NOW)
    tx.campaigns.count_meta_click(campaign.id, "click", "button", NOW)
    tx.trials.add(campaign.id, NUMBER, a_phone(1), b"[]", "U0", NOW)
    tx.parked.park([StatusEvent(phone_number_id=NUMBER, wamid="w", status=Status.SENT, at=NOW)], NOW)
    tx.audit.append(AuditEntry(at=NOW, actor="U0", action="x", subject="s", detail={"ö": 1}))
    tx.quarantine.keep("not JSON", b"\xff\x00", NOW)
    tx.cards.want(campaign.id, "live", "C0")
    tx.troubles.put(Trouble(place="C0", why="closed", since=NOW, tries=1, retry_at=NOW))
    tx.notices.add(Notice(key="k", channel="C0", text="x\0y"), NOW)
    digest = tx.digests.set("C0", "daily", "09:00", "UTC", "U0", NOW)
    tx.digests.mark_period(digest.id, NOW, NOW)
    tx.digests.show(replace(digest, channel=campaign.spec.channel))
    tx.numbers.put(NumberStatus(phone_number_id=NUMBER, pace=0.1))
    tx.switches.set("s", "on", NOW)
    tx.imports.start(
        ImportRun(source="fair", wording="Yes", file_name="a.csv", file_sha256="00", actor="U0", started_at=NOW)
    )
    tx.templates.record_edit("900100", 5, NOW)
    tx.templates.replace_all([], NOW)


def _silent(table: str, rows: int) -> None:
    pass


def _path(url: str) -> str:
    return url.removeprefix("sqlite:///")


def test_every_table_and_boolean_of_the_schema_is_known_to_the_copy(source: str):
    connection = sqlite3.connect(_path(source))
    found = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    tables = {name for (name,) in found if not name.startswith(("_", "sqlite"))}
    keys = {
        table: {name: kind for _, name, kind, _, _, place in connection.execute(f"PRAGMA table_info({table})") if place}
        for table in tables
    }
    checks = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_schema WHERE type = 'table'")}
    connection.close()

    assert {table: set(columns) for table, columns in KEYS.items()} == {t: set(k) for t, k in keys.items()}
    assert {(table, name) for table, k in keys.items() for name, kind in k.items() if kind == "TEXT"} == TEXT_KEYS
    assert {name for sql in checks for name in BOOLEANS if f"{name} IN (0, 1)" in sql} == BOOLEANS


def test_everything_arrives_and_is_proved(source: str, target: str):
    copied = copy_database(source, target, _silent)

    counts = {table.table: table.rows for table in copied}
    assert all(counts.values()), counts
    assert (counts["people"], counts["recipients"]) == (PEOPLE, PEOPLE)
    assert execute("SELECT text FROM notices", target) == [("x\N{REPLACEMENT CHARACTER}y",)]


async def test_a_copy_is_worked_with_as_the_original_was(source: str, target: str):
    await asyncio.to_thread(copy_database, source, target, _silent)
    storage = open_storage(target, clock=TestClock())

    def work(tx: Transaction):
        campaign = tx.campaigns.find("7Q2K")[0]
        states = {message.dispatch for message in messages_of(tx, campaign)}
        recount = tx.campaigns.tallies(campaign.id) == tx.campaigns.recount(campaign.id)
        fence = tx.leases.take(f"number {NUMBER}", "another process", NOW, 60_000)
        newcomer = tx.people.save([a_person(500)], NOW)[0]
        return states, recount, fence, newcomer

    states, is_recounted, fence, newcomer = await storage.write(work)

    assert states == {Dispatch.PLANNED, Dispatch.CLAIMED, Dispatch.SENDING, Dispatch.ACCEPTED}
    assert is_recounted
    assert fence.token == 2
    assert newcomer.is_new
    assert newcomer.person_id == PEOPLE + 1
    await storage.close()


@pytest.mark.parametrize("stops_at", range(1, 40, 6))
def test_a_copy_broken_off_anywhere_goes_on_where_it_stopped(
    source: str, target: str, stops_at: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(transfer, "PAGE", 7)
    pages: list[str] = []

    def stop(table: str, rows: int) -> None:
        pages.append(table)
        if len(pages) == stops_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_database(source, target, stop)
    with pytest.raises(ConfigurationError, match="unfinished copy"):
        open_storage(target, clock=TestClock())
    again: list[str] = []
    copied = copy_database(source, target, lambda table, _: again.append(table))

    assert {table.table: table.rows for table in copied}["people"] == PEOPLE
    pages_of_people = -(-PEOPLE // 7)
    assert again.count("people") == max(0, pages_of_people - pages.count("people"))


def test_a_source_somebody_serves_from_is_refused(source: str, target: str):
    with exclusive(source), pytest.raises(ConfigurationError, match="Another `arauto serve`"):
        copy_database(source, target, _silent)


def test_a_target_that_is_in_use_is_refused(source: str):
    with a_database() as used, pytest.raises(ConfigurationError, match="is not empty"):
        copy_database(source, used, _silent)


def test_a_copy_that_another_version_began_is_not_gone_on_with(source: str):
    with a_database() as begun:
        execute("CREATE TABLE copy_under_way (source TEXT NOT NULL)", begun)
        execute("DELETE FROM schema_steps WHERE name LIKE '0004%'", begun)

        with pytest.raises(ConfigurationError, match="begun by another version of Arauto; copy into a new"):
            copy_database(source, begun, _silent)


def test_a_row_that_changed_on_its_way_is_found(source: str, target: str):
    def forge(table: str, rows: int) -> None:
        if table == "audit_head":
            execute("UPDATE people SET name = 'Forged' WHERE id = 3", target)

    with pytest.raises(ConfigurationError, match="table people is not the same: 40 rows at the source, 40 at"):
        copy_database(source, target, forge)
    with pytest.raises(ConfigurationError, match="unfinished copy"):
        open_storage(target, clock=TestClock())


def test_the_command_tells_what_it_proved(source: str, target: str, tmp_path: Path):
    answer = Terminal(tmp_path)("database", "copy", "--from", source, "--to", target)

    assert answer.status == 0, answer.err
    assert f"people: {PEOPLE} rows, sha256 " in answer.out
    assert "The copy is the same as the source" in answer.out


def test_a_copy_the_other_way_is_refused(source: str, target: str):
    with pytest.raises(ConfigurationError, match="from an SQLite database"):
        copy_database(target, source, _silent)
