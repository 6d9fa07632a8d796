"""Digests: periods taken once, and what there is to tell of a span or since the last one."""

import sqlite3
from contextlib import closing

from bot.domain.message import Dispatch
from bot.ports.storage import Storage, Transaction
from storage import migrate, open_storage
from tests.builders import NOW, TestClock, accept_message, add_campaign, add_plan, later, messages_of
from tests.postgres_server import execute

SPAN = 60_000


async def test_a_digest_replaced_keeps_the_periods_it_took(storage: Storage):
    first = await storage.write(lambda tx: tx.digests.set("C0", "daily", "09:00", "UTC", "U0", NOW))
    assert await storage.read(lambda tx: tx.digests.last_taken(first.id)) is None

    taken = [await storage.write(lambda tx: tx.digests.mark_period(first.id, later(1), NOW)) for _ in range(2)]
    second = await storage.write(lambda tx: tx.digests.set("C0", "daily", "10:30", "Europe/Lisbon", "U1", later(2)))

    assert taken == [True, False]
    assert (second.id, second.at, second.zone) == (first.id, "10:30", "Europe/Lisbon")
    assert await storage.read(lambda tx: tx.digests.last_taken(first.id)) == NOW


async def test_removing_a_channels_digests_removes_all_of_its_kinds(storage: Storage):
    def fill(tx: Transaction):
        weekly = tx.digests.set("C0", "weekly", "09:00", "UTC", "U0", NOW)
        tx.digests.set("C0", "daily", "09:00", "UTC", "U0", NOW)
        tx.digests.mark_period(weekly.id, NOW, NOW)
        return tx.digests.set("C1", "daily", "09:00", "UTC", "U0", NOW)

    kept = await storage.write(fill)
    removed = await storage.write(lambda tx: tx.digests.remove("C0"))

    assert removed == 2
    assert await storage.read(lambda tx: tx.digests.list()) == [kept]
    assert await storage.read(lambda tx: tx.digests.list("C0")) == []


async def test_a_digest_tells_what_happened_in_its_span(storage: Storage):
    def fill(tx: Transaction):
        campaign, silent = add_campaign(tx, token="AAAA"), add_campaign(tx, token="BBBB")
        add_plan(tx, campaign, 4)
        add_plan(tx, silent, 1, first=9)
        rows = [row.recipient for row in tx.recipients.rows(campaign.id)]
        accepted = [
            row._replace(dispatch=Dispatch.ACCEPTED, wamid=f"w{n}", accepted_at=later(1)) for n, row in enumerate(rows)
        ]
        after = [
            accepted[0]._replace(read_at=later(5), clicked_at=later(6)),
            accepted[1]._replace(delivered_at=later(30)),
            accepted[2]._replace(failed_at=later(2), code=131026),
            rows[3]._replace(dispatch=Dispatch.REFUSED, sending_at=later(3), code=131026),
        ]
        tx.recipients.save(list(zip(rows, after, strict=True)))
        return campaign.id

    campaign_id = await storage.write(fill)

    today = await storage.read(lambda tx: tx.digests.figures(NOW, later(24)))
    tomorrow = await storage.read(lambda tx: tx.digests.figures(later(24), later(48)))
    billed = {"billed:United Kingdom": 1}
    known = {"sent": 3, "delivered": 1, "read": 1, "clicked": 1, "failed": 1, "refused": 1, **billed}
    assert today == [(campaign_id, known)]
    assert tomorrow == [(campaign_id, {"delivered": 1, **billed})]


async def test_digests_from_before_their_figures_were_kept_go_on_where_they_ended(url: str, clock: TestClock):
    def fill(tx: Transaction) -> None:
        campaign = add_campaign(tx)
        add_plan(tx, campaign, 3)
        for n, row in enumerate(messages_of(tx, campaign)):
            accept_message(tx, row, later(n), delivered_at=later(2 * n), clicked_at=later(4))
        digest = tx.digests.set(campaign.spec.channel, "daily", "09:00", "UTC", "U0", NOW)
        tx.digests.mark_period(digest.id, later(2), later(2))

    before = open_storage(url, clock=clock)
    await before.write(fill)
    await before.close()
    _forget_shown_figures(url)

    migrate(url)
    after = open_storage(url, clock=clock)

    [schedule] = await after.read(lambda tx: tx.digests.list())
    [(_, news)] = await after.read(lambda tx: tx.digests.news(schedule))
    assert news == {"sent": 1, "delivered": 2, "clicked": 3, "billed:United Kingdom": 2}
    await after.close()


def _forget_shown_figures(url: str) -> None:
    steps = "schema_steps" if url.startswith("postgresql") else "_sqlite_migrations"
    posting = [f"ALTER TABLE {table} DROP COLUMN posting_at" for table in ("cards", "notices")]
    later = (*posting, "ALTER TABLE recipients DROP COLUMN seal")
    undo = (*later, "DROP TABLE digest_shown", f"DELETE FROM {steps} WHERE name >= '0006'")
    if url.startswith("postgresql"):
        for statement in undo:
            execute(statement, url)
        return
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        for statement in undo:
            connection.execute(statement)
