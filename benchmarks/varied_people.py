"""A population to preview audiences on: countries, tags, stops and campaigns, and the same people in two other shapes.

The other shapes are what stands beside the preview: one table with tags as JSON, as many projects have it, and bitmaps
in memory, which are about as fast as counting can be and are wrong as soon as somebody says stop.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import books, engines
from bot.domain.consent import FrequencyCap
from bot.domain.instants import DAY, Millis
from bot.ports.storage import Storage

TAGS = 12
COUNTRIES = ("BR", "MX", "NL", "DE", "IN", "GB", "ID", "ZA")
LANGUAGES = ("pt_BR", "en", "nl")
#: One person in so many was sent both campaigns, one in so many has said stop.
MESSAGED, STOPPED = 5, 33
#: How long ago the campaigns went out.
CAMPAIGNS_AGO = (5 * DAY, DAY // 2)


def _mixed(salt: int) -> str:
    """Write a number of sixteen bits that looks drawn by chance, and is the same for a person in every run."""
    return f"((id * {2_654_435_761 + 2 * salt * 40_503} % 4294967296) / 65536)"


def _one_of(names: Sequence[str], salt: int) -> str:
    cases = " ".join(f"WHEN {place} THEN '{name}'" for place, name in enumerate(names))
    return f"CASE {_mixed(salt)} % {len(names)} {cases} END"


_VARY = f"""
UPDATE people SET
  country = {_one_of(COUNTRIES, 1)},
  language = {_one_of(LANGUAGES, 2)},
  standing = CASE {_mixed(3)} % {STOPPED} WHEN 0 THEN 3 ELSE 1 END,
  stopped_at = CASE {_mixed(3)} % {STOPPED} WHEN 0 THEN opted_in_at END
"""
_ADD_TAG = "INSERT INTO tags (id, name) VALUES (?, ?)"
_TAG_PEOPLE = "INSERT OR IGNORE INTO person_tags (person_id, tag_id) SELECT id, 1 + {mixed} % ? FROM people"
_MESSAGE = f"""
INSERT INTO recipients
  (campaign_id, person_id, identity, address, parameters, market, country, dispatch, sending_at, accepted_at)
SELECT :campaign, id, identity, phone, x'5b5d', market, country, 'accepted', :at, :at FROM people
WHERE {_mixed(6)} % {MESSAGED} = 0
"""

_AS_JSON = """
CREATE TABLE contacts AS
SELECT id, country, standing & 1 AS opted_in, (standing & 2) <> 0 AS stopped, (
  SELECT json_group_array(t.name) FROM person_tags AS pt JOIN tags AS t ON t.id = pt.tag_id WHERE pt.person_id = p.id
) AS tags FROM people AS p
"""
_COUNT_JSON = """
SELECT country, count(*) FROM contacts
WHERE EXISTS (SELECT 1 FROM json_each(tags) WHERE value = :tag) AND opted_in AND NOT stopped
  AND (SELECT count(*) FROM source.recipients WHERE person_id = contacts.id AND accepted_at >= :since) < :campaigns
GROUP BY country
"""
_WITH_TAG = "SELECT person_id FROM person_tags WHERE tag_id = ?"
_CAPPED = "SELECT person_id FROM recipients WHERE accepted_at >= ? GROUP BY person_id HAVING count(*) >= ?"


async def add(store: Storage, database: Path, count: int, now: Millis) -> None:
    """Put so many people on record, two tags each or one where both are the same, and send two campaigns to a fifth."""
    books.add_people(database, count, now)
    author = books.Author(store, books.a_template(now), now)
    campaigns = [await author.submitted(f"before {place}") for place, _ in enumerate(CAMPAIGNS_AGO)]
    with sqlite3.connect(database) as connection:
        connection.execute(_VARY)
        connection.executemany(_ADD_TAG, [(n, tag(n)) for n in range(1, TAGS + 1)])
        for salt in (4, 5):
            connection.execute(_TAG_PEOPLE.format(mixed=_mixed(salt)), (TAGS,))
        for campaign, ago in zip(campaigns, CAMPAIGNS_AGO, strict=True):
            connection.execute(_MESSAGE, {"campaign": campaign.id, "at": now - ago})
    connection.close()
    engines.count_people(database)


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

    def count(self, name: str, cap: FrequencyCap, now: Millis) -> int:
        """Count the people with a tag who may be written to."""
        values = {"tag": name, "since": now - cap.span_ms, "campaigns": cap.campaigns}
        return sum(n for _, n in self._connection.execute(_COUNT_JSON, values))

    def close(self) -> None:
        """Close the table."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Bitmaps:
    """One bit per person, in integers of Python."""

    sendable: int
    countries: dict[str, int]
    with_tag: int
    free: int

    @classmethod
    def of(cls, database: Path, tag_id: int, cap: FrequencyCap, now: Millis) -> "Bitmaps":
        """Read the bits of one tag, of the countries, of who may be written to and who is below the cap."""
        connection = sqlite3.connect(database)
        sendable = _bits(connection, "SELECT id FROM people WHERE standing = 1")
        countries = {c: _bits(connection, "SELECT id FROM people WHERE country = ?", c) for c in COUNTRIES}
        capped = _bits(connection, _CAPPED, now - cap.span_ms, cap.campaigns)
        found = cls(sendable, countries, _bits(connection, _WITH_TAG, tag_id), sendable & ~capped)
        connection.close()
        return found

    def count(self) -> int:
        """Count the people with the tag who may be written to, country by country."""
        return sum((self.with_tag & self.sendable & self.free & bits).bit_count() for bits in self.countries.values())


def _bits(connection: sqlite3.Connection, sql: str, *values: object) -> int:
    ids = [row[0] for row in connection.execute(sql, values)]
    marked = bytearray(max(ids, default=0) // 8 + 1)
    for person_id in ids:
        marked[person_id >> 3] |= 1 << (person_id & 7)
    return int.from_bytes(marked, "little")
