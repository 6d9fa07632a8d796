"""The schema: created whole, refused when it does not fit, and strict about what it promises."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from bot.domain.errors import ConfigurationError
from storage import migrate, open_storage, schema_state
from storage.schema import STEP_NAMES, SchemaState, refuse_misfit
from storage.sqlite import schema
from storage.sqlite.database import connect
from storage.sqlite.engine import SqliteStorage
from storage.sqlite.lock import exclusive
from storage.sqlite.migrations import STEPS, apply_all
from tests.builders import TestClock

_OURS = """
SELECT type, name, sql FROM sqlite_schema
WHERE tbl_name NOT LIKE 'sqlite!_%' ESCAPE '!' AND tbl_name NOT LIKE '!_%' ESCAPE '!'
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "arauto.db")


@pytest.fixture
def db(path: str) -> Iterator[Database]:
    opened = connect(path)
    apply_all(opened)
    yield opened
    opened.close()


def _tables(db: Database) -> dict[str, str]:
    return {row["name"]: row["sql"] for row in db.conn.execute(_OURS) if row["type"] == "table"}


def test_the_steps_lead_to_the_documented_schema(db: Database):
    documented = sqlite3.connect(":memory:")
    documented.executescript("".join(part for step in schema.STEPS for part in step))

    wanted = documented.execute(_OURS).fetchall()
    found = [tuple(row) for row in db.conn.execute(_OURS)]

    assert sorted(found) == sorted(wanted)
    assert len(_tables(db)) > 20
    documented.close()


def test_migrating_again_changes_nothing(path: str):
    url = f"sqlite:///{path}"

    first, second = migrate(url), migrate(url)

    assert first == list(STEP_NAMES)
    assert second == []
    assert schema_state(url).found == STEP_NAMES


def test_an_older_history_of_consent_is_carried_over_line_by_line(path: str):
    db = connect(path)
    STEPS.apply(db, stop_before=STEP_NAMES[3])
    said = {"source": "s", "wording": "w", "evidence": "e", "actor": "a", "recorded_at": 1}
    for person in (1, 2):
        _insert(db, "people", {**_PERSON, "id": person, "phone": f"+44770090000{person}"})
    for person, kind, at in [(2, "opt_in", 5), (1, "opt_in", 9), (2, "stop", 7), (2, "resume", 7)]:
        _insert(db, "consents", {"person_id": person, "kind": kind, "at": at, **said})
    db.close()

    steps = migrate(f"sqlite:///{path}")

    db = connect(path)
    lines = db.conn.execute("SELECT person_id, id, kind, at FROM consents ORDER BY person_id, id").fetchall()
    assert steps == list(STEP_NAMES[3:])
    assert [tuple(line) for line in lines] == [
        (1, 1, "opt_in", 9),
        (2, 1, "opt_in", 5),
        (2, 2, "stop", 7),
        (2, 3, "resume", 7),
    ]
    assert db.conn.execute("PRAGMA foreign_key_check").fetchall() == []
    with pytest.raises(sqlite3.IntegrityError, match="on record already"):
        _insert(db, "consents", {"id": 4, "person_id": 2, "kind": "opt_in", "at": 5, **said})
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.conn.execute("DELETE FROM consents")
    db.close()


def test_what_tables_that_were_built_anew_held_can_be_erased(path: str):
    db = connect(path)
    STEPS.apply(db, stop_before=STEP_NAMES[3])
    for person in range(1, 101):
        _insert(db, "people", {**_PERSON, "id": person, "phone": f"+447700900{person:03}", "name": "Ada Lovelace"})
    db.close()

    migrate(f"sqlite:///{path}")
    db = connect(path)
    db.conn.execute("UPDATE people SET name = ''")
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()

    assert b"Ada Lovelace" not in Path(path).read_bytes()


def test_cards_given_up_for_what_can_be_mended_live_again_while_their_campaign_does(path: str):
    db = connect(path)
    STEPS.apply(db, stop_before="0005_chat_troubles")
    db.conn.execute("PRAGMA foreign_keys = OFF")
    for campaign_id, state in [(1, "sending"), (2, "closed")]:
        _insert(db, "campaigns", {**_CAMPAIGN, "id": campaign_id, "token": f"T{campaign_id}", "state": state})
        _insert(db, "cards", {**_CARD, "campaign_id": campaign_id, "dead": "not_in_channel"})
    db.close()

    migrate(f"sqlite:///{path}")

    db = connect(path)
    assert [tuple(row) for row in db.conn.execute("SELECT campaign_id, dead FROM cards ORDER BY 1")] == [
        (1, None),
        (2, "not_in_channel"),
    ]
    db.close()


