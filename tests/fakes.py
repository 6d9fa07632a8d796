"""In-memory books for the services that keep people: dictionaries that follow the ports, nothing more."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bot.domain.audience import AudienceRule, Group
from bot.domain.consent import ConsentEvent, ConsentKind, FrequencyCap, Standing, after
from bot.domain.instants import Millis
from bot.domain.optins import OptIns
from bot.domain.spellings import identity_of_digits, spellings_of_digits
from bot.ports.people import ImportRun, NewPerson, Person, Saved
from bot.ports.records import AuditEntry

T = TypeVar("T")


class FakePeople:
    def __init__(self) -> None:
        self.rows: dict[int, Person] = {}
        self.wa_ids: dict[str, int] = {}
        self.stored_groups: list[Group] = []
        self.consents = FakeConsents(self)

    def get(self, person_id: int) -> Person | None:
        return self.rows.get(person_id)

    def find(self, address: str) -> Person | None:
        return next((p for p in self.rows.values() if address in (p.phone, p.bsuid)), None)

    def find_many(self, digits: Collection[str]) -> dict[str, Person]:
        found = {each: self._find_digits(each) for each in digits}
        return {each: person for each, person in found.items() if person}

    def _find_digits(self, digits: str) -> Person | None:
        exact = self.find(f"+{digits}") or self.rows.get(self.wa_ids.get(digits, 0))
        identity = identity_of_digits(digits)
        return exact or next((p for p in self.rows.values() if p.identity == identity), None)

    def knows_any(self, opt_ins: OptIns) -> bool:
        spellings = {digits for e164 in opt_ins.columns.e164 for digits in spellings_of_digits(e164[1:])}
        return bool(self.find_many(spellings))

    def find_bsuids(self, bsuids: Collection[str]) -> dict[str, Person]:
        return {p.bsuid: p for p in self.rows.values() if p.bsuid in bsuids and p.bsuid}

    def save(self, people: Sequence[NewPerson], now: Millis) -> list[Saved]:
        return [self._save_one(person) for person in people]

    def _save_one(self, new: NewPerson) -> Saved:
        known = self.find(new.phone)
        person = known or self._add(new.phone, new.identity, new.country, new.market)
        self.rows[person.id] = replace(
            person,
            name=new.name or person.name,
            language=new.language or person.language,
            attributes={**person.attributes, **new.attributes},
            tags=person.tags | new.tags,
            country=new.country,
            market=new.market,
        )
        return Saved(person.id, known is None, person.standing)

    def add(self, opt_ins: OptIns, *, evidence: str, actor: str, now: Millis) -> None:
        for one in opt_ins:
            assert self.find(one.number.e164) is None
            e164, region, identity = one.number
            new = NewPerson(
                phone=e164,
                identity=identity,
                country=region,
                market=one.market,
                name=one.name,
                language=one.language,
                attributes=one.attributes,
                tags=one.tags,
            )
            said = ConsentEvent(
                kind=ConsentKind.OPT_IN,
                at=now if one.opted_in_at is None else one.opted_in_at,
                source=one.source,
                wording=one.wording,
                evidence=f"{evidence}, line {one.line}",
                actor=actor,
            )
            self.consents.record([(self._save_one(new).person_id, said)], now)

    def ensure(self, address: str, *, identity: str, country: str, market: str, now: Millis) -> Person:
        return self.find(address) or self._add(address, identity, country, market)

    def _add(self, address: str, identity: str, country: str, market: str) -> Person:
        is_phone = address.startswith("+")
        person = Person(
            id=len(self.rows) + 1,
            phone=address if is_phone else None,
            bsuid=None if is_phone else address,
            identity=identity,
            country=country,
            market=market,
            name="",
            language="",
            attributes={},
            tags=frozenset(),
            standing=Standing.NONE,
        )
        self.rows[person.id] = person
        return person

    def learn(self, person_id: int, *, wa_id: str | None = None, bsuid: str | None = None) -> None:
        if wa_id and self.wa_ids.setdefault(wa_id, person_id) == person_id:
            self.rows[person_id] = replace(self.rows[person_id], wa_id=wa_id)
        if bsuid and not self.find(bsuid):
            self.rows[person_id] = replace(self.rows[person_id], bsuid=bsuid)

    def learn_bsuids(self, bsuids: Mapping[int, str]) -> dict[int, int]:
        held = {}
        for person_id, bsuid in bsuids.items():
            if self.rows[person_id].bsuid is None and (holder := self.find(bsuid)):
                held[person_id] = holder.id
            elif self.rows[person_id].bsuid is None:
                self.learn(person_id, bsuid=bsuid)
        return held

    def unite(self, person_id: int, bare_id: int, now: Millis) -> None:
        bare, person = self.rows[bare_id], self.rows[person_id]
        self.erase(bare_id, now)
        self.rows[person_id] = replace(person, bsuid=person.bsuid or bare.bsuid)

    def count_failure(self, person_ids: Collection[int]) -> dict[int, int]:
        for each in person_ids:
            self.rows[each] = replace(self.rows[each], failures=self.rows[each].failures + 1)
        return {each: self.rows[each].failures for each in person_ids}

    def clear_failures(self, person_ids: Collection[int], now: Millis) -> None:
        for each in person_ids:
            standing = self.rows[each].standing & ~Standing.SUPPRESSED
            self.rows[each] = replace(self.rows[each], failures=0, standing=standing)

    def suppressed_since(self, person_ids: Collection[int]) -> dict[int, Millis]:
        found = [each for each in person_ids if self.rows[each].standing & Standing.SUPPRESSED]
        return {each: max(e.at for e in self.consents.lines[each] if e.kind is ConsentKind.SUPPRESS) for each in found}

    def erase(self, person_id: int, now: Millis) -> None:
        self.rows[person_id] = replace(
            self.rows[person_id],
            phone=None,
            bsuid=None,
            identity=f"erased:{person_id}",
            name="",
            language="",
            attributes={},
            tags=frozenset(),
            standing=Standing.NO_ADDRESS,
        )

    def tags(self) -> list[str]:
        return sorted({tag for person in self.rows.values() for tag in person.tags})

    def groups(self, rule: AudienceRule, cap: FrequencyCap | None, now: Millis) -> Iterable[Group]:
        return self.stored_groups


class FakeConsents:
    def __init__(self, people: FakePeople) -> None:
        self._people = people
        self.lines: dict[int, list[ConsentEvent]] = {}

    def record(self, events: Sequence[tuple[int, ConsentEvent]], now: Millis) -> None:
        for person_id, event in events:
            lines = self.lines.setdefault(person_id, [])
            if event not in lines:
                lines.append(event)
            person = self._people.rows[person_id]
            times = {"opted_in_at": event.at} if event.kind is ConsentKind.OPT_IN else {}
            self._people.rows[person_id] = replace(person, standing=after(person.standing, event.kind), **times)

    def history(self, person_id: int) -> list[ConsentEvent]:
        return list(self.lines.get(person_id, []))


class FakeImports:
    def __init__(self) -> None:
        self.runs: dict[int, ImportRun] = {}

    def start(self, run: ImportRun) -> int:
        self.runs[len(self.runs) + 1] = run
        return len(self.runs)

    def finish(self, import_id: int, run: ImportRun) -> None:
        self.runs[import_id] = run


class FakeAudit:
    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def append(self, entry: AuditEntry) -> None:
        self.entries.append(entry)


@dataclass
class FakeRecipients:
    #: When somebody was sent a message: instant to people.
    messaged: dict[Millis, int] = field(default_factory=dict)

    def people_of(self, wamids: Collection[str]) -> dict[str, int]:
        return {}

    def people_messaged_since(self, since: Millis) -> int:
        return sum(people for at, people in self.messaged.items() if at >= since)


class FakeTransaction:
    def __init__(self) -> None:
        self.people = FakePeople()
        self.consents = self.people.consents
        self.imports = FakeImports()
        self.audit = FakeAudit()
        self.recipients = FakeRecipients()


class FakeStorage:
    """Runs work at once on one set of books and counts the writes."""

    def __init__(self, tx: FakeTransaction) -> None:
        self.tx = tx
        self.writes = 0

    async def write(self, work: Callable[[FakeTransaction], T]) -> T:
        self.writes += 1
        return work(self.tx)

    async def read(self, work: Callable[[FakeTransaction], T]) -> T:
        return work(self.tx)

    async def close(self) -> None:
        return None
