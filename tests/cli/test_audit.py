"""`audit verify` sees every change made behind our back."""

import sqlite3
from dataclasses import replace

import pytest

from bot.ports.records import AuditEntry
from tests.builders import NOW
from tests.cli.terminal import Terminal

ENTRY = AuditEntry(at=NOW, actor="U0ADA", action="campaign approved", subject="campaign 7Q2K")


def written(arauto: Terminal, lines: int = 3) -> Terminal:
    for n in range(lines):
        arauto.write(lambda tx, n=n: tx.audit.append(replace(ENTRY, subject=f"campaign {n}")))
    return arauto


def tampered(arauto: Terminal, *statements: str) -> None:
    """Change the file as somebody would who knows where it is."""
    connection = sqlite3.connect(arauto.folder / "arauto.db")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_an_untouched_chain_holds(arauto: Terminal):
    answer = written(arauto)("audit", "verify", "--database", arauto.url)

    assert answer.status == 0
    assert answer.out == "The audit chain holds: 3 lines.\n"


def test_an_empty_chain_holds(arauto: Terminal):
    arauto("migrate", "--database", arauto.url)

    answer = arauto("audit", "verify", "--database", arauto.url)

    assert (answer.status, answer.out) == (0, "The audit chain holds: 0 lines.\n")


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("UPDATE audit SET actor = 'U0EVE' WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 3", 3),
        ("DELETE FROM audit_head", 1),
    ],
)
def test_a_changed_or_removed_line_is_named(arauto: Terminal, statement: str, line: int):
    tampered(written(arauto), statement)

    answer = arauto("audit", "verify", "--database", arauto.url)

    assert answer.status == 1
    assert f"broken at line {line}:" in answer.err
    assert answer.out == ""
