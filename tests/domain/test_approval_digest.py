"""An approval covers everything it shows: any change of any part changes the digest, and nothing else does."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approval import digest_of
from bot.domain.campaign import Campaign, CampaignId, CampaignState, ProductPolicy
from bot.domain.errors import ConflictError
from bot.domain.plan import EMPTY_CHAIN, NO_PARAMETERS, SEAL_BYTES, Link, PlanSummary, chain, chain_all, sealed
from tests.builders import NOW, a_spec, a_template, later


def a_campaign(**changes: Any) -> Campaign:
    campaign = Campaign(
        id=CampaignId(1),
        token="7Q2K",
        spec=a_spec(),
        state=CampaignState.IN_REVIEW,
        version=1,
        revision=3,
        created_by="U0ANA",
        team="T0TEAM",
        created_at=NOW,
        template=a_template(),
        plan=PlanSummary(recipients=3, cost_ceiling=Decimal("0.12"), chain="c"),
    )
    return replace(campaign, **changes)


def with_spec(**changes: Any) -> Campaign:
    return a_campaign(spec=a_spec(**changes))


def with_template(**changes: Any) -> Campaign:
    return a_campaign(template=a_template(**changes))


def with_plan(**changes: Any) -> Campaign:
    plan = a_campaign().plan
    assert plan is not None
    return a_campaign(plan=replace(plan, **changes))


COVERED: list[Callable[[], Campaign]] = [
    lambda: a_campaign(version=2),
    lambda: with_template(id="900101"),
    lambda: with_template(name="other"),
    lambda: with_template(language="pt_BR"),
    lambda: with_template(category="UTILITY"),
    lambda: with_template(components=({"type": "BODY", "text": "Hello {{1}}!"},)),
    lambda: with_template(ttl_seconds=43_200),
    lambda: with_spec(ttl_seconds=43_200),
    lambda: with_spec(bindings={"body:1": "{{first_name}}"}),
    lambda: with_spec(policy=ProductPolicy.CLOUD_API_FALLBACK),
    lambda: with_spec(activity_sharing=False),
    lambda: with_spec(phone_number_id="2"),
    lambda: with_spec(scheduled_at=later(1)),
    lambda: with_spec(offer_ends_at=later(1)),
    lambda: with_spec(channel="C0OTHER"),
    lambda: with_plan(recipients=4),
    lambda: with_plan(chain="d"),
    lambda: with_plan(cost_ceiling=Decimal("0.13")),
    lambda: with_plan(currency="EUR"),
]


def test_any_covered_part_changes_the_digest_and_no_two_changes_agree():
    digests = [digest_of(change()) for change in COVERED]

    assert len({*digests, digest_of(a_campaign())}) == len(COVERED) + 1


@pytest.mark.parametrize(
    "same",
    [
        a_campaign(revision=9, state=CampaignState.APPROVED, approved_by="U0BRUNO", reason="x", hold_until=NOW),
        with_template(quality="RED", status="PAUSED", last_used_at=NOW, last_updated_at=NOW),
        with_spec(bindings=dict(reversed({"body:1": "{{first_name|friend}}"}.items()))),
    ],
)
def test_what_an_approval_does_not_cover_leaves_the_digest_alone(same: Campaign):
    assert digest_of(same) == digest_of(a_campaign())


@pytest.mark.parametrize("missing", ["plan", "template"])
def test_what_has_no_finished_plan_has_no_digest(missing: str):
    with pytest.raises(ConflictError, match="no finished plan"):
        digest_of(a_campaign(**{missing: None}))


seals = st.none() | st.binary(min_size=SEAL_BYTES, max_size=SEAL_BYTES)
links = st.tuples(st.text(max_size=5), st.text(max_size=5), st.binary(max_size=5), seals)


def chained(rows: list[Link]) -> str:
    value = EMPTY_CHAIN
    for row in rows:
        value = chain(value, *row)
    return value


@given(st.lists(links, max_size=5), st.lists(links, max_size=5))
def test_two_lists_of_recipients_have_one_chain_only_if_they_are_equal(one: list[Link], other: list[Link]):
    assert (chained(one) == chained(other)) == (one == other)


@given(st.text(min_size=1, max_size=5), st.text(min_size=1, max_size=5), seals)
def test_no_character_can_move_from_one_field_to_the_next(one: str, other: str, seal: bytes | None):
    assert chained([(one + other, "", b"", seal)]) != chained([(one, other, b"", seal)])


@given(st.lists(links, max_size=5), st.lists(links, max_size=5))
def test_a_chain_that_goes_on_is_the_chain_of_all(one: list[Link], other: list[Link]):
    assert chain_all(chain_all(EMPTY_CHAIN, one), other) == chained([*one, *other])


def test_the_chain_of_a_plan_approved_in_the_past_never_changes():
    rows = [("447700900001", "+447700900001", b'[{"type":"body"}]', None), ("5511990000000", "BR.Ünal", b"\xff", None)]

    assert chained(rows) == "92e87fb46eec03cd7d2aa0ff05a046ecebc79302bf140b5459bf36c7f16662a9"


def test_the_chain_of_sealed_rows_never_changes():
    rows = [("447700900001", "+447700900001", b'[{"type":"body"}]', bytes(range(SEAL_BYTES)))]

    assert chained(rows) == "31a6eed785f18e0038d8ebc57a1b15bbc97bde9940bb507f13ff49f118709173"


@given(st.lists(links.filter(lambda link: link[3] is not None and link[1]), min_size=1, max_size=5), st.data())
def test_what_stands_for_an_erased_row_keeps_the_chain_and_nothing_else_does(rows: list[Link], data: st.DataObject):
    place = data.draw(st.integers(0, len(rows) - 1))
    stands = sealed(*rows[place])
    erased = [*rows]
    erased[place] = (f"erased:{place}", "", NO_PARAMETERS, stands)

    assert chained(erased) == chained(rows)
    for changed in (
        ("x", "+1", NO_PARAMETERS, stands),
        ("x", "", b"[1]", stands),
        ("x", "", NO_PARAMETERS, stands[1:]),
    ):
        erased[place] = changed
        assert chained(erased) != chained(rows)
