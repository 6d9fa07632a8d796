"""Writing many changed messages by one statement: only over the rows that were read."""

from collections.abc import Sequence

from bot.domain.message import Recipient
from storage.books.alike import alike
from storage.books.changing import check_all_saved
from storage.books.reach import follow
from storage.books.tallies import move_tallies
from storage.postgres.session import Session
from storage.postgres.staging import CHANGING_COLUMNS, stage
from storage.rows.recipients import STATE_COLUMNS, delivery_value, state_values

_SET = ", ".join(f"{name} = s.new_{name}" for name in CHANGING_COLUMNS)
_UNCHANGED = " AND ".join(f"r.{name} IS NOT DISTINCT FROM s.old_{name}" for name in STATE_COLUMNS)
# Guards that are compared with a column, not with a word, fit no partial index. With `dispatch = 'accepted'` written
# out, a server whose statistics are older than the plan walks the whole index of open messages for every single one.
_SAVE = f"UPDATE recipients AS r SET {_SET} FROM staged_changes AS s WHERE r.id = s.id AND {_UNCHANGED}"


def save_many(session: Session, changes: Sequence[tuple[Recipient, Recipient]]) -> None:
    """Write (before, after) pairs, each message once, and move the counters; raises ConflictError as `save` does."""
    stage(session, "staged_changes", (_columns(before, after) for before, after in changes))
    check_all_saved(session.execute(_SAVE).rowcount, changes)
    groups = alike(changes)
    move_tallies(session, groups)
    follow(session, groups)


def _columns(before: Recipient, after: Recipient) -> tuple[object, ...]:
    return (after.id, *state_values(before), *state_values(after), delivery_value(after))
