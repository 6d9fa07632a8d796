"""Whatever happens to people and messages, a preview by cells says what a walk person by person says."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.audience import AudienceRule, Group, Waterfall, waterfall
from bot.domain.consent import ConsentKind, Facts, FrequencyCap
from bot.domain.instants import DAY, Millis
from bot.domain.message import Dispatch, Recipient
from bot.domain.phone import mask
from bot.ports.people import Candidate
from bot.ports.storage import Storage, Transaction
from storage.books.connection import Connection
from storage.postgres.schema import COUNT_PEOPLE as COUNT_ON_POSTGRES
from storage.sqlite.schema import COUNT_PEOPLE as COUNT_ON_SQLITE
from tests.builders import NOW, a_person, a_planned, a_stop, add_campaign, later, messages_of

PEOPLE, CAMPAIGNS = 6, 4
LONG = "x" * 41

_TAGS = st.frozensets(st.sampled_from(["vip", "shoes", "hats"]))
_WHO = st.integers(0, PEOPLE - 1)
_SAVED = st.fixed_dictionaries(
    {
        "country": st.sampled_from(["GB", "BR", "US"]),
        "market": st.sampled_from(["United Kingdom", "Brazil"]),
        "language": st.sampled_from(["en", "en_GB", "pt-BR", "", "en", LONG]),
        "tags": _TAGS,
        "identity": st.integers(1, 9).map(str),
    }
)
_LINE = st.tuples(st.sampled_from([kind for kind in ConsentKind if kind is not ConsentKind.ERASE]), st.integers(0, 9))
_STATES = [Dispatch.PLANNED, Dispatch.SENDING, Dispatch.ACCEPTED, Dispatch.ACCEPTED, Dispatch.IN_DOUBT]
_MESSAGE = st.tuples(st.integers(0, CAMPAIGNS - 1), st.sampled_from(_STATES), st.integers(0, 9))
_STEP = st.one_of(
    st.tuples(st.just("save"), _WHO, _SAVED),
    st.tuples(st.just("consent"), _WHO, _LINE),
    st.tuples(st.just("message"), _WHO, _MESSAGE),
    st.tuples(st.just("erase"), _WHO, st.none()),
    st.tuples(st.just("unite"), _WHO, st.tuples(st.booleans(), _MESSAGE)),
    st.tuples(st.just("count"), st.just(0), st.integers(1, PEOPLE)),
)


@st.composite
def _histories(draw: st.DrawFn) -> list[tuple[str, int, Any]]:
    """Draw what happened: people came and were counted, some of them; most agreed; then anything."""
    came = [("save", who, draw(_SAVED)) for who in range(PEOPLE)]
    agreed = [("consent", who, (ConsentKind.OPT_IN, 9)) for who in range(PEOPLE) if draw(st.integers(0, 3))]
    counted = [("count", 0, draw(st.integers(1, PEOPLE)))]
    return [*came, *agreed, *counted, *draw(st.lists(_STEP, min_size=1, max_size=15))]


_STEPS = _histories()
_NONE: st.SearchStrategy[frozenset[str]] = st.just(frozenset())
_RULE = st.builds(
    AudienceRule,
    tags_any=_NONE | _TAGS,
    tags_all=_NONE | st.frozensets(st.sampled_from(["vip", "shoes", "unknown"]), max_size=1),
    tags_none=_NONE | st.frozensets(st.sampled_from(["hats", "unknown"]), max_size=1),
    countries=_NONE | st.frozensets(st.sampled_from(["GB", "BR", "US"])),
    languages=_NONE | st.frozensets(st.sampled_from(["en", "pt", "en_gb", LONG])),
    not_messaged_days=st.none() | st.integers(0, 9),
)
_CAP = st.none() | st.builds(FrequencyCap, st.integers(1, CAMPAIGNS), st.integers(0, 9).map(lambda days: days * DAY))


class _RollBackError(Exception):
    """Ends a work so that nothing of it stays, and carries what it found."""


@dataclass
class _World:
    """Six people and four campaigns, played with inside one transaction."""

    tx: Transaction
    ids: dict[int, int] = field(default_factory=dict)
    serial: Iterable[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.campaigns = [add_campaign(self.tx, token=f"T{n}") for n in range(CAMPAIGNS)]

    def play(self, step: str, who: int, what: Any) -> None:
        if step == "count":
            self.tx.people.count_newcomers(what)
        elif step == "save":
            self.ids[who] = self.tx.people.save([a_person(who, **what)], NOW)[0].person_id
        elif who in self.ids:
            getattr(self, f"_{step}")(who, what)

    def _consent(self, who: int, line: tuple[ConsentKind, int]) -> None:
        event = a_stop(kind=line[0], at=later(days=-line[1]), evidence=f"line {next(iter(self.serial))}")
        self.tx.consents.record([(self.ids[who], event)], NOW)

    def _erase(self, who: int, _: None) -> None:
        self.tx.people.erase(self.ids.pop(who), NOW)

    def _unite(self, who: int, what: tuple[bool, tuple[int, Dispatch, int]]) -> None:
        """Let a row without a phone get a message, be counted or not, and turn out to be somebody."""
        is_counted, message = what
        user_id = f"GB.{next(iter(self.serial))}"
        bare = self.tx.people.ensure(user_id, identity=user_id, country="GB", market="United Kingdom", now=NOW)
        self._send(bare.id, who, message)
        if is_counted:
            self.tx.people.count_newcomers(2 * PEOPLE)
        self.tx.people.unite(self.ids[who], bare.id, NOW)

    def _message(self, who: int, change: tuple[int, Dispatch, int]) -> None:
        self._send(self.ids[who], who, change)

    def _send(self, person_id: int, who: int, change: tuple[int, Dispatch, int]) -> None:
        place, dispatch, days = change
        campaign = self.campaigns[place]
        self.tx.recipients.add(campaign.id, [a_planned(who, person_id=person_id, identity=f"person {person_id}")])
        before = next(one for one in messages_of(self.tx, campaign) if one.person_id == person_id)
        at = later(days=-days)
        after = before._replace(
            dispatch=dispatch,
            sending_at=None if dispatch is Dispatch.PLANNED else Millis(at - 1),
            accepted_at=at if dispatch is Dispatch.ACCEPTED else None,
        )
        self.tx.recipients.save([(before, after)])

    def messages(self) -> list[Recipient]:
        return [message for campaign in self.campaigns for message in messages_of(self.tx, campaign)]


def _walk(candidates: list[Candidate]) -> Waterfall:
    """Put people into groups one by one; a group's samples are those who come first."""
    members: dict[Any, list[Candidate]] = defaultdict(list)
    for one in candidates:
        members[one.standing, one.country, one.market, one.is_capped, one.is_duplicate].append(one)
    return waterfall(
        Group(
            Facts(standing=standing, country=country, is_capped=is_capped, is_duplicate=is_duplicate),
            market,
            len(people),
            tuple(mask(one.phone) for one in people[:3]),
        )
        for (standing, country, market, is_capped, is_duplicate), people in sorted(members.items())
    )


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS, rule=_RULE, cap=_CAP)
async def test_the_preview_by_cells_is_that_of_a_walk(
    storage: Storage, steps: list[Any], rule: AudienceRule, cap: FrequencyCap | None
):
    def work(tx: Transaction):
        world = _World(tx)
        for step in steps:
            world.play(*step)
        groups = tx.people.groups(rule, cap, NOW)
        raise _RollBackError(waterfall(groups), tx.people.candidates(rule, cap, NOW, after=0, limit=100))

    with pytest.raises(_RollBackError) as found:
        await storage.write(work)

    previewed, candidates = found.value.args
    assert previewed == _walk(candidates)


