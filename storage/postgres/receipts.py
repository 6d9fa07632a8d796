"""Receipts of commits: how a process learns, after it lost the connection in the middle of a commit, whether it was."""

import secrets
import socket

import psycopg
from psycopg.rows import DictRow

# The row is there, committed, before the first group: only so can `holds` wait for a transaction that still changes it.
_BEGIN = "INSERT INTO receipts (writer, serial, at) VALUES (%s, 0, now()) ON CONFLICT DO NOTHING"
_ISSUE = "UPDATE receipts SET serial = %s, at = now() WHERE writer = %s"
# FOR UPDATE waits until the server has made up its mind about the old connection's transaction.
_LAST = "SELECT serial FROM receipts WHERE writer = %s FOR UPDATE"
# Nobody asks after a writer that has been silent for days.
_FORGET = "DELETE FROM receipts WHERE at < now() - interval '7 days'"


class Receipts:
    """One row per writing process; each group writes its number into it, in the transaction that commits the group."""

    def __init__(self) -> None:
        self._writer = f"{socket.gethostname()} {secrets.token_hex(8)}"
        self._serial = 0

    def begin(self, raw: psycopg.Connection[DictRow]) -> None:
        """Make sure that this process has its row; to be called outside transactions, on every new connection."""
        raw.execute(_FORGET)
        raw.execute(_BEGIN, (self._writer,))

    def issue(self, raw: psycopg.Connection[DictRow]) -> int:
        """Give the group whose transaction is open a number, and write that down in it."""
        self._serial += 1
        raw.execute(_ISSUE, (self._serial, self._writer))
        return self._serial

    def holds(self, raw: psycopg.Connection[DictRow], serial: int) -> bool:
        """Tell whether the group of that number was committed; waits while it is still being decided."""
        row = raw.execute(_LAST, (self._writer,)).fetchone()
        return row is not None and row["serial"] == serial
