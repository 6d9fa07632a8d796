"""The audit chain, pure: every line's hash covers the line and the hash before it, so that no edit goes unseen."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from bot.domain.instants import Millis
from bot.domain.plan import canonical

#: The hash before the first line.
GENESIS = hashlib.sha256(b"arauto audit").hexdigest()


class Entry(Protocol):
    """What one line says; `bot.ports.records.AuditEntry` is one."""

    @property
    def at(self) -> Millis: ...  # noqa: D102 - a signature that says all
    @property
    def actor(self) -> str: ...  # noqa: D102
    @property
    def action(self) -> str: ...  # noqa: D102
    @property
    def subject(self) -> str: ...  # noqa: D102
    @property
    def detail(self) -> Mapping[str, Any]: ...  # noqa: D102


class Row(Protocol):
    """One stored line with its place in the chain; `bot.ports.records.AuditRow` is one."""

    @property
    def seq(self) -> int: ...  # noqa: D102
    @property
    def entry(self) -> Entry: ...  # noqa: D102
    @property
    def previous_hash(self) -> str: ...  # noqa: D102
    @property
    def hash(self) -> str: ...  # noqa: D102


def entry_hash(previous_hash: str, seq: int, entry: Entry) -> str:
    """Hash one line (SHA-256, hex) together with its number and the hash of the line before."""
    body = {
        "seq": seq,
        "previous": previous_hash,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
    }
    return hashlib.sha256(canonical(body)).hexdigest()


def verify(rows: Iterable[Row], head: tuple[int, str] | None = None) -> int | None:
    """Walk the whole chain from line 1; give the number of the first line that is wrong or missing, None when it holds.

    `head` is the number and hash of the last line as remembered apart from the chain: without it, lines cut off the
    end leave a shorter chain that is sound in itself.
    """
    seq, previous = 0, GENESIS
    for row in rows:
        seq += 1
        if (row.seq, row.previous_hash) != (seq, previous) or row.hash != entry_hash(previous, seq, row.entry):
            return seq
        previous = row.hash
    if head is not None and head != (seq, previous):
        return min(seq, head[0]) + 1 if head[0] != seq else seq
    return None
