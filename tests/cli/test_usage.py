"""Wrong arguments and settings: one sentence on stderr, exit status 2, never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from storage import exclusive
from tests.cli.terminal import Terminal

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["launch"], "No such command 'launch'."),
        (["report"], "Missing argument 'CAMPAIGN'. See `arauto report --help`."),
        (["simulate", "slack"], "Missing option '--port'. See `arauto simulate slack --help`."),
        (["simulate", "meta", "--port", "http"], "'--port': Input should be a valid integer"),
        (["simulate", "meta", "--port", "0", "--profile", "nowhere.json"], "--profile must name a readable JSON file"),
        (["migrate", "--database", "mysql://db/x"], "--database must be sqlite:///relative/path"),
        (["migrate", "--database", "sqlite:////nowhere/at/all.db"], "check that its folder exists"),
        (["audit", "verify"], "There is no database arauto.db"),
        (["report", "7Q2K"], "There is no database arauto.db"),
        (["optins", "erase", "+447700900123"], "There is no database arauto.db"),
        (["optins", "import", "nowhere.csv"], "The file nowhere.csv cannot be read"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_status_2(arauto: Terminal, arguments: list[str], expected: str):
    answer = arauto(*arguments)

    assert answer.status == 2
    assert answer.out == ""
    assert expected in answer.err
    assert answer.err.count("\n") == 1


def test_a_command_that_only_reads_creates_no_database(arauto: Terminal):
    arauto("audit", "verify")

    assert list(arauto.folder.iterdir()) == []


def test_serve_tells_every_missing_setting(arauto: Terminal):
    answer = arauto("serve")

    assert answer.status == 2
    assert [line.split()[0] for line in answer.err.splitlines()][:2] == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"]
    assert "Traceback" not in answer.err


def test_the_settings_are_read_from_dotenv_of_the_working_directory(arauto: Terminal):
    arauto.file(".env", f"DATABASE_URL=sqlite:///{arauto.folder}/from_dotenv.db\n")

    answer = arauto("migrate")

    assert answer.status == 0
    assert (arauto.folder / "from_dotenv.db").is_file()


def test_migrating_twice_changes_nothing_the_second_time(arauto: Terminal):
    first = arauto("migrate", "--database", arauto.url)
    second = arauto("migrate", "--database", arauto.url)

    assert (first.status, second.status) == (0, 0)
    assert first.out.startswith("applied ")
    assert second.out == "The database has the newest schema already.\n"


def test_commands_run_beside_the_serving_process(arauto: Terminal):
    arauto("migrate", "--database", arauto.url)
    csv = arauto.file("people.csv", "phone\n+12025550101\n")

    with exclusive(arauto.url):
        imported = arauto("optins", "import", csv, "--database", arauto.url)
        verified = arauto("audit", "verify", "--database", arauto.url)

    assert (imported.status, verified.status) == (0, 0)


def test_a_file_that_is_no_database_is_told_in_one_sentence(arauto: Terminal):
    path = arauto.file("notes.txt", "no database at all\n" * 100)

    answer = arauto("report", "7Q2K", "--database", f"sqlite:///{path}")

    assert answer.status == 2
    assert "it is not an SQLite database" in answer.err
    assert "Traceback" not in answer.err


def test_python_dash_m_bot_is_the_same_program_and_leaves_the_heavy_parts_alone(tmp_path: Path):
    heavy = "phonenumbers,slack_bolt,slack_sdk,httpx,sqlite_utils,starlette,uvicorn"
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", "--help"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    imported = {line.rsplit("|", 1)[-1].strip() for line in ran.stderr.splitlines()}

    assert ran.returncode == 0
    assert ran.stdout.startswith("Usage: arauto ")
    assert imported.isdisjoint(heavy.split(","))


@pytest.mark.parametrize(("written", "what"), [("web,pigeon", "“pigeon” is no role"), (",", "no role is named")])
def test_a_role_that_does_not_exist_is_told_with_those_that_do(arauto: Terminal, written: str, what: str):
    answer = arauto("serve", "--roles", written)

    assert answer.status == 2
    assert f"--roles: {what}; choose from web, sender, scheduler, cards, sync." in answer.err
