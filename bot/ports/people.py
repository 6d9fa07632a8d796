"""People, their consent, the imports that brought them, and the audiences drawn from them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from bot.domain.audience import Audience, AudienceRule, Group
from bot.domain.consent import ConsentEvent, FrequencyCap, Standing
from bot.domain.instants import Millis
from bot.domain.optins import OptIns


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One human being. `identity` is equal for numbers that are the same line (BR and MX digit rules)."""

    id: int
    phone: str | None
    bsuid: str | None
    identity: str
    country: str
    market: str
    name: str
    language: str
    attributes: Mapping[str, str]
    tags: frozenset[str]
    standing: Standing
    opted_in_at: Millis | None = None
    #: Consecutive hard failures; suppression starts at a limit.
    failures: int = 0
    #: The digits Meta uses for them where those differ from the phone.
    wa_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A person as imported: empty fields leave what is known alone, tags and attributes are merged."""

    phone: str
    identity: str
    country: str
    market: str
    name: str = ""
    language: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving one imported person did."""

    person_id: int
    is_new: bool
    standing: Standing


class Candidate(NamedTuple):
    """A person who matches a rule, with what decides and what fills their message. A tuple: a plan reads a million."""

    person_id: int
    phone: str | None
    bsuid: str | None
    identity: str
    country: str
    market: str
    name: str
    language: str
    attributes: Mapping[str, str]
    standing: Standing
    is_capped: bool
    is_duplicate: bool


class People(Protocol):
    def get(self, person_id: int) -> Person | None: ...
    def find(self, address: str) -> Person | None:
        """Find by exact E.164 phone or by BSUID."""
        ...

    def find_many(self, digits: Collection[str]) -> dict[str, Person]:
        """Find by the digits Meta uses (`wa_id`, no plus): matches the phone, a learnt wa_id, or the same identity."""
        ...

    def knows_any(self, opt_ins: OptIns) -> bool:
        """Tell whether `find_many` would find anybody under a number of these, or under another spelling of one."""
        ...

    def find_bsuids(self, bsuids: Collection[str]) -> dict[str, Person]: ...
    def save(self, people: Sequence[NewPerson], now: Millis) -> list[Saved]:
        """Insert or merge by phone, in order; idempotent."""
        ...

    def add(self, opt_ins: OptIns, *, evidence: str, actor: str, now: Millis) -> None:
        """Add people of whom nothing is on record, each with the opt-in that brings them, all at once.

        Only for phones that `find_many` did not find in this transaction, each once. `evidence` names the import;
        its lines are added. An opt-in without a time was given now.
        """
        ...

    def ensure(self, address: str, *, identity: str, country: str, market: str, now: Millis) -> Person:
        """Find or add a bare person by phone or BSUID (an inbound stop of somebody unknown must be remembered)."""
        ...

    def learn(self, person_id: int, *, wa_id: str | None = None, bsuid: str | None = None) -> None:
        """Remember the ids Meta uses for a person; an id already held by somebody else is left there."""
        ...

    def learn_bsuids(self, bsuids: Mapping[int, str]) -> dict[int, int]:
        """Remember the user ids (by person id) of those who have none; an id held by somebody else is left there.

        Gives whose id that was: person id to the id of whoever holds it.
        """
        ...

    def unite(self, person_id: int, bare_id: int, now: Millis) -> None:
        """Give somebody the messages of a row without a phone that turned out to be them, and the ids they lack.

        The row ends as an erased one; whoever calls this has copied its history of consent. A row with a phone, or
        an erased one, stays as it is.
        """
        ...

    def count_failure(self, person_ids: Collection[int]) -> dict[int, int]:
        """Add one to the consecutive hard failures of each; returns the new counts."""
        ...

    def clear_failures(self, person_ids: Collection[int], now: Millis) -> None:
        """Forget the failures, and lift the suppressions that came of them."""
        ...

    def suppressed_since(self, person_ids: Collection[int]) -> dict[int, Millis]:
        """Give those who are suppressed after failures, and since when."""
        ...

    def concerned(self, person_ids: Collection[int], *, or_nameless: bool) -> set[int]:
        """Give those with failures or suppressed; with `or_nameless` those whose user id is not known as well.

        One look for a batch of statuses, in which nearly nobody is.
        """
        ...

    def erase(self, person_id: int, now: Millis) -> None:
        """Remove phone, ids, name, attributes and tags, also from planned messages and links; keep rows and totals."""
        ...

    def count(self) -> int: ...
    def tags(self) -> list[str]:
        """List every tag in use, sorted."""
        ...

    def groups(self, rule: AudienceRule, cap: FrequencyCap | None, now: Millis) -> Iterable[Group]:
        """Group everybody who matches by all that decides (`consent.Facts`) and market; samples are masked."""
        ...

    def count_newcomers(self, limit: int) -> int:
        """Take the next newcomers into what `groups` adds up, by ascending id; gives how many there were.

        Until then `groups` looks at each of them by itself: as right, but slow if there are many.
        """
        ...

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
        """Give the next people who match, by ascending id, from the first id above `after`, up to the id `until`."""
        ...

    def last_id(self) -> int:
        """Give the highest id of a person; 0 where there is nobody."""
        ...


class Consents(Protocol):
    def record(self, events: Sequence[tuple[int, ConsentEvent]], now: Millis) -> None:
        """Append lines of history by person id and bring the standing along, in one go.

        An opt-in equal to one already there (person, source, wording, time) is not written again. A stop already in
        force is written once more only if it brings new evidence.
        """
        ...

    def history(self, person_id: int) -> list[ConsentEvent]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRun:
    """One import: who brought which file, and what became of its rows."""

    source: str
    wording: str
    file_name: str
    file_sha256: str
    actor: str
    started_at: Millis
    rows: int = 0
    added: int = 0
    updated: int = 0
    refused: int = 0
    finished_at: Millis | None = None


class Imports(Protocol):
    def start(self, run: ImportRun) -> int: ...
    def finish(self, import_id: int, run: ImportRun) -> None: ...


class Audiences(Protocol):
    def add(self, name: str, rule: AudienceRule, created_by: str, now: Millis) -> Audience:
        """Store a rule under a new name; a name already taken raises ConflictError."""
        ...

    def get(self, audience_id: int) -> Audience | None: ...
    def by_name(self, name: str) -> Audience | None: ...
    def search(self, text: str, limit: int) -> list[Audience]:
        """Find by part of the name, ignoring case; the newest first."""
        ...
