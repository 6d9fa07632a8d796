"""What Meta calls people: ids are learnt, and a row that turns out to be somebody on record is united with them."""

from collections.abc import Collection, Mapping

from bot.domain.consent import Standing
from bot.domain.instants import Millis
from storage.books.census import recount
from storage.books.connection import Connection
from storage.books.erasing import END, FORGET_PERSON, FORGET_WORDS
from storage.books.reach import recompute
from storage.rows.values import listed

# An id that somebody else holds stays there; an erased person learns nothing any more.
_LEARN_WA_ID = """
UPDATE people SET wa_id = :wa_id, updated_at = :now
WHERE id = :id AND erased_at IS NULL AND wa_id IS NOT :wa_id
  AND NOT EXISTS (SELECT 1 FROM people WHERE wa_id = :wa_id AND id <> :id)
"""
_LEARN_BSUID = """
UPDATE people SET bsuid = :bsuid, updated_at = :now
WHERE id = :id AND erased_at IS NULL AND bsuid IS NOT :bsuid
  AND NOT EXISTS (SELECT 1 FROM people WHERE bsuid = :bsuid AND id <> :id)
"""
# Nearly everybody's is known, so that a batch of statuses is one look (benchmarks/webhooks.py).
_NAMELESS = """
SELECT id FROM people WHERE id IN (SELECT value FROM json_each(?)) AND bsuid IS NULL AND erased_at IS NULL
"""
_HOLDERS = "SELECT id, bsuid FROM people WHERE bsuid IN (SELECT value FROM json_each(?))"

_BARE = "SELECT id, bsuid, wa_id FROM people WHERE id = ? AND phone IS NULL AND erased_at IS NULL"
#: In this order: the bare row gives up what nobody else may have before the person takes it.
_UNITE = (
    # Where a campaign has both, the bare one keeps its message, and is passed over if it has not left.
    """
    UPDATE recipients SET person_id = :person WHERE person_id = :id
      AND campaign_id NOT IN (SELECT campaign_id FROM recipients WHERE person_id = :person)
    """,
    FORGET_WORDS,
    FORGET_PERSON,
    END,
    """
    UPDATE people SET bsuid = coalesce(bsuid, :bsuid), wa_id = coalesce(wa_id, :wa_id), updated_at = :now
    WHERE id = :person
    """,
)


def learn(connection: Connection, person_id: int, wa_id: str | None, bsuid: str | None, now: Millis) -> None:
    """Remember ids that nobody else holds."""
    if wa_id:
        connection.execute(_LEARN_WA_ID, {"id": person_id, "wa_id": wa_id, "now": now})
    if bsuid:
        connection.execute(_LEARN_BSUID, {"id": person_id, "bsuid": bsuid, "now": now})


def learn_bsuids(connection: Connection, bsuids: Mapping[int, str], now: Millis) -> dict[int, int]:
    """Remember the user ids of those who have none; gives whose id somebody else holds, and who that is."""
    nameless = sorted(row["id"] for row in connection.execute(_NAMELESS, (listed(bsuids),)))
    if not nameless:
        return {}
    holders = _holders(connection, {bsuids[person_id] for person_id in nameless})
    learnt, held = [], {}
    for person_id in nameless:
        bsuid = bsuids[person_id]
        if (holder := holders.setdefault(bsuid, person_id)) == person_id:
            learnt.append({"id": person_id, "bsuid": bsuid, "now": now})
        else:
            held[person_id] = holder
    connection.executemany(_LEARN_BSUID, learnt)
    return held


def _holders(connection: Connection, bsuids: Collection[str]) -> dict[str, int]:
    return {row["bsuid"]: row["id"] for row in connection.execute(_HOLDERS, (listed(bsuids),))}


def unite(connection: Connection, person_id: int, bare_id: int, now: Millis) -> None:
    """Give somebody the messages of a row without a phone, and the ids they lack; that row ends as one erased."""
    bare = connection.execute(_BARE, (bare_id,)).fetchone()
    if bare is None:
        return
    values = {
        "id": bare_id,
        "person": person_id,
        "bsuid": bare["bsuid"],
        "wa_id": bare["wa_id"],
        "erased": f"erased:{bare_id}",
        "standing": int(Standing.NO_ADDRESS),
        "source": f"united with person {person_id}",
        "now": now,
    }
    for statement in _UNITE:
        connection.execute(statement, values)
    recount(connection, (person_id, bare_id))
    recompute(connection, (person_id, bare_id))
