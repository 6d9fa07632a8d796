"""People: who they are, how Meta names them, and what an import adds."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter

from bot.domain.audience import AudienceRule, Group
from bot.domain.consent import FrequencyCap
from bot.domain.instants import Millis
from bot.domain.optins import OptIns
from bot.domain.spellings import identity_of_digits, spellings_of_digits
from bot.ports.people import Candidate, NewPerson, Person, Saved
from storage.books import failing, naming, newcomers
from storage.books.book import Book
from storage.books.census import count_newcomers, last_counted, recount
from storage.books.erasing import Eraser
from storage.books.filling import fill
from storage.books.groups import groups
from storage.books.identities import RESPELT
from storage.books.matching import matching, matching_values
from storage.books.saving import save_people, tag_ids
from storage.rows import people as rows
from storage.rows.values import Row, listed

_BY_ID = "SELECT * FROM people WHERE id = ?"
_BY_ADDRESS = "SELECT * FROM people WHERE phone = :address OR bsuid = :address"
_BY_BSUIDS = "SELECT * FROM people WHERE bsuid IN (SELECT value FROM json_each(?))"
_TAGS_OF = """
SELECT pt.person_id, t.name FROM person_tags AS pt JOIN tags AS t ON t.id = pt.tag_id
WHERE pt.person_id IN (SELECT value FROM json_each(?))
"""
# Whoever is not counted in a cell of their like is asked.
_TAGS_IN_USE = """
SELECT t.name FROM tags AS t WHERE EXISTS (
  SELECT 1 FROM cells AS c WHERE c.people > 0 AND instr(c.tags, ',' || t.id || ',') > 0
) OR EXISTS (
  SELECT 1 FROM person_tags AS pt WHERE pt.person_id > :counted AND pt.tag_id = t.id
) OR EXISTS (
  SELECT 1 FROM cells AS c CROSS JOIN members AS m ON m.cell_id = c.id
  CROSS JOIN person_tags AS pt ON pt.person_id = m.person_id WHERE c.kind = 'apart' AND pt.tag_id = t.id
) ORDER BY t.name
"""
_LAST_ID = "SELECT coalesce(max(id), 0) AS value FROM people"
_LAST_POSSIBLE = 2**63 - 1
_COUNT = "SELECT count(*) AS value FROM people WHERE erased_at IS NULL"

# Whose line is it? Of several people with one id the first comes last, so that it stays.
_BY_PHONES = "SELECT * FROM people WHERE phone IN (SELECT value FROM json_each(?))"
_BY_WA_IDS = "SELECT * FROM people WHERE wa_id IN (SELECT value FROM json_each(?)) ORDER BY id DESC"
_BY_IDENTITIES = f"""
SELECT * FROM people AS p WHERE {RESPELT.format(p="p")} AND p.identity IN (SELECT value FROM json_each(?))
ORDER BY p.id DESC
"""

_IS_ANY_PHONE = """
SELECT EXISTS (SELECT 1 FROM json_each(?) CROSS JOIN people AS p ON p.phone = value) AS value
"""
_HAS_RESPELT = f"SELECT EXISTS (SELECT 1 FROM people AS p WHERE {RESPELT.format(p='p')}) AS value"
_IS_ANY_IDENTITY = f"""
SELECT EXISTS (
  SELECT 1 FROM json_each(?) CROSS JOIN people AS p ON p.identity = value AND {RESPELT.format(p="p")}
) AS value
"""
_HAS_WA_IDS = "SELECT EXISTS (SELECT 1 FROM people WHERE wa_id IS NOT NULL) AS value"
_IS_ANY_WA_ID = "SELECT EXISTS (SELECT 1 FROM json_each(?) CROSS JOIN people AS p ON p.wa_id = value) AS value"

_ADD_BARE = """
INSERT INTO people (phone, bsuid, identity, country, market, created_at, updated_at)
VALUES (:phone, :bsuid, :identity, :country, :market, :now, :now) RETURNING *
"""


class PeopleBook(Book):
    """The port `People`."""

    def get(self, person_id: int) -> Person | None:
        """Give a person by id."""
        return self._person(self._one(_BY_ID, (person_id,)))

    def find(self, address: str) -> Person | None:
        """Find by exact E.164 phone or by BSUID."""
        return self._person(self._one(_BY_ADDRESS, {"address": address}))

    def find_many(self, digits: Collection[str]) -> dict[str, Person]:
        """Find by the digits Meta uses: by the phone, else by an id learnt from Meta, else by another spelling."""
        identities = {text: identity_of_digits(text) for text in digits}
        phones = self._keyed("phone", _BY_PHONES, {f"+{text}" for both in identities.items() for text in both})
        wa_ids = self._keyed("wa_id", _BY_WA_IDS, digits)
        others = self._keyed("identity", _BY_IDENTITIES, set(identities.values()))
        rows = {
            text: phones.get(f"+{text}") or wa_ids.get(text) or _first(phones.get(f"+{identity}"), others.get(identity))
            for text, identity in identities.items()
        }
        found = {text: row for text, row in rows.items() if row is not None}
        return dict(zip(found, self._with_tags(list(found.values())), strict=True))

    def _keyed(self, column: str, sql: str, values: Collection[str]) -> dict[str, Row]:
        """Run a query of one list and give its rows by a column; of rows with one value the last."""
        return {row[column]: row for row in self._all(sql, (listed(values),))}

    def knows_any(self, opt_ins: OptIns) -> bool:
        """Tell whether anybody is on record under a number of these, or under another spelling of one.

        One look at the phones where nobody has another spelling or an id of Meta's: of a first import every batch
        asks this, and finding would take as long as writing the people (benchmarks/optins_import.py).
        """
        numbers, identities = opt_ins.columns.e164, opt_ins.columns.identity
        respelt = {f"+{one}" for one in set(identities) if one}
        if self._value(_IS_ANY_PHONE, (listed([*numbers, *respelt]),)):
            return True
        if self._value(_HAS_RESPELT):
            alike = [identity or e164[1:] for e164, identity in zip(numbers, identities, strict=True)]
            if self._value(_IS_ANY_IDENTITY, (listed(alike),)):
                return True
        if not self._value(_HAS_WA_IDS):
            return False
        spellings = {spelling for e164 in numbers for spelling in spellings_of_digits(e164[1:])}
        return bool(self._value(_IS_ANY_WA_ID, (listed(spellings),)))

    def find_bsuids(self, bsuids: Collection[str]) -> dict[str, Person]:
        """Find by business-scoped user ids."""
        found = self._with_tags(self._all(_BY_BSUIDS, (listed(bsuids),)))
        return {person.bsuid: person for person in found if person.bsuid is not None}

    def save(self, people: Sequence[NewPerson], now: Millis) -> list[Saved]:
        """Insert or merge by phone, in order; idempotent."""
        return save_people(self._connection, people, now)

    def add(self, opt_ins: OptIns, *, evidence: str, actor: str, now: Millis) -> None:
        """Add people of whom nothing is on record, each with the opt-in that brings them."""
        ids = self._new_ids(len(opt_ins))
        named = tag_ids(self._connection, newcomers.tags_of(opt_ins))
        self._fill("people", newcomers.PERSON, newcomers.people(ids, opt_ins, now), newcomers.all_people(now))
        lines = newcomers.consents(ids, opt_ins, evidence=evidence, now=now)
        self._fill("consents", newcomers.CONSENT, lines, newcomers.all_consents(actor, now))
        self._fill("person_tags", newcomers.TAG, newcomers.tags(ids, opt_ins, named), {})

    def _new_ids(self, count: int) -> Sequence[int]:
        """Count out ids for people to come; nobody else writes while this transaction does."""
        first = self._value(_LAST_ID) + 1
        return range(first, first + count)

    def _fill(
        self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]], alike: Mapping[str, object]
    ) -> None:
        fill(self._connection, table, columns, rows, alike)

    def ensure(self, address: str, *, identity: str, country: str, market: str, now: Millis) -> Person:
        """Find or add a bare person by phone or BSUID."""
        known = self.find(address)
        if known is not None:
            return known
        is_phone = address.startswith("+")
        values = {
            "phone": address if is_phone else None,
            "bsuid": None if is_phone else address,
            "identity": identity,
            "country": country,
            "market": market,
            "now": now,
        }
        person = rows.person(self._run(_ADD_BARE, values).fetchone(), frozenset())
        recount(self._connection, (person.id,))
        return person

    def learn(self, person_id: int, *, wa_id: str | None = None, bsuid: str | None = None) -> None:
        """Remember the ids Meta uses for a person."""
        naming.learn(self._connection, person_id, wa_id, bsuid, self._clock.now())

    def learn_bsuids(self, bsuids: Mapping[int, str]) -> dict[int, int]:
        """Remember the user ids of those who have none; gives whose id somebody else holds, and who that is."""
        return naming.learn_bsuids(self._connection, bsuids, self._clock.now())

    def unite(self, person_id: int, bare_id: int, now: Millis) -> None:
        """Give somebody the messages of a row without a phone, and the ids they lack."""
        naming.unite(self._connection, person_id, bare_id, now)

    def count_failure(self, person_ids: Collection[int]) -> dict[int, int]:
        """Add one to the consecutive hard failures of each."""
        return failing.count_failure(self._connection, person_ids)

    def clear_failures(self, person_ids: Collection[int], now: Millis) -> None:
        """Forget the failures, and lift the suppressions: something arrived."""
        failing.clear(self._connection, person_ids, now)

    def suppressed_since(self, person_ids: Collection[int]) -> dict[int, Millis]:
        """Give those who are suppressed, and since when."""
        return failing.suppressed_since(self._connection, person_ids)

    def concerned(self, person_ids: Collection[int], *, or_nameless: bool) -> set[int]:
        """Give those with failures, suppressed, or (`or_nameless`) without a user id."""
        return failing.concerned(self._connection, person_ids, or_nameless=or_nameless)

    def erase(self, person_id: int, now: Millis) -> None:
        """Remove everything personal, keep rows and totals."""
        Eraser(self._connection).erase(person_id, now)
        recount(self._connection, (person_id,))

    def count(self) -> int:
        """Count the people who are not erased."""
        return int(self._value(_COUNT))

    def tags(self) -> list[str]:
        """List every tag in use, sorted."""
        return [row["name"] for row in self._all(_TAGS_IN_USE, {"counted": last_counted(self._connection)})]

    def groups(self, rule: AudienceRule, cap: FrequencyCap | None, now: Millis) -> Iterable[Group]:
        """Group everybody who matches by all that decides."""
        return groups(self._connection, rule, cap, now)

    def count_newcomers(self, limit: int) -> int:
        """Count the next people who are not counted yet."""
        return count_newcomers(self._connection, limit)

    def candidates(
        self,
        rule: AudienceRule,
        cap: FrequencyCap | None,
        now: Millis,
        *,
        after: int,
        limit: int,
        until: int | None = None,
    ) -> list[Candidate]:
        """Give the next people who match, by ascending id."""
        sql = f"{matching(rule, cap, rows.CANDIDATE)} AND p.id > :after AND p.id <= :until ORDER BY p.id LIMIT :limit"
        window = {"after": after, "until": _LAST_POSSIBLE if until is None else until, "limit": limit}
        return [rows.candidate(row) for row in self._all(sql, {**matching_values(rule, cap, now), **window})]

    def last_id(self) -> int:
        """Give the highest id of a person."""
        return int(self._value(_LAST_ID))

    def _person(self, row: Row | None) -> Person | None:
        return None if row is None else self._with_tags([row])[0]

    def _with_tags(self, found: Sequence[Row]) -> list[Person]:
        """Build people, with one question for the tags of all of them."""
        if not found:
            return []
        tags: dict[int, set[str]] = {row["id"]: set() for row in found}
        for row in self._all(_TAGS_OF, (listed(tags),)):
            tags[row["person_id"]].add(row["name"])
        return [rows.person(row, frozenset(tags[row["id"]])) for row in found]


def _first(one: Row | None, other: Row | None) -> Row | None:
    """Give whoever was on record first."""
    if one is None or other is None:
        return one or other
    return min(one, other, key=itemgetter("id"))
