"""Counting people by their cells: how many match a rule, how many of them are capped, and who comes first.

Some thousand cells are added up instead of a million people; of the members only those are walked whom something
reached since the rule or the cap begins to look (`benchmarks/audience_preview.py`). Nothing here sees people who are to
be looked at one by one: whoever is `apart`, newcomers, and where time decides everybody with a message under way.
"""

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from bot.domain.audience import AudienceRule, Waterfall
from bot.domain.consent import FrequencyCap
from bot.domain.instants import Millis
from storage.books.census import last_counted
from storage.books.connection import Connection
from storage.books.matching import CAMPAIGNS_SINCE, LANGUAGE, matching_values
from storage.books.reach import REACHED
from storage.rows.values import Row, listed

#: How many samples a step of the waterfall shows.
_FEW = Waterfall.SAMPLES_PER_STEP
_NEVER, _ALWAYS = "1 = 0", "1 = 1"
_NOBODY = f"m.last_at IS NOT NULL AND {_NEVER}"
_REACHED, _IN_ORDER = (f"members AS m INDEXED BY {index}" for index in ("members_by_reach", "members_by_cell"))
_TAG_IDS = "SELECT id, name FROM tags WHERE name IN (SELECT value FROM json_each(?))"

_UNDER_WAY = "SELECT person_id FROM recipients INDEXED BY recipients_sending WHERE dispatch = 'sending'"
_APART = """
SELECT m.person_id FROM cells AS c CROSS JOIN members AS m ON m.cell_id = c.id WHERE c.kind = 'apart'
UNION SELECT id FROM people WHERE id > :counted
"""
# MATERIALIZED keeps SQLite from walking a cell's members once for each mention of their number, INDEXED BY from
# trusting statistics that it took when cells were of another size.
_COUNT = """
WITH found AS MATERIALIZED (
  SELECT c.standing, c.country, c.market, c.people,
    (SELECT count(*) FROM {reached} WHERE m.cell_id = c.id AND {recent}) AS recent,
    (SELECT count(*) FROM {reached} WHERE m.cell_id = c.id AND {capped}) AS capped
  FROM cells AS c WHERE c.kind = 'alike' AND {conditions}
)
SELECT standing, country, market, sum(people - recent - capped) AS free, sum(capped) AS capped FROM found
GROUP BY standing, country, market
"""
# Those of them with a message under way, as they are counted there.
_COUNT_UNDER_WAY = f"""
SELECT c.standing, c.country, c.market, ({{capped}}) IS TRUE AS is_capped, count(*) AS people
FROM (SELECT DISTINCT person_id FROM ({_UNDER_WAY}) AS under_way) AS s
CROSS JOIN members AS m ON m.person_id = s.person_id CROSS JOIN cells AS c ON c.id = m.cell_id
WHERE c.kind = 'alike' AND {{conditions}} AND ({{recent}}) IS NOT TRUE
GROUP BY c.standing, c.country, c.market, is_capped
"""
# The three that come first are in the three cells whose first ones come first.
_FIRST_CELLS = f"""
WITH found AS MATERIALIZED (
  SELECT c.id AS cell_id, (SELECT min(m.person_id) FROM {{members}} WHERE m.cell_id = c.id AND {{which}}) AS first_id
  FROM cells AS c WHERE c.kind = 'alike' AND c.standing = :standing AND c.country = :country AND c.market = :market
    AND {{conditions}}
)
SELECT cell_id FROM found WHERE first_id IS NOT NULL ORDER BY first_id LIMIT {_FEW}
"""
_FIRST_MEMBERS = f"""
SELECT m.person_id FROM {{members}} WHERE m.cell_id = :cell_id AND {{which}} ORDER BY m.person_id LIMIT {_FEW}
"""


class Key(NamedTuple):
    """What people counted together have in common."""

    standing: int
    country: str
    market: str
    is_capped: bool


