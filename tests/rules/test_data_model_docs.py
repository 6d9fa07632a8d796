"""docs/data-model.md lists every table, index and trigger of a real database, and none that is not there."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import storage
from tests.rules.documents import codes, rows
from tests.rules.repository import text

DOCUMENT = "docs/data-model.md"
#: sqlite-utils keeps its own record of the steps applied.
FOREIGN = "_sqlite_migrations"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "empty.db"
    storage.migrate(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def listed(head: str) -> list[str]:
    """Give the names in the first column of the tables whose head begins so."""
    parts = text(DOCUMENT).split(f"| {head} |")[1:]
    return [codes(line)[0] for part in parts for line in part.split("\n\n")[0].splitlines() if line.startswith("| `")]


def in_schema(database: sqlite3.Connection, *kinds: str) -> set[str]:
    found = database.execute("SELECT type, name FROM sqlite_master WHERE tbl_name <> ? AND sql IS NOT NULL", (FOREIGN,))
    return {name for kind, name in found if kind in kinds}


def test_every_table_is_listed_once(database: sqlite3.Connection):
    told = listed("Table")

    assert sorted(told) == sorted(in_schema(database, "table"))


def test_every_index_and_trigger_is_listed_once(database: sqlite3.Connection):
    told = listed("Index or trigger")

    assert sorted(told) == sorted(in_schema(database, "index", "trigger"))


def test_every_index_has_a_question_and_every_trigger_a_promise(database: sqlite3.Connection):
    told = {codes(row[0])[0]: row[1] for row in rows(DOCUMENT) if codes(row[0])}
    indexes, triggers = in_schema(database, "index"), in_schema(database, "trigger")

    assert [name for name in indexes if "?" not in told[name]] == []
    assert [name for name in triggers if not told[name]] == []


def test_personal_data_is_said_to_be_only_where_there_are_such_columns(database: sqlite3.Connection):
    sentence = text(DOCUMENT).split("## Where personal data is\n")[1].split("`arauto")[0]
    tables = in_schema(database, "table")
    columns = {name for one in tables for _, name, *_ in database.execute(f"PRAGMA table_info({one})")}

    assert [name for name in codes(sentence) if name not in tables | columns] == []