def test_an_older_file_that_somebody_serves_from_is_not_changed_under_them(path: str):
    db = connect(path)
    STEPS.apply(db, stop_before=STEP_NAMES[3])
    db.close()

    with exclusive(path), pytest.raises(ConfigurationError, match="stop it first"):
        migrate(f"sqlite:///{path}")

    assert schema_state(f"sqlite:///{path}").found == STEP_NAMES[:3]
    assert migrate(f"sqlite:///{path}") == list(STEP_NAMES[3:])


def test_every_table_is_strict_and_every_index_names_its_question(db: Database):
    tables = _tables(db)

    assert [name for name, sql in tables.items() if not re.search(r"\)\s*STRICT", sql)] == []
    source = "".join(part for step in schema.STEPS for part in step)
    indexes = re.findall(r"(.*)\n(?:CREATE INDEX.*\n)*CREATE (?:UNIQUE )?INDEX", source)
    assert [line for line in indexes if not line.startswith("-- ") and not line.startswith("CREATE INDEX")] == []


def test_a_connection_is_durable_and_minds_foreign_keys(db: Database):
    pragmas = {
        name: db.conn.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    }

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


_PERSON: dict[str, Any] = {
    "id": 1,
    "phone": "+447700900001",
    "identity": "447700900001",
    "country": "GB",
    "market": "UK",
    "standing": 0,
    "created_at": 0,
    "updated_at": 0,
}
_CAMPAIGN: dict[str, Any] = {
    "name": "Spring",
    "template_id": "t",
    "audience_id": 1,
    "channel": "C0",
    "phone_number_id": "1",
    "policy": "STRICT",
    "bindings": "{}",
    "version": 1,
    "revision": 1,
    "created_by": "U0",
    "team": "T0",
    "created_at": 0,
}
_CARD: dict[str, Any] = {
    "kind": "live",
    "channel": "C0",
    "ts": "1.0",
    "wanted": 2,
    "drawn": 1,
    "content_hash": "",
    "stale_since": 0,
}


def _insert(db: Database, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    db.conn.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


@pytest.mark.parametrize(
    "broken",
    [
        {"standing": 1},
        {"opted_in_at": 5},
        {"standing": 2},
        {"standing": 4},
        {"standing": 8},
        {"standing": 16},
        {"phone": None},
        {"phone": "447700900001"},
        {"attributes": "{"},
        {"created_at": "yesterday"},
        {"erased_at": 5},
        {"failures": -1},
    ],
    ids=str,
)
def test_a_person_who_contradicts_themselves_is_refused(db: Database, broken: dict[str, Any]):
    with pytest.raises(sqlite3.IntegrityError):
        _insert(db, "people", {**_PERSON, **broken})

    _insert(db, "people", _PERSON)


def _campaign(db: Database) -> None:
    _insert(db, "people", _PERSON)
    _insert(db, "audiences", {"id": 1, "name": "a", "rule": "{}", "created_by": "U", "created_at": 0})
    template = {"id": "t", "name": "n", "language": "en", "status": "APPROVED", "category": "MARKETING"}
    more = {"components": "[]", "parameter_format": "NAMED", "quality": "X", "has_bid": 0, "changed_at": 0}
    _insert(db, "templates", {**template, **more})
    campaign = {"id": 1, "token": "T", "name": "n", "template_id": "t", "audience_id": 1, "channel": "C", "version": 0}
    state = {"policy": "STRICT", "bindings": "{}", "state": "draft", "revision": 0, "created_by": "U", "team": "T"}
    _insert(db, "campaigns", {**campaign, **state, "phone_number_id": "1", "created_at": 0})


_MESSAGE: dict[str, Any] = {
    "campaign_id": 1,
    "person_id": 1,
    "identity": "1",
    "address": "+1",
    "parameters": b"[]",
    "market": "UK",
    "country": "GB",
}


@pytest.mark.parametrize(
    "broken",
    [
        {"dispatch": "gone"},
        {"dispatch": "sending"},
        {"dispatch": "accepted"},
        {"dispatch": "skipped"},
        {"dispatch": "in_doubt", "wamid": "w"},
        {"delivery": "read"},
        {"read_at": 5},
        {"read_at": 5, "delivered_at": 4, "delivery": "delivered"},
        {"person_id": 2},
        {"campaign_id": 2},
        {"route": "pigeon"},
        {"free": 2},
        {"attempt": 0},
    ],
    ids=str,
)
def test_a_message_that_contradicts_itself_is_refused(db: Database, broken: dict[str, Any]):
    _campaign(db)

    with pytest.raises(sqlite3.IntegrityError):
        _insert(db, "recipients", {**_MESSAGE, **broken})
    _insert(db, "recipients", _MESSAGE)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        _insert(db, "recipients", _MESSAGE)


def test_nobody_is_recorded_as_approving_their_own_campaign(db: Database):
    _campaign(db)

    with pytest.raises(sqlite3.IntegrityError):
        db.conn.execute("UPDATE campaigns SET approved_by = 'U', approved_at = 1")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM consents",
        "UPDATE consents SET at = 5",
        "UPDATE consents SET wording = ''",
        "UPDATE consents SET wording = '', evidence = '', redacted_at = 5, kind = 'stop'",
        "UPDATE consents SET wording = 'forged', redacted_at = 5",
        "DELETE FROM audit",
        "UPDATE audit SET actor = 'U0FORGED'",
    ],
)
def test_history_cannot_be_rewritten(db: Database, statement: str):
    _insert(db, "people", _PERSON)
    line = {"person_id": 1, "kind": "opt_in", "at": 1, "source": "s", "wording": "w", "evidence": "e", "actor": "a"}
    _insert(db, "consents", {"id": 1, **line, "recorded_at": 1})
    entry = {"seq": 1, "at": 1, "actor": "a", "action": "x", "subject": "s", "detail": "{}"}
    _insert(db, "audit", {**entry, "previous_hash": "0", "hash": "1"})

    with pytest.raises(sqlite3.IntegrityError):
        db.conn.execute(statement)


