"""The preview's groups: a million people counted by what decides about them, with a few masked samples each.

Nearly everybody is counted by cells. The few who are not alike with anybody (`Cells.apart`) are looked at one by one,
by the same conditions that a plan's candidates must meet.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from bot.domain.audience import AudienceRule, Group, Waterfall
from bot.domain.consent import Exclusion, Facts, FrequencyCap, Standing, verdict
from bot.domain.instants import Millis
from bot.domain.phone import mask
from storage.books.connection import Connection
from storage.books.counting import Cells, Key
from storage.books.matching import matching, matching_values
from storage.rows.values import from_json, listed

_COLUMNS = "p.id, p.standing, p.country, p.market"
# lowest_ids is an aggregate that the engine brings: the first few ids of a group as a JSON list.
_GROUPED = """
SELECT standing, country, market, is_capped, is_duplicate, count(*) AS people, lowest_ids(id) AS sample_ids
FROM ({matching} AND p.id IN (SELECT value FROM json_each(:apart))) AS matched
GROUP BY standing, country, market, is_capped, is_duplicate
"""
_ADDRESSES = """
SELECT id, coalesce(phone, bsuid, '') AS address FROM people WHERE id IN (SELECT value FROM json_each(?))
"""


#: Who is counted by cells and is never a duplicate, or was looked at and may be one.
_Key = tuple[Key, bool]


def groups(connection: Connection, rule: AudienceRule, cap: FrequencyCap | None, now: Millis) -> Iterable[Group]:
    """Count everybody who matches, in the order of what decides, with samples where a preview shows them."""
    cells = Cells(connection, rule, cap, now)
    people: Counter[_Key] = Counter({(key, False): count for key, count in cells.count().items()})
    apart: dict[_Key, list[int]] = {}
    sql = _GROUPED.format(matching=matching(rule, cap, _COLUMNS))
    for row in connection.execute(sql, {**matching_values(rule, cap, now), "apart": listed(cells.apart())}):
        key = (Key(row["standing"], row["country"], row["market"], bool(row["is_capped"])), bool(row["is_duplicate"]))
        people[key] += row["people"]
        apart[key] = from_json(row["sample_ids"])
    samples = _samples(cells, sorted(people), apart)
    masked = _masked(connection, [person_id for ids in samples.values() for person_id in ids])
    return [
        Group(_facts(key), key[0].market, people[key], tuple(masked[person_id] for person_id in samples.get(key, ())))
        for key in sorted(people)
    ]


def _samples(cells: Cells, keys: Iterable[_Key], apart: Mapping[_Key, list[int]]) -> dict[_Key, list[int]]:
    """Find the lowest ids of each group until its reason has as many as are shown; who is sent to is not shown."""
    samples: dict[_Key, list[int]] = {}
    shown: Counter[Exclusion] = Counter()
    for key in keys:
        reason = verdict(_facts(key))
        if reason is not None and shown[reason] < Waterfall.SAMPLES_PER_STEP:
            counted = [] if key[1] else cells.first(key[0])
            samples[key] = sorted([*counted, *apart.get(key, ())])[: Waterfall.SAMPLES_PER_STEP]
            shown[reason] += len(samples[key])
    return samples


def _masked(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    rows = connection.execute(_ADDRESSES, (listed(ids),))
    return {row["id"]: mask(row["address"]) if row["address"] else "no address" for row in rows}


def _facts(key: _Key) -> Facts:
    (standing, country, _, is_capped), is_duplicate = key
    return Facts(standing=Standing(standing), country=country, is_capped=is_capped, is_duplicate=is_duplicate)
