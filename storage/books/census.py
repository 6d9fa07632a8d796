"""The census: keeps people in the cells of those alike, and each cell's count, in the write that changes them.

Reading a million people takes seconds, adding up some thousand cells takes milliseconds
(`benchmarks/audience_preview.py`). Newcomers are not counted by the import that brings them, which would take half as
long again, but in the order of their ids soon afterwards (`count_newcomers`); until then whoever counts looks at them
one by one.
"""

from collections.abc import Collection

from storage.books.connection import Connection
from storage.books.identities import everybody_alike, same_identity
from storage.books.reach import recompute
from storage.rows.values import listed

_LAST = "SELECT coalesce(max(person_id), 0) AS counted FROM members"
_NEXT = "SELECT id FROM people WHERE id > ? ORDER BY id LIMIT ?"
# Who comes behind these and is the same human being: that may be news for them as well.
_BEHIND = " UNION ALL ".join(
    f"SELECT d.id FROM people AS p CROSS JOIN people AS d ON {alike} AND d.id > p.id "
    "WHERE p.id IN (SELECT value FROM json_each(:ids))"
    for alike in everybody_alike("p", "d")
)
# What a person's cell is called. Nothing that a file can make endlessly long is part of a key.
_KNOWN = f"""
WITH tagged AS MATERIALIZED (
  SELECT p.id, p.country, p.market, p.language, p.standing, coalesce((
    SELECT ',' || group_concat(tag_id) || ','
    FROM (SELECT tag_id FROM person_tags WHERE person_id = p.id ORDER BY tag_id) AS sorted
  ), '') AS tags, CASE
    WHEN p.erased_at IS NOT NULL THEN 'erased'
    WHEN length(p.language) > 40 THEN 'apart'
    WHEN {same_identity("p", "d", "d.id < p.id")} THEN 'apart'
    ELSE 'alike'
  END AS kind
  FROM people AS p WHERE p.id IN (SELECT value FROM json_each(:ids))
), known AS (
  SELECT id, kind, country, market, language, standing, tags FROM tagged WHERE kind = 'alike' AND length(tags) <= 1000
  UNION ALL SELECT id, 'apart', '', '', '', 0, '' FROM tagged WHERE kind = 'alike' AND length(tags) > 1000
  UNION ALL SELECT id, kind, '', '', '', 0, '' FROM tagged WHERE kind <> 'alike'
)
"""
_ADD_CELLS = f"""
INSERT INTO cells (kind, country, market, language, standing, tags, people)
{_KNOWN} SELECT DISTINCT kind, country, market, language, standing, tags, 0 FROM known WHERE true
ON CONFLICT DO NOTHING
"""
_PLACE = f"""
INSERT INTO members (person_id, cell_id)
{_KNOWN} SELECT k.id, c.id FROM known AS k CROSS JOIN cells AS c
  ON c.tags = k.tags AND c.country = k.country AND c.language = k.language AND c.standing = k.standing
    AND c.market = k.market AND c.kind = k.kind
WHERE true ON CONFLICT (person_id) DO UPDATE SET cell_id = excluded.cell_id
"""
_COUNT = """
UPDATE cells SET people = cells.people {sign} moved.people FROM (
  SELECT cell_id, count(*) AS people FROM members WHERE person_id IN (SELECT value FROM json_each(?)) GROUP BY cell_id
) AS moved
WHERE cells.id = moved.cell_id
"""
_LEAVE, _JOIN = _COUNT.format(sign="-"), _COUNT.format(sign="+")


def last_counted(connection: Connection) -> int:
    """Give the id of the last person who is counted; whoever has a higher one is new."""
    return int(connection.execute(_LAST).fetchone()["counted"])


def recount(connection: Connection, person_ids: Collection[int]) -> None:
    """Count people anew whose country, market, language, standing, tags or identity changed; newcomers wait."""
    counted = last_counted(connection)
    changed = {person_id for person_id in person_ids if person_id <= counted}
    if changed:
        behind = connection.execute(_BEHIND, {"ids": listed(changed)})
        changed |= {row["id"] for row in behind if row["id"] <= counted}
        connection.execute(_LEAVE, (listed(changed),))
        _place(connection, changed)


def count_newcomers(connection: Connection, limit: int) -> int:
    """Count the next people who are not counted yet; gives how many there were."""
    newcomers = {row["id"] for row in connection.execute(_NEXT, (last_counted(connection), limit))}
    if newcomers:
        _place(connection, newcomers)
        recompute(connection, newcomers)
    return len(newcomers)


def _place(connection: Connection, person_ids: Collection[int]) -> None:
    """Put people into their cells; nearly always these are there already."""
    ids = listed(person_ids)
    if connection.execute(_PLACE, {"ids": ids}).rowcount < len(person_ids):
        connection.execute(_ADD_CELLS, {"ids": ids})
        connection.execute(_PLACE, {"ids": ids})
    connection.execute(_JOIN, (ids,))
