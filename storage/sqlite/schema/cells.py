"""Tables that count people beforehand, so that previewing an audience need not read a million of them."""

CELLS = """
-- People alike in everything that a rule asks or that decides about sending, but for what they were sent lately.
-- tags holds the ids of their tags, ascending, as `,3,17,`. Whoever must be looked at one by one is `apart`, whoever is
-- erased `erased`: each of these is one cell whose other columns are empty.
CREATE TABLE cells (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('alike', 'apart', 'erased')),
  country TEXT NOT NULL,
  market TEXT NOT NULL,
  language TEXT NOT NULL,
  standing INTEGER NOT NULL,
  tags TEXT NOT NULL,
  people INTEGER NOT NULL CHECK (people >= 0),
  UNIQUE (tags, country, language, standing, market, kind)
) STRICT;

-- In which cell is a person, and when were the last three messages to them accepted, or may have been? Everybody up to
-- the highest person_id is in here, in the cell of what they are now. Whoever is behind it is new and not counted yet.
CREATE TABLE members (
  person_id INTEGER PRIMARY KEY REFERENCES people (id),
  cell_id INTEGER NOT NULL REFERENCES cells (id),
  last_at INTEGER,
  second_at INTEGER,
  third_at INTEGER,
  CHECK (second_at IS NULL OR second_at <= last_at),
  CHECK (third_at IS NULL OR third_at <= second_at)
) STRICT;

-- Who is in this cell, and who of them comes first?
CREATE INDEX members_by_cell ON members (cell_id, person_id);

-- How many of this cell were sent something since then, and how often?
CREATE INDEX members_by_reach ON members (cell_id, last_at, second_at, third_at) WHERE last_at IS NOT NULL;
"""

#: Counts everybody who is on record already. Whoever fills a database without the books runs it too (benchmarks).
COUNT_PEOPLE = """
DELETE FROM members;

DELETE FROM cells;

CREATE TEMPORARY TABLE known AS
WITH tagged AS MATERIALIZED (
  SELECT p.id, p.phone, p.identity, p.country, p.market, p.language, p.standing, p.erased_at, coalesce((
    SELECT ',' || group_concat(tag_id) || ','
    FROM (SELECT tag_id FROM person_tags WHERE person_id = p.id ORDER BY tag_id) AS sorted
  ), '') AS tags
  FROM people AS p
)
SELECT id, country, market, language, standing, tags, CASE
  WHEN erased_at IS NOT NULL THEN 'erased'
  WHEN length(language) > 40 OR length(tags) > 1000 THEN 'apart'
  WHEN (t.phone IS NULL OR t.identity <> substr(t.phone, 2)) AND EXISTS (
    SELECT 1 FROM people AS d WHERE d.phone = '+' || t.identity AND d.identity = t.identity AND d.id < t.id
  ) THEN 'apart'
  WHEN EXISTS (
    SELECT 1 FROM people AS d
    WHERE (d.phone IS NULL OR d.identity <> substr(d.phone, 2)) AND d.identity = t.identity AND d.id < t.id
  ) THEN 'apart'
  ELSE 'alike'
END AS kind
FROM tagged AS t;

UPDATE known SET country = '', market = '', language = '', standing = 0, tags = '' WHERE kind <> 'alike';

INSERT INTO cells (kind, country, market, language, standing, tags, people)
SELECT kind, country, market, language, standing, tags, count(*) FROM known
GROUP BY tags, country, language, standing, market, kind;

INSERT INTO members (person_id, cell_id)
SELECT k.id, c.id FROM known AS k CROSS JOIN cells AS c
WHERE c.tags = k.tags AND c.country = k.country AND c.language = k.language AND c.standing = k.standing
  AND c.market = k.market AND c.kind = k.kind;

DROP TABLE known;

UPDATE members SET last_at = reach.last_at, second_at = reach.second_at, third_at = reach.third_at
FROM (
  SELECT person_id, max(CASE WHEN place = 1 THEN at END) AS last_at, max(CASE WHEN place = 2 THEN at END) AS second_at,
    max(CASE WHEN place = 3 THEN at END) AS third_at
  FROM (
    SELECT person_id, coalesce(accepted_at, sending_at) AS at,
      row_number() OVER (PARTITION BY person_id ORDER BY coalesce(accepted_at, sending_at) DESC) AS place
    FROM recipients
    WHERE dispatch IN ('accepted', 'in_doubt') AND coalesce(accepted_at, sending_at) IS NOT NULL
  ) AS placed
  WHERE place <= 3 GROUP BY person_id
) AS reach
WHERE reach.person_id = members.person_id;
"""
