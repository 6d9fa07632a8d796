"""The preview's groups: a million people counted by what decides about them, with a few masked samples each."""

from collections.abc import Iterable

from bot.domain.audience import AudienceRule, Group
from bot.domain.consent import Facts, FrequencyCap, Standing
from bot.domain.instants import Millis
from bot.domain.phone import mask
from storage.books.connection import Connection
from storage.books.matching import matching, matching_values
from storage.rows.values import Row, from_json, listed

_COLUMNS = "p.id, p.standing, p.country, p.market"
# lowest_ids is an aggregate that the engine brings: the first few ids of a group as a JSON list.
_GROUPED = """
SELECT standing, country, market, is_capped, is_duplicate, count(*) AS people, lowest_ids(id) AS sample_ids
FROM ({matching}) AS matched GROUP BY standing, country, market, is_capped, is_duplicate
"""
_ADDRESSES = """
SELECT id, coalesce(phone, bsuid, '') AS address FROM people WHERE id IN (SELECT value FROM json_each(?))
"""


def groups(connection: Connection, rule: AudienceRule, cap: FrequencyCap | None, now: Millis) -> Iterable[Group]:
    """Count everybody who matches; one pass over them, and one look-up of all samples."""
    sql = _GROUPED.format(matching=matching(rule, cap, _COLUMNS))
    found = connection.execute(sql, matching_values(rule, cap, now)).fetchall()
    masked = _masked(connection, [sample for row in found for sample in from_json(row["sample_ids"])])
    return [_group(row, masked) for row in found]


def _masked(connection: Connection, ids: list[int]) -> dict[int, str]:
    rows = connection.execute(_ADDRESSES, (listed(ids),))
    return {row["id"]: mask(row["address"]) if row["address"] else "no address" for row in rows}


def _group(row: Row, masked: dict[int, str]) -> Group:
    facts = Facts(
        standing=Standing(row["standing"]),
        country=row["country"],
        is_capped=bool(row["is_capped"]),
        is_duplicate=bool(row["is_duplicate"]),
    )
    samples = tuple(masked[sample] for sample in from_json(row["sample_ids"]))
    return Group(facts, row["market"], row["people"], samples)
