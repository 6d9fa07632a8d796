"""What docs/operations.md tells an operator to type works on a real database; its metrics, paths and fields exist."""

import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.campaign import TRANSITIONS, CampaignState
from bot.ports.storage import Storage
from bot.runtime.metrics import Metrics
from bot.whatsapp import webhooks
from storage import open_storage, schema_state
from tests.builders import NOW, NUMBER, TestClock, add_campaign
from tests.rules.documents import code_blocks, codes, rows, table

DOCUMENT = "docs/operations.md"
WABA = "102290129340398"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "arauto.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Storage]:
    opened = open_storage(f"sqlite:///{path}", clock=TestClock())
    yield opened
    await opened.close()


def statements(beginning: str) -> str:
    """Give the one SQL block of the document that begins so."""
    found = [block for language, block in code_blocks(DOCUMENT) if language == "sql" and block.startswith(beginning)]
    assert len(found) == 1, beginning
    return found[0]


def typed(path: Path, sql: str) -> None:
    """Type statements into the file while the bot has it open, as an operator would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(sql)


def values(path: Path, question: str) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [value for (value,) in connection.execute(question)]


def may_send_without_a_new_plan(state: CampaignState) -> bool:
    seen, waiting = {CampaignState.PLANNING}, [state]
    while waiting:
        for after in TRANSITIONS[waiting.pop()] - seen:
            seen.add(after)
            waiting.append(after)
    return CampaignState.SENDING in seen


async def test_a_backup_taken_while_it_runs_is_a_whole_database(store: Storage, path: Path, tmp_path: Path):
    await store.write(lambda tx: add_campaign(tx).token)

    typed(path, statements("VACUUM").replace("backup.db", str(tmp_path / "backup.db")))

    state = schema_state(f"sqlite:///{tmp_path / 'backup.db'}")
    assert state.found == state.wanted
    assert values(tmp_path / "backup.db", "SELECT token FROM campaigns") == ["7Q2K"]


async def test_after_a_restore_nothing_of_an_old_plan_can_be_sent(store: Storage, path: Path):
    for state in CampaignState:
        await store.write(lambda tx, token=str(state): add_campaign(tx, token=token).token)
    typed(path, "UPDATE campaigns SET state = token")

    typed(path, statements("UPDATE campaigns"))

    left = [CampaignState(state) for state in values(path, "SELECT state FROM campaigns")]
    assert len(left) == len(CampaignState)
    assert [state for state in left if may_send_without_a_new_plan(state)] == []


async def test_the_statement_for_quarantine_takes_the_old_and_leaves_the_new(store: Storage, path: Path):
    await store.write(lambda tx: tx.quarantine.keep("old", b"{}", NOW))
    typed(path, "INSERT INTO quarantine (reason, body, kept_at) VALUES ('new', X'7B7D', strftime('%s', 'now') * 1000)")
    typed(path, "UPDATE quarantine SET kept_at = 0 WHERE reason = 'old'")

    typed(path, statements("DELETE FROM quarantine"))

    assert values(path, "SELECT reason FROM quarantine") == ["new"]


def test_every_metric_is_told_and_no_other():
    told = [codes(row[0])[0] for row in rows(DOCUMENT) if row[0].startswith("`arauto_")]

    families = list(Metrics().registry.collect())
    names = [f"{family.name}_total" if family.type == "counter" else family.name for family in families]

    assert told == names


def test_every_webhook_field_that_is_told_is_one_arauto_understands():
    told = [field for row in table(DOCUMENT, "webhook fields") for field in codes(row[0])]

    reasons = {field: _reasons(field) for field in [*told, "something_else"]}

    assert "messages" in told
    assert [field for field in told if any("not one Arauto knows" in reason for reason in reasons[field])] == []
    assert any("not one Arauto knows" in reason for reason in reasons["something_else"])


def test_every_path_of_the_public_listener_is_told():
    from bot.runtime import server

    routed = set(re.findall(r'add_(?:get|post)\("(/[a-z/]+)', Path(str(server.__file__)).read_text("utf-8")))
    told = {code for row in rows(DOCUMENT) for code in codes(row[0]) if code.startswith("/")}

    assert routed
    assert routed <= told


def _reasons(field: str) -> list[str]:
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": WABA, "changes": [{"field": field, "value": {"event": "?"}}]}],
    }
    batch = webhooks.read(json.dumps(body).encode(), waba_id=WABA, numbers=(NUMBER,))
    return [reason for reason, _ in batch.quarantined]
