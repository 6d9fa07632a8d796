"""Audiences: who matches, who is a duplicate, and the preview that agrees with a walk person by person."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.audience import AudienceRule, Waterfall, waterfall
from bot.domain.consent import ConsentKind, Facts, FrequencyCap, verdict
from bot.domain.errors import ConflictError
from bot.domain.instants import DAY
from bot.domain.message import Dispatch
from bot.domain.phone import mask
from bot.ports.people import Candidate, ImportRun
from bot.ports.storage import Storage, Transaction
from tests.builders import NOW, a_person, a_phone, a_planned, a_stop, add_campaign, add_people, an_opt_in, later

CAP = FrequencyCap(1, 7 * DAY)


async def test_a_rule_comes_back_as_it_went_and_its_name_is_taken(storage: Storage):
    rule = AudienceRule(
        tags_any=frozenset({"vip", "são"}),
        tags_all=frozenset({"b"}),
        tags_none=frozenset({"c"}),
        countries=frozenset({"BR"}),
        languages=frozenset({"pt"}),
        not_messaged_days=7,
    )

    audience = await storage.write(lambda tx: tx.audiences.add("Spring fans", rule, "U0", NOW))

    assert audience.rule == rule
    assert await storage.read(lambda tx: tx.audiences.get(audience.id)) == audience
    assert await storage.read(lambda tx: tx.audiences.by_name("Spring fans")) == audience
    assert await storage.read(lambda tx: tx.audiences.search("FANS", 5)) == [audience]
    with pytest.raises(ConflictError, match="choose another name"):
        await storage.write(lambda tx: tx.audiences.add("Spring fans", AudienceRule(), "U0", NOW))


async def test_an_import_is_opened_and_finished(storage: Storage):
    run = ImportRun(source="fair", wording="Yes", file_name="a.csv", file_sha256="00", actor="U0", started_at=NOW)

    first = await storage.write(lambda tx: tx.imports.start(run))
    second = await storage.write(lambda tx: tx.imports.start(run))
    await storage.write(lambda tx: tx.imports.finish(first, replace(run, rows=3, added=2, finished_at=later(1))))

    assert first != second


async def _matching(storage: Storage, **rule: Any) -> list[int]:
    wanted = AudienceRule(**rule)
    found = await storage.read(lambda tx: tx.people.candidates(wanted, None, NOW, after=0, limit=100))
    return [one.person_id for one in found]


async def test_every_part_of_a_rule_restricts_by_itself(storage: Storage):
    def fill(tx: Transaction):
        people = [
            a_person(1, tags=frozenset({"vip", "shoes"}), country="BR", language="pt_BR"),
            a_person(2, tags=frozenset({"vip"}), country="PT", language="pt"),
            a_person(3, tags=frozenset({"shoes"}), country="GB", language="en-GB"),
            a_person(4, country="GB", language=""),
        ]
        return [saved.person_id for saved in tx.people.save(people, NOW)]

    one, two, three, four = await storage.write(fill)

    assert await _matching(storage) == [one, two, three, four]
    assert await _matching(storage, tags_any=frozenset({"vip", "hats"})) == [one, two]
    assert await _matching(storage, tags_all=frozenset({"vip", "shoes"})) == [one]
    assert await _matching(storage, tags_none=frozenset({"vip"})) == [three, four]
    assert await _matching(storage, countries=frozenset({"BR", "PT"})) == [one, two]
    assert await _matching(storage, languages=frozenset({"pt"})) == [one, two]
    assert await _matching(storage, languages=frozenset({"pt_br", "en-gb"})) == [one, three]
    assert await _matching(storage, tags_any=frozenset({"vip"}), countries=frozenset({"PT"})) == [two]


async def test_people_messaged_lately_are_left_out(storage: Storage):
    def fill(tx: Transaction):
        one, two, three = add_people(tx, 3)
        campaign = add_campaign(tx)
        tx.recipients.add(campaign.id, [a_planned(1, person_id=one), a_planned(2, person_id=two)])
        rows = [row.recipient for row in tx.recipients.rows(campaign.id)]
        for row, at in zip(rows, (later(days=-2), later(days=-5)), strict=True):
            tx.recipients.save([(row, row._replace(dispatch=Dispatch.ACCEPTED, wamid=f"w{row.id}", accepted_at=at))])
        return two, three

    two, three = await storage.write(fill)

    assert await _matching(storage, not_messaged_days=4) == [two, three]


async def test_candidates_come_in_pages_by_ascending_id(storage: Storage):
    ids = await storage.write(lambda tx: add_people(tx, 5))

    pages = []
    after = 0
    while page := await storage.read(
        lambda tx, after=after: tx.people.candidates(AudienceRule(), None, NOW, after=after, limit=2)
    ):
        pages.append([one.person_id for one in page])
        after = page[-1].person_id

    assert pages == [ids[:2], ids[2:4], ids[4:]]


async def test_of_two_spellings_of_one_line_the_first_who_may_be_written_to_counts(storage: Storage):
    def fill(tx: Transaction):
        same = "5511900000000"
        people = [a_person(n, identity=same, tags=frozenset({"vip"} if n > 1 else ())) for n in (1, 2, 3, 4)]
        ids = [saved.person_id for saved in tx.people.save(people, NOW)]
        tx.consents.record([(one, an_opt_in()) for one in ids], NOW)
        tx.consents.record([(ids[1], a_stop())], NOW)
        return ids

    ids = await storage.write(fill)
    rule = AudienceRule(tags_any=frozenset({"vip"}))
    found = await storage.read(lambda tx: tx.people.candidates(rule, None, NOW, after=0, limit=10))

    # The first does not match, the second is stopped, so the third comes first and the fourth is its duplicate.
    assert [(one.person_id, one.is_duplicate) for one in found] == [(ids[1], False), (ids[2], False), (ids[3], True)]


async def test_groups_show_a_few_masked_people(storage: Storage):
    await storage.write(lambda tx: add_people(tx, 5, opted_in=False))

    groups = list(await storage.read(lambda tx: tx.people.groups(AudienceRule(), None, NOW)))

    assert [(group.people, group.market) for group in groups] == [(5, "United Kingdom")]
    assert groups[0].samples == tuple(mask(a_phone(n)) for n in (1, 2, 3))


_TAGS = st.frozensets(st.sampled_from(["vip", "shoes", "hats"]))
_PERSON = st.fixed_dictionaries(
    {
        "country": st.sampled_from(["GB", "BR", "US"]),
        "market": st.sampled_from(["United Kingdom", "Brazil"]),
        "language": st.sampled_from(["en", "en_GB", "pt-BR", ""]),
        "tags": _TAGS,
        "identity": st.integers(1, 6).map(str),
    }
)
_KIND = st.sampled_from([kind for kind in ConsentKind if kind is not ConsentKind.ERASE])
_PEOPLE = st.lists(st.tuples(_PERSON, st.lists(_KIND, max_size=3), st.none() | st.integers(0, 10)), max_size=10)
_RULE = st.builds(
    AudienceRule,
    tags_any=_TAGS,
    tags_all=_TAGS,
    tags_none=_TAGS,
    countries=st.frozensets(st.sampled_from(["GB", "BR", "US"])),
    languages=st.frozensets(st.sampled_from(["en", "pt", "en_gb"])),
    not_messaged_days=st.none() | st.integers(0, 9),
)


class _RollBackError(Exception):
    """Ends a work so that nothing of it stays, and carries what it found."""


def _fill(tx: Transaction, people: list[Any]) -> None:
    campaign = add_campaign(tx)
    for n, (changes, kinds, days_ago) in enumerate(people):
        person_id = tx.people.save([a_person(n, **changes)], NOW)[0].person_id
        tx.consents.record([(person_id, a_stop(kind=kind, evidence=f"{at}")) for at, kind in enumerate(kinds)], NOW)
        tx.recipients.add(campaign.id, [a_planned(n, person_id=person_id)])
        if days_ago is not None:
            row = tx.recipients.with_dispatch(Dispatch.PLANNED)[-1]
            at = later(days=-days_ago)
            tx.recipients.save([(row, row._replace(dispatch=Dispatch.ACCEPTED, wamid=f"w{n}", accepted_at=at))])


def _facts(one: Candidate) -> Facts:
    return Facts(standing=one.standing, country=one.country, is_capped=one.is_capped, is_duplicate=one.is_duplicate)


def _walk(candidates: list[Candidate]) -> Waterfall:
    """Judge person by person, as the planning does."""
    fall = Waterfall()
    for one in candidates:
        reason = verdict(_facts(one))
        if reason is None:
            fall.include(one.country, one.market)
        else:
            fall.exclude(reason)
    return fall


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=_PEOPLE, rule=_RULE, cap=st.sampled_from([None, CAP]))
async def test_the_preview_agrees_with_a_walk_person_by_person(
    storage: Storage, people: list[Any], rule: AudienceRule, cap: FrequencyCap | None
):
    def work(tx: Transaction):
        _fill(tx, people)
        groups = tx.people.groups(rule, cap, NOW)
        raise _RollBackError(waterfall(groups), tx.people.candidates(rule, cap, NOW, after=0, limit=100))

    with pytest.raises(_RollBackError) as found:
        await storage.write(work)

    previewed, candidates = found.value.args
    walked = _walk(candidates)
    assert (previewed.matched, previewed.will_be_sent) == (walked.matched, walked.will_be_sent)
    assert previewed.steps() == walked.steps()
    assert (previewed.by_country, previewed.by_market) == (walked.by_country, walked.by_market)
    assert len({one.identity for one in candidates if verdict(_facts(one)) is None}) == walked.will_be_sent
