"""The schema on PostgreSQL: that of SQLite table by table, refused when it does not fit, and as strict."""

import re
import sqlite3
import threading
from collections.abc import Iterator

import psycopg
import pytest

from bot.domain.errors import ConfigurationError
from storage import migrate, open_storage, schema_state
from storage.postgres import schema as ours
from storage.schema import STEP_NAMES
from storage.sqlite import schema as theirs
from tests.builders import TestClock
from tests.postgres_server import a_database, execute

_COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'
"""
#: What only one engine needs: the record of its steps, and the receipts of its commits.
_OWN = {"schema_steps", "receipts"}


@pytest.fixture
def url() -> Iterator[str]:
    with a_database() as address:
        yield address


@pytest.fixture
def empty() -> Iterator[str]:
    with a_database(is_migrated=False) as address:
        yield address


def test_both_engines_have_the_same_tables_and_columns(url: str):
    documented = sqlite3.connect(":memory:")
    documented.executescript("".join(part for step in theirs.STEPS for part in step))
    tables = [name for (name,) in documented.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    wanted = {
        (table, column)
        for table in tables
        for _, column, *_ in documented.execute(f"PRAGMA table_info({table})").fetchall()
    }
    documented.close()

    found = {(table, column) for table, column in execute(_COLUMNS, url) if table not in _OWN}

    assert found == wanted


def _indexes(steps: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    """Follow the steps and give what is there in the end: each index with what it is over."""
    found: dict[str, str] = {}
    script = " ".join("".join(part for step in steps for part in step).split())
    for word, name, over in re.findall(r"(CREATE|DROP) (?:UNIQUE )?INDEX (\w+)(.*?);", script):
        if word == "CREATE":
            found[name] = over
        else:
            del found[name]
    return found


def test_both_engines_have_the_same_indexes():
    here, there = _indexes(ours.STEPS), _indexes(theirs.STEPS)

    # Writes of SQLite follow one another, so that a trigger can keep this promise.
    assert here.pop("consents_opt_in_once")
    assert here == there


def test_migrating_again_changes_nothing(empty: str):
    first, second = migrate(empty), migrate(empty)

    assert first == list(STEP_NAMES)
    assert second == []
    assert schema_state(empty).found == STEP_NAMES


def test_an_older_database_that_somebody_serves_from_is_not_changed_under_them(url: str):
    execute(f"DELETE FROM schema_steps WHERE name = '{STEP_NAMES[-1]}'", url)
    execute("INSERT INTO leases (name, holder, token, expires_at) VALUES ('role cards', 'a', 1, 9999999999999)", url)

    with pytest.raises(ConfigurationError, match=r"Somebody serves .*stop every `arauto serve` first"):
        migrate(url)

    assert schema_state(url).found == STEP_NAMES[:-1]


def test_processes_that_start_on_an_empty_database_at_once_make_one_schema(empty: str):
    applied: list[list[str]] = []
    starting = [threading.Thread(target=lambda: applied.append(migrate(empty))) for _ in range(4)]

    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()

    assert sorted(map(len, applied)) == [0, 0, 0, len(STEP_NAMES)]


def test_a_newer_schema_is_refused_with_what_to_do(url: str):
    execute("INSERT INTO schema_steps (name) VALUES ('9999_from_the_future')", url)

    for use in (lambda: open_storage(url, clock=TestClock()), lambda: migrate(url)):
        with pytest.raises(ConfigurationError, match=r"9999_from_the_future.*install a newer Arauto"):
            use()


def test_somebody_elses_database_is_left_alone(empty: str):
    execute("CREATE TABLE theirs (id INTEGER)", empty)

    for use in (lambda: open_storage(empty, clock=TestClock()), lambda: migrate(empty)):
        with pytest.raises(ConfigurationError, match="was not made by Arauto"):
            use()


def test_an_address_where_nobody_answers_is_told_without_its_password(url: str):
    wrong = "postgresql://arauto:hunter2@127.0.0.1:1/arauto"

    with pytest.raises(ConfigurationError, match=r"127.0.0.1/arauto cannot be opened: .*; check DATABASE_URL") as told:
        open_storage(wrong, clock=TestClock())

    assert "hunter2" not in str(told.value)


_PERSON = """
INSERT INTO people (id, phone, identity, country, market, created_at, updated_at{more})
VALUES (1, {phone}, 'i', 'GB', 'UK', 0, 0{values})
"""


@pytest.mark.parametrize(
    ("more", "values"),
    [
        (", standing", ", 1"),
        (", opted_in_at", ", 5"),
        (", attributes", ", '{'"),
        (", failures", ", -1"),
        (", erased_at", ", 5"),
    ],
)
def test_a_person_who_contradicts_themselves_is_refused(url: str, more: str, values: str):
    with pytest.raises((psycopg.IntegrityError, psycopg.DataError)):
        execute(_PERSON.format(phone="'+447700900001'", more=more, values=values), url)


@pytest.mark.parametrize("phone", ["NULL", "'447700900001'"])
def test_a_person_without_a_number_that_can_be_written_to_is_refused(url: str, phone: str):
    with pytest.raises(psycopg.IntegrityError):
        execute(_PERSON.format(phone=phone, more="", values=""), url)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM consents",
        "UPDATE consents SET at = 5",
        "UPDATE consents SET wording = ''",
        "UPDATE consents SET wording = '', evidence = '', redacted_at = 5, kind = 'stop'",
        "DELETE FROM audit",
        "UPDATE audit SET actor = 'U0FORGED'",
    ],
)
def test_history_cannot_be_rewritten(url: str, statement: str):
    execute(_PERSON.format(phone="'+447700900001'", more="", values=""), url)
    execute("INSERT INTO consents VALUES (1, 1, 'opt_in', 1, 's', 'w', 'e', 'a', 1, NULL)", url)
    execute("INSERT INTO audit VALUES (1, 1, 'a', 'x', 's', '{}', '0', '1')", url)

    with pytest.raises(psycopg.IntegrityError, match="append-only"):
        execute(statement, url)


def test_redacting_a_line_of_consent_is_the_one_change_allowed(url: str):
    execute(_PERSON.format(phone="'+447700900001'", more="", values=""), url)
    execute("INSERT INTO consents VALUES (1, 1, 'opt_in', 1, 's', 'w', 'e', 'a', 1, NULL)", url)

    execute("UPDATE consents SET wording = '', evidence = '', redacted_at = 5", url)

    assert execute("SELECT wording, evidence FROM consents", url) == [("", "")]
