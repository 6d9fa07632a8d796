"""A population to preview audiences on: countries, tags and stops, and the same people in two other shapes.

The other shapes are what stands beside the preview: one table with tags as JSON, as many projects have it, and bitmaps
in memory, which are about as fast as counting can be and are wrong as soon as somebody says stop.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from benchmarks import books
from bot.domain.instants import Millis

TAGS = 12
COUNTRIES = ("BR", "MX", "NL", "DE", "IN", "GB", "ID", "ZA")

_VARY = f"""
UPDATE people SET
  country = CASE id % {len(COUNTRIES)}
    {" ".join(f"WHEN {place} THEN '{country}'" for place, country in enumerate(COUNTRIES))} END,
  language = CASE id % 3 WHEN 0 THEN 'pt_BR' WHEN 1 THEN 'en' ELSE 'nl' END,
  standing = CASE id % 33 WHEN 0 THEN 3 ELSE 1 END,
  stopped_at = CASE id % 33 WHEN 0 THEN opted_in_at END
"""
_ADD_TAG = "INSERT INTO tags (id, name) VALUES (?, ?)"
_TAG_PEOPLE = "INSERT INTO person_tags (person_id, tag_id) SELECT id, 1 + (id / ? + ?) % ? FROM people"
# The second of a person's two tags is never the first one.
_PASSES = ((1, 0), (TAGS, 6))

_AS_JSON = """
CREATE TABLE contacts AS
SELECT id, country, standing & 1 AS opted_in, (standing & 2) <> 0 AS stopped, (
  SELECT json_group_array(t.name) FROM person_tags AS pt JOIN tags AS t ON t.id = pt.tag_id WHERE pt.person_id = p.id
) AS tags FROM people AS p
"""
_COUNT_JSON = """
SELECT country, count(*) FROM contacts
WHERE EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?) AND opted_in AND NOT stopped GROUP BY country
"""
_WITH_TAG = "SELECT person_id FROM person_tags WHERE tag_id = ?"


def add(database: Path, count: int, now: Millis) -> None:
    """Put so many people on record, two tags each or one where both are the same, one in 33 stopped."""
    books.add_people(database, count, now)
    with sqlite3.connect(database) as connection:
        connection.execute(_VARY)
        connection.executemany(_ADD_TAG, [(n, tag(n)) for n in range(1, TAGS + 1)])
        for divisor, shift in _PASSES:
            sql = _TAG_PEOPLE.replace("INSERT", "INSERT OR IGNORE", 1)
            connection.execute(sql, (divisor, shift, TAGS))
        connection.execute("ANALYZE")
    connection.close()


def tag(n: int) -> str:
    """Name the n-th tag, counted from 1."""
    return f"tag-{n}"


class TagsAsJson:
    """One table with a JSON list of tags in each row."""

    def __init__(self, database: Path, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "json.db")
        self._connection.execute("ATTACH ? AS source", (str(database),))
        self._connection.execute(_AS_JSON)
        self._connection.commit()

    def count(self, name: str) -> int:
        """Count the people with a tag who may be written to."""
        return sum(n for _, n in self._connection.execute(_COUNT_JSON, (name,)))

    def close(self) -> None:
        """Close the table."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Bitmaps:
    """One bit per person, in integers of Python."""

    sendable: int
    countries: dict[str, int]
    with_tag: int

    @classmethod
    def of(cls, database: Path, tag_id: int) -> "Bitmaps":
        """Read the bits of one tag, of the countries and of who may be written to."""
        connection = sqlite3.connect(database)
        sendable = _bits(connection, "SELECT id FROM people WHERE standing = 1")
        countries = {c: _bits(connection, "SELECT id FROM people WHERE country = ?", c) for c in COUNTRIES}
        found = cls(sendable, countries, _bits(connection, _WITH_TAG, tag_id))
        connection.close()
        return found

    def count(self) -> int:
        """Count the people with the tag who may be written to, country by country."""
        return sum((self.with_tag & self.sendable & bits).bit_count() for bits in self.countries.values())


def _bits(connection: sqlite3.Connection, sql: str, *values: object) -> int:
    ids = [row[0] for row in connection.execute(sql, values)]
    marked = bytearray(max(ids, default=0) // 8 + 1)
    for person_id in ids:
        marked[person_id >> 3] |= 1 << (person_id & 7)
    return int.from_bytes(marked, "little")
