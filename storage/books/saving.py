"""Saving imported people: one upsert per person, tags and attributes merged, what is known never emptied."""

from collections.abc import Collection, Sequence

from bot.domain.consent import Standing
from bot.domain.instants import Millis
from bot.ports.people import NewPerson, Saved
from storage.books.census import recount
from storage.books.connection import Connection
from storage.rows.values import listed, to_json

#: Which of these phones are on record?
KNOWN = "SELECT phone FROM people WHERE phone IN (SELECT value FROM json_each(?))"

#: What becomes of a person who is known already; what is known is never emptied.
# json_patch merges the attributes: those given replace those known, the others stay.
MERGE = """
ON CONFLICT (phone) DO UPDATE SET
  identity = excluded.identity,
  country = excluded.country,
  market = excluded.market,
  name = CASE WHEN excluded.name <> '' THEN excluded.name ELSE people.name END,
  language = CASE WHEN excluded.language <> '' THEN excluded.language ELSE people.language END,
  attributes = json_patch(people.attributes, excluded.attributes),
  updated_at = excluded.updated_at
"""
_UPSERT = f"""
INSERT INTO people (phone, identity, country, market, name, language, attributes, created_at, updated_at)
VALUES (:phone, :identity, :country, :market, :name, :language, :attributes, :now, :now)
{MERGE} RETURNING id, standing
"""

_ADD_TAG = "INSERT INTO tags (name) SELECT value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING"
_TAG_IDS = "SELECT id, name FROM tags WHERE name IN (SELECT value FROM json_each(?))"
_TAG_PERSON = """
INSERT INTO person_tags (person_id, tag_id) SELECT ?, id FROM tags WHERE name = ? ON CONFLICT DO NOTHING
"""


def save_people(connection: Connection, people: Sequence[NewPerson], now: Millis) -> list[Saved]:
    """Insert or merge by phone, in order; a phone twice in one call is new at most once."""
    phones = listed({person.phone for person in people})
    known = {row["phone"] for row in connection.execute(KNOWN, (phones,))}
    saved = []
    for person in people:
        row = connection.execute(_UPSERT, _values(person, now)).fetchone()
        saved.append(Saved(row["id"], person.phone not in known, Standing(row["standing"])))
        known.add(person.phone)
    _tag(connection, [(one.person_id, tag) for one, person in zip(saved, people, strict=True) for tag in person.tags])
    recount(connection, [one.person_id for one in saved])
    return saved


def tag_ids(connection: Connection, tags: Collection[str]) -> dict[str, int]:
    """Give the id of every tag; those not in the list yet are added to it."""
    known = _known_tags(connection, tags)
    if missing := set(tags) - known.keys():
        connection.execute(_ADD_TAG, (listed(missing),))
        known |= _known_tags(connection, missing)
    return known


def _known_tags(connection: Connection, tags: Collection[str]) -> dict[str, int]:
    return {row["name"]: row["id"] for row in connection.execute(_TAG_IDS, (listed(tags),))}


def _values(person: NewPerson, now: Millis) -> dict[str, object]:
    return {
        "phone": person.phone,
        "identity": person.identity,
        "country": person.country,
        "market": person.market,
        "name": person.name,
        "language": person.language,
        "attributes": to_json({name: value for name, value in person.attributes.items() if value}),
        "now": now,
    }


def _tag(connection: Connection, pairs: list[tuple[int, str]]) -> None:
    lowered = [(person_id, tag.strip().lower()) for person_id, tag in pairs if tag.strip()]
    if lowered:
        connection.execute(_ADD_TAG, (listed({tag for _, tag in lowered}),))
        connection.executemany(_TAG_PERSON, lowered)
