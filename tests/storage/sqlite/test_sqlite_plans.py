"""Query plans: what runs for every batch or message finds its rows through the index made for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.domain.audience import AudienceRule
from bot.domain.campaign import CampaignId
from bot.domain.consent import FrequencyCap
from bot.domain.message import Dispatch, RecipientId
from bot.ports.storage import Transaction
from storage.books.transaction import Books
from storage.sqlite.database import connect
from storage.sqlite.migrations import apply_all
from tests.builders import NOW, NUMBER, TestClock

ONE = CampaignId(1)
CAP = FrequencyCap(1, 1000)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = connect(str(tmp_path / "arauto.db"))
    apply_all(opened)
    yield opened
    opened.close()


def _plan(db: Database, work: Callable[[Transaction], object], last: int = 1) -> str:
    """Run a work and explain the last statements it ran, with their values bound as they were."""
    statements: list[str] = []
    db.conn.set_trace_callback(statements.append)
    work(Books(db.conn, TestClock()))
    db.conn.set_trace_callback(None)
    plans = (db.conn.execute(f"EXPLAIN QUERY PLAN {statement}") for statement in statements[-last:])
    return "\n".join(row["detail"] for plan in plans for row in plan)


def _claim(tx: Transaction) -> None:
    fence = tx.leases.take("number", "me", NOW, 1)
    assert fence is not None
    tx.recipients.claim(ONE, 5, fence, NOW)


@pytest.mark.parametrize(
    ("work", "index"),
    [
        (_claim, "recipients_to_claim"),
        (lambda tx: tx.recipients.next_due(ONE), "recipients_due"),
        (lambda tx: tx.recipients.overdue(ONE, NOW, 5), "recipients_open"),
        (lambda tx: tx.recipients.failed_with(ONE, 131049, NOW, 5), "recipients_by_code"),
        (lambda tx: tx.recipients.people_messaged_since(NOW), "members_by_reach"),
        (lambda tx: tx.campaigns.last_sender(NUMBER), "recipients_accepted"),
        (lambda tx: tx.recipients.with_dispatch(Dispatch.PLANNED, campaign_id=ONE), "recipients_to_claim"),
        (lambda tx: tx.recipients.with_dispatch(Dispatch.CLAIMED, phone_number_id=NUMBER), "recipients_claimed"),
        (lambda tx: tx.recipients.in_doubt_for(NUMBER, "447700900001"), "recipients_in_doubt"),
        (lambda tx: tx.recipients.load([RecipientId(1)], CAP, NOW), "recipients_by_person"),
        (lambda tx: tx.people.candidates(AudienceRule(), CAP, NOW, after=0, limit=5), "recipients_by_person"),
        (lambda tx: tx.cards.stale(), "cards_stale"),
        (lambda tx: tx.notices.waiting(5), "notices_waiting"),
        (lambda tx: tx.parked.take(["w"]), "parked_once"),
        (lambda tx: tx.trials.waiting(NUMBER, 5), "trials_by_dispatch"),
    ],
)
def test_a_question_is_answered_by_its_index(db: Database, work: Callable[[Transaction], object], index: str):
    plan = _plan(db, work)

    assert index in plan, plan


def test_people_are_found_by_any_of_their_digits_without_a_scan(db: Database):
    plan = _plan(db, lambda tx: tx.people.find_many(["447700900001", "447700900002"]), last=3)

    assert "(phone=?)" in plan
    assert "people_by_wa_id" in plan
    assert "people_by_identity" in plan
    assert "SCAN people" not in plan


def test_messages_are_found_by_their_id_at_meta_without_a_scan(db: Database):
    plan = _plan(db, lambda tx: tx.recipients.by_wamid(["a", "b"]))

    assert "SEARCH recipients USING INDEX" in plan
    assert "SCAN recipients" not in plan
