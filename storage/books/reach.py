"""Reach: when somebody's last three campaigns reached them, or may have, kept in the write that settles a message.

A message under way (`sending`) is not in here: there are few, and each is settled soon. Counting asks for them apart,
so that a message costs one write of this and not two.
"""

from collections.abc import Collection, Iterable
from operator import itemgetter

from bot.domain.instants import Millis
from bot.domain.message import Dispatch, Recipient
from storage.books.alike import Alike
from storage.books.connection import Connection
from storage.rows.values import listed

#: The columns of `members`, the last campaign first; of a person there is one message in each campaign.
REACHED = ("last_at", "second_at", "third_at")

# What has to change for anything to be moved; what a status changes is none of this.
_when = itemgetter(*map(Recipient._fields.index, ("dispatch", "accepted_at", "sending_at")))

# The usual change: one more campaign, later than the others.
_ARRIVE = """
UPDATE members SET third_at = members.second_at, second_at = members.last_at, last_at = arrived.at FROM (
  SELECT person_id, coalesce(accepted_at, sending_at) AS at FROM recipients
  WHERE id IN (SELECT value FROM json_each(?))
) AS arrived
WHERE members.person_id = arrived.person_id AND (members.last_at IS NULL OR members.last_at <= arrived.at)
"""
_NTH = """(
  SELECT coalesce(r.accepted_at, r.sending_at) FROM recipients AS r
  WHERE r.person_id = members.person_id AND r.dispatch IN ('accepted', 'in_doubt')
    AND coalesce(r.accepted_at, r.sending_at) IS NOT NULL
  ORDER BY coalesce(r.accepted_at, r.sending_at) DESC LIMIT 1 OFFSET {n}
)"""
_RECOMPUTE = f"""
UPDATE members SET {", ".join(f"{column} = {_NTH.format(n=n)}" for n, column in enumerate(REACHED))}
WHERE person_id IN (SELECT value FROM json_each(?))
  AND (last_at IS NOT NULL OR EXISTS (SELECT 1 FROM recipients WHERE recipients.person_id = members.person_id))
"""


def follow(connection: Connection, groups: Iterable[Alike]) -> None:
    """Bring along whom the changed messages, written already, reached or reached no more."""
    moved = [change for group in groups if any(_when(group.changed)) for change in group.changes if _is_moved(*change)]
    if not moved:
        return
    if all(_reached(before) is None for before, _ in moved):
        ids = [after.id for _, after in moved]
        if connection.execute(_ARRIVE, (listed(ids),)).rowcount == len(ids):
            return
    recompute(connection, {after.person_id for _, after in moved})


def recompute(connection: Connection, person_ids: Collection[int]) -> None:
    """Read from all messages to these people when the last ones reached them."""
    connection.execute(_RECOMPUTE, (listed(person_ids),))


def _is_moved(before: Recipient, after: Recipient) -> bool:
    return _reached(before) != _reached(after)


def _reached(message: Recipient) -> Millis | None:
    """Say when a message reached its person, or may have; None for one that has not left or is under way."""
    if message.dispatch is Dispatch.ACCEPTED or message.dispatch is Dispatch.IN_DOUBT:
        return message.sending_at if message.accepted_at is None else message.accepted_at
    return None