def test_a_newer_schema_is_refused_with_what_to_do(path: str, db: Database):
    table = db["_sqlite_migrations"]
    table.insert({"migration_set": "arauto", "name": "9999_from_the_future", "applied_at": "2030"})

    for use in (lambda: SqliteStorage(path, clock=TestClock()), lambda: migrate(f"sqlite:///{path}")):
        with pytest.raises(ConfigurationError, match=f"{path} .* 9999_from_the_future.*install a newer Arauto"):
            use()


def test_an_older_schema_is_refused_with_the_command_to_run(path: str):
    older = SchemaState(found=STEP_NAMES, wanted=(*STEP_NAMES, "9999_next"))

    with pytest.raises(ConfigurationError, match=f"{path} .* {STEP_NAMES[-1]}, .* 9999_next: run `arauto migrate`"):
        refuse_misfit(path, older)
    refuse_misfit(path, replace(older, found=older.wanted))


def test_somebody_elses_database_is_left_alone(path: str):
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (id INTEGER)")
    other.commit()
    other.close()

    with pytest.raises(ConfigurationError, match="was not made by Arauto"):
        SqliteStorage(path, clock=TestClock())
    with pytest.raises(ConfigurationError, match="was not made by Arauto"):
        migrate(f"sqlite:///{path}")


def test_a_file_that_is_no_database_is_named(path: str):
    Path(path).write_text("this is a text, long enough that nobody takes it for an empty database file")

    with pytest.raises(ConfigurationError, match=f"{path} cannot be opened: it is not an SQLite database"):
        open_storage(f"sqlite:///{path}", clock=TestClock())


def test_a_folder_that_is_missing_is_named(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="check that its folder exists"):
        open_storage(f"sqlite:///{tmp_path}/missing/arauto.db", clock=TestClock())


@pytest.mark.parametrize("url", ["mysql://root:hunter2@host/db", "sqlite://", "sqlite:///", "", "arauto.db"])
def test_an_address_nobody_serves_is_refused_without_telling_its_password(url: str):
    with pytest.raises(ConfigurationError, match="DATABASE_URL must be") as refused:
        open_storage(url, clock=TestClock())

    assert "hunter2" not in str(refused.value)


def test_a_relative_address_lies_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    migrate("sqlite:///here.db")

    assert (tmp_path / "here.db").exists()
