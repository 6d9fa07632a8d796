"""`doctor` against the simulators: it asks the real questions over the wire."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import pytest

from bot.cli.doctor import examine
from bot.runtime.clock import SystemClock
from bot.services.diagnosing import SCOPES
from bot.simulator import meta, slack
from tests.cli.terminal import REQUIRED, Terminal

#: Nobody listens there; being subscribed is enough for a diagnosis.
CALLBACK = "http://127.0.0.1:9/meta/webhook"


@asynccontextmanager
async def surroundings(
    *, scopes: Collection[str] = SCOPES, callback_url: str | None = CALLBACK
) -> AsyncIterator[dict[str, str]]:
    """Run a Slack and a Meta; gives the settings of a bot that lives well between them."""
    workspace, account = slack.SlackSimulator(scopes=scopes), meta.MetaSimulator(callback_url=callback_url)
    async with slack.running(workspace) as slack_url, meta.running(account) as meta_url:
        yield {
            **REQUIRED,
            "SLACK_API_URL": f"{slack_url}/api/",
            "SLACK_APP_TOKEN": "xapp-simulated",
            "META_API_URL": meta_url,
            "PUBLIC_URL": "https://bot.example.org",
            "ARAUTO_APPROVERS": "U0BOSS",
        }


async def lines_with(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], url: str | None = None) -> list[str]:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return [str(finding) async for finding in examine(url, SystemClock())]


def bad(lines: list[str]) -> list[str]:
    # The simulated Meta sends no Date; tests/cli/test_diagnosing.py has the clock's findings.
    return [line for line in lines if not line.startswith(("ok ", "warn Clock: Meta named no time"))]


async def test_a_good_setup_is_all_ok(arauto: Terminal, monkeypatch: pytest.MonkeyPatch):
    async with surroundings() as settings:
        lines = await lines_with(monkeypatch, settings)

    assert bad(lines) == []
    for about in ("Settings", "Slack token", "Slack scopes", "Slack link: Socket Mode", "Approval channel: #approvals"):
        assert any(line.startswith(f"ok   {about}") for line in lines), about
    for about in ("Meta token", "Onboarding", "Number 1065", "Webhook", "Database", "Disk", "Rate card"):
        assert any(line.startswith(f"ok   {about}") for line in lines), about


async def test_a_good_setup_ends_with_status_0(arauto: Terminal, monkeypatch: pytest.MonkeyPatch):
    async with surroundings() as settings:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        answer = await asyncio.to_thread(arauto, "doctor")

    assert answer.status == 0
    assert answer.out.startswith("ok   Settings: all there.\n")
    assert answer.err == ""


async def test_missing_scopes_a_foreign_channel_and_no_webhook_are_told(
    arauto: Terminal, monkeypatch: pytest.MonkeyPatch
):
    async with surroundings(scopes=SCOPES - {"files:read"}, callback_url=None) as settings:
        lines = await lines_with(monkeypatch, {**settings, "ARAUTO_APPROVAL_CHANNEL": "C0GENERAL"})

    assert [line[:25] for line in bad(lines)] == [
        "fail Slack scopes: files:",
        "fail Approval channel C0G",
        "fail Webhook: no app is s",
    ]


async def test_wrong_tokens_are_told_by_each_side(arauto: Terminal, monkeypatch: pytest.MonkeyPatch):
    async with surroundings() as settings:
        wrong = {"SLACK_BOT_TOKEN": "xoxb-wrong", "META_ACCESS_TOKEN": "EAAwrong"}
        lines = await lines_with(monkeypatch, {**settings, **wrong})

    slack_line, meta_line = bad(lines)
    assert slack_line.startswith("fail Slack token: ")
    assert meta_line.startswith("fail Meta token or META_WABA_ID: ")
    assert "wrong" not in slack_line + meta_line


async def test_a_wrong_app_token_does_not_hide_the_rest(arauto: Terminal, monkeypatch: pytest.MonkeyPatch):
    async with surroundings() as settings:
        lines = await lines_with(monkeypatch, {**settings, "SLACK_APP_TOKEN": "xapp-wrong"})

    (line,) = bad(lines)
    assert line.startswith("fail Slack link: Socket Mode refused")


async def test_nobody_at_the_other_end_is_told_and_not_raised(arauto: Terminal, monkeypatch: pytest.MonkeyPatch):
    async with surroundings() as settings:
        gone = dict(settings)

    lines = await lines_with(monkeypatch, gone)

    assert [line.split(":")[0] for line in bad(lines)] == ["fail Slack token", "fail Meta cannot be asked"]


async def test_a_number_that_is_not_the_accounts_is_told(arauto: Terminal, monkeypatch: pytest.MonkeyPatch):
    async with surroundings() as settings:
        lines = await lines_with(monkeypatch, {**settings, "META_PHONE_NUMBER_IDS": "106540352242922,999"})

    (line,) = bad(lines)
    assert line.startswith("fail Number 999: ")


def test_wrong_settings_are_findings_and_the_database_is_looked_at_all_the_same(
    arauto: Terminal, monkeypatch: pytest.MonkeyPatch
):
    arauto("migrate", "--database", arauto.url)
    monkeypatch.setenv("ARAUTO_APPROVER", "U0BOSS")

    answer = arauto("doctor", "--database", arauto.url)

    assert answer.status == 1
    lines = answer.out.splitlines()
    assert sum(line.startswith("fail ") for line in lines) == len(REQUIRED)
    assert "warn ARAUTO_APPROVER is no setting of Arauto. Did you mean ARAUTO_APPROVERS?" in lines
    assert "ok   Database: schema 0005_sealed_rows, writable." in lines


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("notes.txt", "no database " * 100, "it is not an SQLite database"),
        ("deep/er/arauto.db", None, "its folder is not there"),
    ],
)
def test_a_database_that_cannot_be_used_is_told(arauto: Terminal, name: str, content: str | None, expected: str):
    if content is not None:
        arauto.file(name, content)

    answer = arauto("doctor", "--database", f"sqlite:///{arauto.folder / name}")

    (line,) = [line for line in answer.out.splitlines() if name in line]
    assert line.startswith("fail ")
    assert expected in line


def test_looking_at_a_database_creates_none(arauto: Terminal):
    answer = arauto("doctor")

    assert "ok   Database arauto.db: not there yet; `arauto serve` creates it." in answer.out.splitlines()
    assert list(arauto.folder.iterdir()) == []
