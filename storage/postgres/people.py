"""People and consent in bulk: an import arrives as a stream and is merged by one statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.domain.consent import ConsentEvent, ConsentKind, Standing
from bot.domain.instants import Millis
from bot.domain.optins import OptIns
from bot.ports.clock import Clock
from bot.ports.people import NewPerson, Saved
from storage.books.census import last_counted, recount
from storage.books.consents import ConsentsBook
from storage.books.people import PeopleBook
from storage.books.saving import KNOWN, MERGE
from storage.postgres.session import Session
from storage.postgres.spelling import storable
from storage.postgres.staging import copy_rows, stage
from storage.rows.values import listed, to_json

_SAVE = f"""
INSERT INTO people (phone, identity, country, market, name, language, attributes, created_at, updated_at)
SELECT phone, identity, country, market, name, language, attributes, :now, :now FROM staged_people ORDER BY place
{MERGE} RETURNING id, phone, standing
"""
_ADD_TAGS = "INSERT INTO tags (name) SELECT value FROM json_each(?) ON CONFLICT DO NOTHING"
_TAG_PEOPLE = """
INSERT INTO person_tags (person_id, tag_id)
SELECT pair.person_id, t.id FROM unnest(?::bigint[], ?::text[]) AS pair (person_id, name)
JOIN tags AS t ON t.name = pair.name
ON CONFLICT DO NOTHING
"""
# Others may write at the same time: the sequence gives each id once.
_NEW_IDS = "SELECT nextval(pg_get_serial_sequence('people', 'id')) AS id FROM generate_series(1, ?)"
_OPT_IN = """
INSERT INTO consents (id, person_id, kind, at, source, wording, evidence, actor, recorded_at)
SELECT (SELECT coalesce(max(id), 0) FROM consents WHERE person_id = s.person_id)
  + row_number() OVER (PARTITION BY person_id ORDER BY place),
  person_id, 'opt_in', at, source, wording, evidence, actor, ? FROM staged_consents AS s ORDER BY place
ON CONFLICT (person_id, source, wording, at) WHERE kind = 'opt_in' AND redacted_at IS NULL DO NOTHING
RETURNING person_id, at, source, wording
"""


class PostgresPeople(PeopleBook):
    """The port `People`; what arrives in bulk is copied, because a statement for each row is a journey for each."""

    def __init__(self, session: Session, clock: Clock) -> None:
        super().__init__(session, clock)
        self._session = session

    def save(self, people: Sequence[NewPerson], now: Millis) -> list[Saved]:
        """Insert or merge by phone, all at once."""
        merged = _merged(people)
        known = {row["phone"] for row in self._all(KNOWN, (listed(merged),))}
        stage(self._session, "staged_people", (_columns(place, one) for place, one in enumerate(merged.values())))
        stored = {row["phone"]: row for row in self._all(_SAVE, {"now": now})}
        self._tag([(stored[one.phone]["id"], tag) for one in merged.values() for tag in one.tags])
        recount(self._session, [row["id"] for row in stored.values()])
        saved = []
        for person in people:
            row = stored[person.phone]
            saved.append(Saved(row["id"], person.phone not in known, Standing(row["standing"])))
            known.add(person.phone)
        return saved

    def add(self, opt_ins: OptIns, *, evidence: str, actor: str, now: Millis) -> None:
        """Add people of whom nothing is on record, each table in one stream.

        Ids are given out before they are committed: while this import is under way, another process may count newcomers
        with higher ones, and would never come back for these. Whoever looks how far the counting has come cannot be
        committed beside it.
        """
        super().add(_storable(opt_ins), evidence=evidence, actor=storable(actor), now=now)
        last_counted(self._session)

    def _new_ids(self, count: int) -> Sequence[int]:
        return [row["id"] for row in self._all(_NEW_IDS, (count,))]

    def _fill(
        self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]], alike: Mapping[str, object]
    ) -> None:
        same = tuple(alike.values())
        copy_rows(self._session, table, (*columns, *alike), ((*row, *same) for row in rows))

    def _tag(self, pairs: list[tuple[int, str]]) -> None:
        lowered = [(person_id, tag.strip().lower()) for person_id, tag in pairs if tag.strip()]
        if lowered:
            ids, names = zip(*lowered, strict=True)
            self._run(_ADD_TAGS, (listed(set(names)),))
            self._run(_TAG_PEOPLE, (list(ids), list(names)))


class PostgresConsents(ConsentsBook):
    """The port `Consents`; the opt-ins of an import are copied."""

    def __init__(self, session: Session, clock: Clock) -> None:
        super().__init__(session, clock)
        self._session = session

    def record(self, events: Sequence[tuple[int, ConsentEvent]], now: Millis) -> None:
        """Append lines of history and bring the standing along."""
        if any(event.kind is not ConsentKind.OPT_IN for _, event in events):
            super().record(events, now)  # whether a stop says anything new is asked line by line
            return
        stands = self._stands({person_id for person_id, _ in events})
        added = self._add_opt_ins(events, now)
        for person_id, event in events:
            if _key(person_id, event) in added and self._has_effect(person_id, stands[person_id], event):
                stands[person_id].take(event)
        self._store(stands, {person_id for person_id, *_ in added}, now)

    def _add_opt_ins(
        self, events: Sequence[tuple[int, ConsentEvent]], now: Millis
    ) -> set[tuple[int, Millis, str, str]]:
        """Write the opt-ins that are not on record yet; give what names each of them."""
        rows = (
            (place, one, said.at, *map(storable, (said.source, said.wording, said.evidence, said.actor)))
            for place, (one, said) in enumerate(events)
        )
        stage(self._session, "staged_consents", rows)
        added = self._all(_OPT_IN, (now,))
        return {(row["person_id"], row["at"], row["source"], row["wording"]) for row in added}


def _key(person_id: int, event: ConsentEvent) -> tuple[int, Millis, str, str]:
    return (person_id, event.at, storable(event.source), storable(event.wording))


def _merged(people: Sequence[NewPerson]) -> dict[str, NewPerson]:
    """Merge rows of one phone in their order, as storing them one by one would; one statement may not meet it twice."""
    merged: dict[str, NewPerson] = {}
    for person in people:
        known = merged.get(person.phone)
        merged[person.phone] = person if known is None else _merge(known, person)
    return merged


def _merge(known: NewPerson, person: NewPerson) -> NewPerson:
    return replace(
        person,
        name=person.name or known.name,
        language=person.language or known.language,
        attributes={**known.attributes, **{name: value for name, value in person.attributes.items() if value}},
        tags=known.tags | person.tags,
    )


def _storable(opt_ins: OptIns) -> OptIns:
    """Clean what somebody wrote; in their attributes, which are JSON, a NUL stands in other signs."""
    c = opt_ins.columns
    name, language, source, wording = (
        list(map(storable, texts)) for texts in (c.name, c.language, c.source, c.wording)
    )
    tags = [frozenset(map(storable, tags)) for tags in c.tags]
    return OptIns(c._replace(name=name, language=language, tags=tags, source=source, wording=wording))


def _columns(place: int, person: NewPerson) -> tuple[object, ...]:
    attributes = {storable(name): storable(value) for name, value in person.attributes.items() if value}
    texts = (person.phone, person.identity, person.country, person.market, person.name, person.language)
    return (place, *map(storable, texts), to_json(attributes))