_MEMBERS = """
SELECT m.person_id, c.kind, c.country, c.market, c.language, c.standing, c.tags, m.last_at, m.second_at, m.third_at
FROM members AS m JOIN cells AS c ON c.id = m.cell_id
"""
_PEOPLE_OF_CELLS = "SELECT id, people FROM cells WHERE people > 0"
_RECOUNTED = "SELECT cell_id AS id, count(*) AS people FROM members GROUP BY cell_id"


def _rows(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    """Give rows as tuples, whatever the engine makes of them."""
    rows = [dict(row) for row in connection.execute(sql)]
    return sorted(tuple(row.values()) for row in rows)


def _counted_anew(connection: Connection, url: str) -> dict[int, tuple[Any, ...]]:
    script = COUNT_ON_POSTGRES if url.startswith("postgresql") else COUNT_ON_SQLITE
    for statement in script.split(";\n\n"):
        connection.execute(statement)
    return {person_id: row for person_id, *row in _rows(connection, _MEMBERS)}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
async def test_members_and_cells_equal_a_recount(storage: Storage, url: str, steps: list[Any]):
    def work(tx: Transaction):
        world = _World(tx)
        for step in steps:
            world.play(*step)
        connection = tx.people._connection  # the tables behind the port
        counts = (_rows(connection, _PEOPLE_OF_CELLS), _rows(connection, _RECOUNTED))
        members = {person_id: row for person_id, *row in _rows(connection, _MEMBERS)}
        raise _RollBackError(counts, members, _counted_anew(connection, url))

    with pytest.raises(_RollBackError) as found:
        await storage.write(work)

    (counted, recounted), members, anew = found.value.args
    assert counted == recounted
    assert list(members) == list(anew)[: len(members)]
    for person_id, row in members.items():
        # Whoever shared an identity once stays apart, which is slower to count and as right.
        expected = (
            anew[person_id] if row[0] == anew[person_id][0] else ["apart", "", "", "", 0, "", *anew[person_id][6:]]
        )
        assert row == expected


def _messaged(messages: list[Recipient], since: int) -> int:
    """Count people as design has it: what was accepted since then, and what may have been."""
    accepted = {one.person_id for one in messages if one.dispatch is Dispatch.ACCEPTED and one.accepted_at >= since}
    unsettled = (Dispatch.SENDING, Dispatch.IN_DOUBT)
    maybe = {one.person_id for one in messages if one.dispatch in unsettled and one.sending_at >= since}
    return len(accepted | maybe)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS, days=st.integers(0, 9))
async def test_people_messaged_are_those_of_a_walk_over_all_messages(storage: Storage, steps: list[Any], days: int):
    since = later(days=-days)

    def work(tx: Transaction):
        world = _World(tx)
        for step in steps:
            world.play(*step)
        raise _RollBackError(tx.recipients.people_messaged_since(since), world.messages())

    with pytest.raises(_RollBackError) as found:
        await storage.write(work)

    counted, messages = found.value.args
    assert counted == _messaged(messages, since)
