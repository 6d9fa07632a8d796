"""Backups: taken while the bot writes, restored elsewhere, and what then becomes of messages that were in flight."""

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.audit import verify
from bot.domain.campaign import CampaignId, CampaignState
from bot.domain.message import Dispatch
from bot.ports.records import AuditEntry
from bot.ports.storage import Storage, Transaction
from bot.services import rescuing
from storage import open_storage
from tests.builders import NOW, NUMBER, TestClock, add_campaign, add_plan, change_message, later, messages_of
from tests.postgres_server import a_database, programs

S = CampaignState


def _sqlite_backup(folder: Path, url: str) -> str:
    """Use SQLite's own online backup, as `sqlite3 arauto.db ".backup copy.db"` does."""
    copy = folder / "restored.db"
    with sqlite3.connect(url.removeprefix("sqlite:///")) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    return f"sqlite:///{copy}"


def _postgres_backup(folder: Path, url: str, restored: str) -> str:
    """Use `pg_dump`, and `pg_restore` into an empty database."""
    dump = folder / "arauto.dump"
    environment = {**os.environ, "LC_ALL": "C"}
    for command in (
        [programs() / "pg_dump", "--format=custom", f"--file={dump}", url],
        [programs() / "pg_restore", "--exit-on-error", "--no-owner", f"--dbname={restored}", dump],
    ):
        subprocess.run(command, check=True, capture_output=True, env=environment)
    return restored


def _begin(tx: Transaction) -> CampaignId:
    """Leave one message claimed, one on its way, and the rest planned."""
    campaign = add_campaign(tx)
    add_plan(tx, campaign, 5)
    for state in (S.PLANNING, S.IN_REVIEW, S.APPROVED, S.SENDING):
        approval = {"approved_by": "U0BOSS", "approved_at": NOW} if state is S.APPROVED else {}
        campaign = tx.campaigns.change(campaign, state=state, **approval)
    fence = tx.leases.take(f"number {NUMBER}", "the process that was backed up", NOW, 60_000)
    assert fence is not None
    claimed = tx.recipients.claim(campaign.id, 2, fence, NOW)
    change_message(tx, claimed[1], dispatch=Dispatch.SENDING, sending_at=NOW)
    tx.audit.append(AuditEntry(at=NOW, actor="U0", action="begun", subject="s"))
    return campaign.id


async def _writing(storage: Storage, backup: Callable[[], str]) -> str:
    """Take the backup while lines of audit go on being written; gives the address of what was restored."""
    taking = asyncio.ensure_future(asyncio.to_thread(backup))
    for n in range(10_000):
        entry = AuditEntry(at=NOW, actor="U0", action="x", subject=f"s {n}")
        await storage.write(lambda tx, entry=entry: tx.audit.append(entry))
        if taking.done():
            break
    return await taking


@pytest.mark.parametrize("engine", ["postgres", "sqlite"])
async def test_a_backup_taken_while_writing_goes_on_is_whole_and_sends_nobody_a_second_message(
    engine: str, tmp_path: Path
):
    with a_database() as server, a_database(is_migrated=False) as empty:
        url = server if engine == "postgres" else f"sqlite:///{tmp_path / 'arauto.db'}"
        storage = open_storage(url, clock=TestClock())
        campaign_id = await storage.write(_begin)

        def backup() -> str:
            return _postgres_backup(tmp_path, url, empty) if engine == "postgres" else _sqlite_backup(tmp_path, url)

        restored = open_storage(await _writing(storage, backup), clock=TestClock())
        await storage.close()

        lines, head = await restored.read(lambda tx: (list(tx.audit.rows()), tx.audit.head()))
        fence = await restored.write(lambda tx: tx.leases.take(f"number {NUMBER}", "a new process", later(1), 60_000))
        rescued = await restored.write(lambda tx: rescuing.rescue(tx, NUMBER, later(1)))
        campaign = await restored.read(lambda tx: tx.campaigns.get(campaign_id))
        states = [row.dispatch for row in await restored.read(lambda tx: messages_of(tx, campaign))]
        await restored.close()

    assert head is not None
    assert verify(lines, head) is None
    assert fence is not None
    assert rescued.in_doubt == 1
    assert states == [Dispatch.PLANNED, Dispatch.IN_DOUBT, *[Dispatch.PLANNED] * 3]
