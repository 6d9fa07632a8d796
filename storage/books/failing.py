"""Messages that did not arrive: counted in a row for each person, forgotten when something does."""

from collections.abc import Collection

from bot.domain.consent import Standing
from bot.domain.instants import Millis
from storage.books.census import recount
from storage.books.connection import Connection
from storage.rows.values import listed

_COUNT = """
UPDATE people SET failures = failures + 1 WHERE id IN (SELECT value FROM json_each(?)) RETURNING id, failures
"""
_SUPPRESSED = """
SELECT id, suppressed_at FROM people WHERE id IN (SELECT value FROM json_each(?)) AND suppressed_at IS NOT NULL
"""
_CLEAR = "UPDATE people SET failures = 0 WHERE id IN (SELECT value FROM json_each(?)) AND failures > 0"
_LIFT = f"""
UPDATE people SET suppressed_at = NULL, standing = standing - {int(Standing.SUPPRESSED)}, updated_at = :now
WHERE id IN (SELECT value FROM json_each(:ids)) AND suppressed_at IS NOT NULL RETURNING id
"""
# Of nearly everybody a status says nothing that would have to be written down.
_CONCERNED = """
SELECT id FROM people
WHERE id IN (SELECT value FROM json_each(?)) AND (failures > 0 OR suppressed_at IS NOT NULL{or_nameless})
"""
_REACHED = _CONCERNED.format(or_nameless="")
_REACHED_OR_NAMED = _CONCERNED.format(or_nameless=" OR bsuid IS NULL AND erased_at IS NULL")


def count_failure(connection: Connection, person_ids: Collection[int]) -> dict[int, int]:
    """Add one to the failures of each; gives the new counts."""
    return {row["id"]: row["failures"] for row in connection.execute(_COUNT, (listed(person_ids),))}


def suppressed_since(connection: Connection, person_ids: Collection[int]) -> dict[int, Millis]:
    """Give those who are suppressed, and since when."""
    return {row["id"]: Millis(row["suppressed_at"]) for row in connection.execute(_SUPPRESSED, (listed(person_ids),))}


def clear(connection: Connection, person_ids: Collection[int], now: Millis) -> None:
    """Forget failures and lift suppressions."""
    connection.execute(_CLEAR, (listed(person_ids),))
    lifted = [row["id"] for row in connection.execute(_LIFT, {"ids": listed(person_ids), "now": now}).fetchall()]
    recount(connection, lifted)


def concerned(connection: Connection, person_ids: Collection[int], *, or_nameless: bool) -> set[int]:
    """Give those with failures or suppressed; with `or_nameless` those whose user id is unknown as well."""
    sql = _REACHED_OR_NAMED if or_nameless else _REACHED
    return {row["id"] for row in connection.execute(sql, (listed(person_ids),))}