class Cells:
    """The cells that match a rule, under a cap, as of now."""

    def __init__(self, connection: Connection, rule: AudienceRule, cap: FrequencyCap | None, now: Millis) -> None:
        self._connection = connection
        self._values = matching_values(rule, cap, now)
        recent = _NOBODY if rule.not_messaged_days is None else "m.last_at >= :messaged_since"
        capped = _NOBODY if cap is None else _is_capped(cap)
        self._parts = {
            "reached": _REACHED,
            "recent": recent,
            "capped": capped if recent == _NOBODY else f"{capped} AND m.last_at < :messaged_since",
            "conditions": self._conditions(rule),
        }
        self._minds_time = not recent == capped == _NOBODY

    def apart(self) -> list[int]:
        """Give those who are not counted here, matching or not."""
        sql = f"{_APART} UNION {_UNDER_WAY}" if self._minds_time else _APART
        rows = self._connection.execute(sql, {"counted": last_counted(self._connection)})
        return [row["person_id"] for row in rows]

    def count(self) -> Counter[Key]:
        """Count those who match, without those `apart`."""
        counted: Counter[Key] = Counter()
        for row in self._connection.execute(_COUNT.format(**self._parts), self._values):
            counted[_key(row, is_capped=False)] += int(row["free"])
            counted[_key(row, is_capped=True)] += int(row["capped"])
        if self._minds_time:
            for row in self._connection.execute(_COUNT_UNDER_WAY.format(**self._parts), self._values):
                counted[_key(row, is_capped=bool(row["is_capped"]))] -= row["people"]
        return +counted

    def first(self, key: Key) -> list[int]:
        """Give the lowest ids, three at most, of those counted under a key."""
        parts = {**self._parts, "which": self._which(key), "members": _REACHED if key.is_capped else _IN_ORDER}
        named = {"standing": int(key.standing), "country": key.country, "market": key.market}
        cells = self._connection.execute(_FIRST_CELLS.format(**parts), {**self._values, **named}).fetchall()
        members = _FIRST_MEMBERS.format(**parts)
        found = [
            row["person_id"]
            for cell in cells
            for row in self._connection.execute(members, {**self._values, "cell_id": cell["cell_id"]})
        ]
        return sorted(found)[:_FEW]

    def _which(self, key: Key) -> str:
        """Write the condition on a member counted under a key."""
        if not self._minds_time:
            return _ALWAYS
        capped, recent = self._parts["capped"], self._parts["recent"]
        counted = capped if key.is_capped else f"({capped}) IS NOT TRUE AND ({recent}) IS NOT TRUE"
        return f"{counted} AND m.person_id NOT IN ({_UNDER_WAY})"

    def _conditions(self, rule: AudienceRule) -> str:
        """Write what a rule asks of a cell, and bind the tags it names."""
        parts = [self._has_one_of(rule.tags_any)] if rule.tags_any else []
        parts += [self._has_one_of({tag}) for tag in sorted(rule.tags_all)]
        if rule.tags_none:
            parts.append(f"NOT {self._has_one_of(rule.tags_none)}")
        if rule.countries:
            parts.append("c.country IN (SELECT value FROM json_each(:countries))")
        if rule.languages:
            parts.append(LANGUAGE.format(p="c"))
        return " AND ".join(parts) or _ALWAYS

    def _has_one_of(self, tags: Collection[str]) -> str:
        ids = [row["id"] for row in self._connection.execute(_TAG_IDS, (listed(tags),))]
        names = [f"tag_{tag_id}" for tag_id in sorted(ids)]
        self._values |= {name: f",{tag_id}," for name, tag_id in zip(names, sorted(ids), strict=True)}
        return f"({' OR '.join(f'instr(c.tags, :{name}) > 0' for name in names) or _NEVER})"


def _is_capped(cap: FrequencyCap) -> str:
    """Write when a member has as many campaigns as a cap allows; beyond the times kept, their messages are counted."""
    nth = REACHED[min(cap.campaigns, len(REACHED)) - 1]
    condition = f"m.last_at >= :cap_since AND m.{nth} >= :cap_since"
    if cap.campaigns <= len(REACHED):
        return condition
    return f"{condition} AND {CAMPAIGNS_SINCE.format(person='m.person_id', since=':cap_since')} >= :cap_campaigns"


def _key(row: Row, *, is_capped: bool) -> Key:
    return Key(row["standing"], row["country"], row["market"], is_capped)
