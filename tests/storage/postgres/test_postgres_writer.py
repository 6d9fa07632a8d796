"""The writer on PostgreSQL: processes that meet, connections that are lost, commits whose answer never came."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from bot.domain.audience import AudienceRule, waterfall
from bot.domain.audit import verify
from bot.domain.campaign import CampaignId
from bot.domain.delivery import Status, StatusEvent, fold
from bot.domain.errors import ConflictError, FencedError, StorageFullError
from bot.domain.message import Dispatch
from bot.ports.records import AuditEntry
from bot.ports.storage import Transaction
from bot.runtime.tenure import LEASE_MS
from storage.postgres.engine import PostgresStorage
from storage.postgres.session import APPLICATION, IDLE_WRITE_MS, LOCK_MS
from tests.builders import NOW, NUMBER, TestClock, a_person, accept_message, add_campaign, later, planned_messages
from tests.postgres_server import a_database, execute
from tests.storage.test_newcomers import add, an_opt_in_row
from tests.storage.works import get_switch, set_switch

_END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_END_ONE = "SELECT pg_terminate_backend({pid})"


@pytest.fixture
def url() -> Iterator[str]:
    with a_database() as address:
        yield address


@pytest.fixture
async def storage(url: str) -> AsyncIterator[PostgresStorage]:
    opened = PostgresStorage(url, clock=TestClock())
    yield opened
    await opened.close()


@pytest.fixture
async def other(url: str) -> AsyncIterator[PostgresStorage]:
    """Another process on the same database, as far as the database can tell."""
    opened = PostgresStorage(url, clock=TestClock())
    yield opened
    await opened.close()


def _add_one(tx: Transaction) -> None:
    """Read, then write what follows from it: two at once must not read the same."""
    tx.switches.set("count", str(int(tx.switches.get("count") or 0) + 1), NOW)


class _BreakOnce:
    """A work that breaks its own connection the first time it runs, between its first statement and its second."""

    def __init__(self, url: str, storage: PostgresStorage) -> None:
        self._url = url
        self._session = storage._writer._session
        self.runs = 0

    def __call__(self, tx: Transaction) -> None:
        self.runs += 1
        tx.switches.set("first half", "on", NOW)
        if self.runs == 1:
            execute(_END_ONE.format(pid=self._session.raw.info.backend_pid), self._url)
        tx.switches.set("second half", "on", NOW)


async def test_processes_that_count_at_once_lose_nothing(storage: PostgresStorage, other: PostgresStorage):
    await asyncio.gather(*(one.write(_add_one) for _ in range(40) for one in (storage, other)))

    assert await get_switch(storage, "count") == "80"


async def test_lines_of_audit_from_two_processes_make_one_chain(storage: PostgresStorage, other: PostgresStorage):

    def append(n: int) -> Callable[[Transaction], None]:
        return lambda tx: tx.audit.append(AuditEntry(at=NOW, actor="U0", action="x", subject=f"s {n}"))

    await asyncio.gather(*(one.write(append(n)) for n in range(20) for one in (storage, other)))

    lines, head = await storage.read(lambda tx: (list(tx.audit.rows()), tx.audit.head()))
    assert len(lines) == 40
    assert verify(lines, head) is None


async def test_a_change_made_elsewhere_meanwhile_is_seen_by_a_second_run(
    storage: PostgresStorage, other: PostgresStorage
):
    seen: list[str | None] = []
    looked, changed = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        seen.append(tx.switches.get("pace"))
        looked.set()
        assert changed.wait(10)
        tx.switches.set("pace", f"{seen[-1]} and slow", NOW)

    writing = asyncio.ensure_future(storage.write(slow))
    await asyncio.to_thread(looked.wait, 10)
    await other.write(set_switch("pace", "fast"))
    changed.set()
    await writing

    assert seen == [None, "fast"]
    assert await get_switch(storage, "pace") == "fast and slow"


async def test_two_campaigns_cannot_both_slip_under_a_rule_that_counts_them(
    storage: PostgresStorage, other: PostgresStorage
):
    """Each looks at what the other writes: neither row changes twice, yet they cannot both be right (write skew)."""
    meeting = threading.Barrier(2)

    def take(mine: str, theirs: str) -> Callable[[Transaction], bool]:
        runs = 0

        def work(tx: Transaction) -> bool:
            nonlocal runs
            runs += 1
            is_free = tx.switches.get(theirs) is None
            if runs == 1:
                meeting.wait(10)
            if is_free:
                tx.switches.set(mine, "taken", NOW)
            return is_free

        return work

    await storage.write(set_switch("unrelated"))
    won = await asyncio.gather(storage.write(take("a", "b")), other.write(take("b", "a")))

    assert sorted(won) == [False, True]


async def test_an_import_that_is_overtaken_by_somebody_elses_counting_is_counted_too(
    storage: PostgresStorage, other: PostgresStorage
):
    """Ids are given out before they are committed, so that higher ones may be counted in between."""
    drawn, counted = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        add(tx, an_opt_in_row(1))
        drawn.set()
        assert counted.wait(4)

    def quick(tx: Transaction) -> None:
        add(tx, an_opt_in_row(2))
        tx.people.count_newcomers(10)

    await storage.write(lambda tx: add(tx, an_opt_in_row(0)))  # the tags are on record: nobody waits for them
    importing = asyncio.ensure_future(storage.write(slow))
    await asyncio.to_thread(drawn.wait, 4)
    await other.write(quick)
    counted.set()
    await importing
    await other.write(lambda tx: tx.people.count_newcomers(10))

    fall = await other.read(lambda tx: waterfall(tx.people.groups(AudienceRule(), None, NOW)))
    assert fall.matched == await other.read(lambda tx: tx.people.count()) == 3


async def test_a_long_work_that_met_a_short_one_is_not_beaten_again(storage: PostgresStorage, other: PostgresStorage):
    """Short works follow each other without a pause; a long one that is run again has the database to itself."""
    begun, runs = threading.Event(), 0
    is_over = False

    def long(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        seen = int(tx.switches.get("count") or 0)
        begun.set()
        time.sleep(0.3)  # a dozen short ones would fit in
        tx.switches.set("count", str(seen + 1), NOW)

    async def keep_adding() -> int:
        added = 0
        while not is_over:
            await other.write(_add_one)
            added += 1
        return added

    writing = asyncio.ensure_future(storage.write(long))
    await asyncio.to_thread(begun.wait, 4)
    adding = asyncio.ensure_future(keep_adding())
    await writing
    is_over = True
    added = await adding

    assert runs == 2
    assert await get_switch(storage, "count") == str(added + 1)


async def test_a_connection_lost_in_the_middle_of_a_work_runs_it_again(storage: PostgresStorage, url: str):
    work = _BreakOnce(url, storage)

    await storage.write(work)

    assert work.runs == 2
    assert [await get_switch(storage, name) for name in ("first half", "second half")] == ["on", "on"]


@pytest.mark.parametrize("is_committed", [True, False])
async def test_a_commit_whose_answer_was_lost_is_done_exactly_once(
    storage: PostgresStorage, url: str, monkeypatch: pytest.MonkeyPatch, is_committed: bool
):
    """The connection breaks around COMMIT itself: after the server took it, or before it arrived."""
    runs: list[int] = []

    def work(tx: Transaction) -> int:
        runs.append(1)
        _add_one(tx)
        return len(runs)

    storage._writer._session = _Breaking(storage._writer._session, url, is_committed=is_committed)
    answer = await storage.write(work)

    assert await get_switch(storage, "count") == "1"
    assert answer == len(runs) == (1 if is_committed else 2)


class _Breaking:
    """A session whose connection breaks at the first COMMIT, as a network would break it."""

    def __init__(self, session, url: str, *, is_committed: bool) -> None:
        self._session = session
        self._url = url
        self._is_committed = is_committed
        self._is_broken = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    @property
    def raw(self):
        return self

    def execute(self, sql: str, *values: Any) -> Any:
        raw = self._session.raw
        if sql == "COMMIT" and not self._is_broken:
            self._is_broken = True
            if self._is_committed:
                raw.execute(sql)
            execute(_END_ONE.format(pid=raw.info.backend_pid), self._url)
        return raw.execute(sql, *values)


async def test_readers_come_back_after_every_connection_was_cut(storage: PostgresStorage, url: str):
    await storage.write(set_switch("kept"))
    execute(_END_OTHERS, url)

    assert await asyncio.gather(*(get_switch(storage, "kept") for _ in range(6))) == ["on"] * 6
    await storage.write(set_switch("after"))
    assert await get_switch(storage, "after") == "on"


async def test_a_server_that_is_gone_for_good_is_told_and_found_again(storage: PostgresStorage, url: str):
    name = url.rpartition("/")[2]
    execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    with pytest.raises(StorageFullError, match=r"cannot be written .*cannot be reached.*Nothing is sent"):
        await storage.write(set_switch("lost"))
    with pytest.raises(StorageFullError):
        await get_switch(storage, "lost")
    execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    await storage.write(set_switch("found"))

    assert [await get_switch(storage, name) for name in ("lost", "found")] == [None, "on"]


async def test_a_read_cannot_write(storage: PostgresStorage):
    with pytest.raises(StorageFullError, match="only reads"):
        await storage.read(set_switch("sneaked"))

    assert await get_switch(storage, "sneaked") is None


async def test_a_text_with_a_nul_is_kept_readable(storage: PostgresStorage):
    await storage.write(lambda tx: tx.people.save([a_person(1, name="A\0da", attributes={"city": "Le\0eds"})], NOW))

    person = await storage.read(lambda tx: tx.people.find("+447700900001"))
    assert person is not None
    assert (person.name, person.attributes["city"]) == (
        "A\N{REPLACEMENT CHARACTER}da",
        "Le\N{REPLACEMENT CHARACTER}eds",
    )


async def test_a_process_that_stops_in_the_middle_of_a_write_loses_it(url: str, other: PostgresStorage):
    """A stopped process says nothing: the server must end its transaction, or its rows would stay locked."""
    frozen = psycopg.connect(url, autocommit=True)
    frozen.execute("SET idle_in_transaction_session_timeout = 50")
    frozen.execute("BEGIN; INSERT INTO switches (name, value, set_at) VALUES ('held', 'by the frozen', 0)")

    await other.write(set_switch("held", "by the living"))

    assert await get_switch(other, "held") == "by the living"
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        frozen.execute("COMMIT")
    frozen.close()


async def test_a_frozen_writer_is_ended_before_its_lease_is_and_before_others_lose_patience(storage: PostgresStorage):

    shown = await storage.write(
        lambda _: storage._writer._session.raw.execute("SHOW idle_in_transaction_session_timeout").fetchone()
    )

    assert shown == {"idle_in_transaction_session_timeout": f"{IDLE_WRITE_MS // 1000}s"}
    assert min(LEASE_MS, LOCK_MS) > IDLE_WRITE_MS


async def test_whoever_freezes_while_it_is_their_turn_is_ended_too(url: str, other: PostgresStorage):
    frozen = psycopg.connect(url, autocommit=True)
    frozen.execute("SET idle_in_transaction_session_timeout = 50")
    frozen.execute("BEGIN; LOCK TABLE schema_steps IN EXCLUSIVE MODE")

    await other.write(set_switch("written"))

    assert await get_switch(other, "written") == "on"
    frozen.close()


async def test_whoever_cannot_be_alone_soon_tries_beside_the_others_again(storage: PostgresStorage, url: str):
    long = psycopg.connect(url, autocommit=True)
    long.execute("BEGIN; LOCK TABLE schema_steps IN ROW SHARE MODE")
    runs = 0

    def unlucky_once(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise psycopg.errors.SerializationFailure
        tx.switches.set("written", "beside", NOW)

    await storage.write(unlucky_once)

    assert runs == 2
    assert await get_switch(storage, "written") == "beside"
    long.close()


async def test_a_row_that_somebody_else_holds_fails_one_work_and_not_those_beside_it(
    storage: PostgresStorage, url: str
):
    other = psycopg.connect(url, autocommit=True)
    other.execute("BEGIN; INSERT INTO switches (name, value, set_at) VALUES ('held', 'by somebody', 0)")

    first = asyncio.ensure_future(storage.write(lambda _: time.sleep(0.2)))  # the two behind it share a group
    await asyncio.sleep(0.05)
    works = (set_switch("held", "too"), set_switch("free"))
    held, free = await asyncio.gather(*(storage.write(work) for work in works), return_exceptions=True)
    await first

    assert isinstance(held, StorageFullError)
    assert free is None
    assert await get_switch(storage, "free") == "on"
    other.close()


async def test_whoever_freezes_in_the_middle_of_a_copy_is_ended_by_the_one_who_waits(url: str, other: PostgresStorage):
    """The server itself would wait for the missing rows for ever."""
    frozen = psycopg.connect(url, autocommit=True, application_name=APPLICATION)
    frozen.execute("SET statement_timeout = 50; SET idle_in_transaction_session_timeout = 50")
    frozen.execute("BEGIN; LOCK TABLE schema_steps IN ROW SHARE MODE")
    frozen.execute("INSERT INTO switches (name, value, set_at) VALUES ('held', 'by the frozen', 0)")

    with suppress(psycopg.errors.AdminShutdown), frozen.cursor().copy("COPY tags (name) FROM STDIN") as rows:
        rows.write_row(("held",))
        await other.write(set_switch("held", "by the living"))

    assert await get_switch(other, "held") == "by the living"
    assert frozen.broken
    frozen.close()


async def test_webhooks_that_land_on_two_processes_at_once_are_folded_and_counted_once(
    storage: PostgresStorage, other: PostgresStorage
):
    def send(tx: Transaction) -> CampaignId:
        messages = planned_messages(tx, 40)
        for message in messages:
            accept_message(tx, message)
        return CampaignId(messages[0].campaign_id)

    def absorb(status: Status, part: range) -> Callable[[Transaction], None]:
        wamids = [f"wamid.{n}" for n in part]

        def work(tx: Transaction) -> None:
            found = tx.recipients.by_wamid(wamids)
            events = [StatusEvent(phone_number_id=NUMBER, wamid=wamid, status=status, at=later(1)) for wamid in wamids]
            pairs = [(found[event.wamid], fold(found[event.wamid], event)) for event in events]
            tx.recipients.save([(before, after) for before, after in pairs if before != after])

        return work

    campaign_id = await storage.write(send)
    parts = [range(first, first + 10) for first in (1, 11, 21, 31)]
    told = [(status, part) for part in parts for status in (Status.DELIVERED, Status.READ)]
    await asyncio.gather(*(one.write(absorb(*each)) for each in told for one in (storage, other)))

    tallies = await storage.read(lambda tx: tx.campaigns.tallies(campaign_id))
    assert (tallies["delivered"], tallies["read"]) == (40, 40)
    assert tallies == await storage.read(lambda tx: tx.campaigns.recount(campaign_id))


async def test_both_of_two_managers_cannot_win(storage: PostgresStorage, other: PostgresStorage):
    campaign = await storage.write(add_campaign)

    def rename(name: str) -> Callable[[Transaction], object]:
        return lambda tx: tx.campaigns.change(campaign, reason=name)

    outcomes = await asyncio.gather(storage.write(rename("a")), other.write(rename("b")), return_exceptions=True)

    assert sorted(isinstance(outcome, ConflictError) for outcome in outcomes) == [False, True]


async def test_a_lease_taken_over_fences_a_write_that_is_already_under_way(
    storage: PostgresStorage, other: PostgresStorage
):

    message = await storage.write(lambda tx: planned_messages(tx)[0])
    fence = await storage.write(lambda tx: tx.leases.take("number", "me", NOW, 60_000))
    checked, taken = threading.Event(), threading.Event()

    def paused(tx: Transaction) -> None:
        tx.leases.check(fence)
        checked.set()
        assert taken.wait(10)
        tx.recipients.save([(message, message._replace(dispatch=Dispatch.SENDING, sending_at=NOW))], fence)

    def take_over(tx: Transaction) -> None:
        assert tx.leases.take("number", "you", later(3), 60_000) is not None
        assert [row.dispatch for row in tx.recipients.with_dispatch(Dispatch.PLANNED)] == [Dispatch.PLANNED]

    writing = asyncio.ensure_future(storage.write(paused))
    await asyncio.to_thread(checked.wait, 10)
    await other.write(take_over)
    taken.set()

    with pytest.raises(FencedError):
        await writing
    assert await storage.read(lambda tx: tx.recipients.get(message.id)) == message
