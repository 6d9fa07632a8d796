"""Grouping changes leaves none out, and what one of a group counts, each of it counts."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.funnel import difference, movements
from bot.domain.instants import Millis
from bot.domain.message import Dispatch, Recipient, RecipientId, Route
from storage.books.alike import Change, alike

times = st.none() | st.integers(0, 2).map(Millis)
recipients = st.builds(
    Recipient,
    id=st.integers(1, 3).map(RecipientId),
    campaign_id=st.integers(1, 2),
    person_id=st.just(1),
    market=st.sampled_from(["Brazil", "Rest"]),
    dispatch=st.sampled_from([Dispatch.ACCEPTED, Dispatch.REFUSED, Dispatch.PLANNED]),
    code=st.sampled_from([None, 0, 1]),
    reason=st.sampled_from([None, "", "stopped"]),
    route=st.sampled_from([None, *Route]),
    free=st.booleans(),
    sent_at=times,
    read_at=times,
    failed_at=times,
    clicked_at=times,
)


@st.composite
def a_change(draw: st.DrawFn) -> Change:
    """Draw a message before and after; it stays who and where it is."""
    before, after = draw(recipients), draw(recipients)
    return before, after._replace(id=before.id, campaign_id=before.campaign_id, market=before.market)


changes = st.lists(a_change(), max_size=12)


@given(changes)
def test_every_change_is_in_one_group(given_changes: list[Change]):
    found = [change for group in alike(given_changes) for change in group.changes]

    assert Counter(found) == Counter(given_changes)


@given(changes)
def test_a_group_counts_what_each_of_it_counts(given_changes: list[Change]):
    each: Counter[tuple[int, str]] = Counter()
    for before, after in given_changes:
        each.update({(after.campaign_id, fact): by for fact, by in difference(before, after).items()})

    moved = movements((group.before, group.after, len(group.changes)) for group in alike(given_changes))

    assert {key: by for key, by in moved.items() if by} == {key: by for key, by in each.items() if by}


@given(changes)
def test_a_group_changes_the_same_columns_of_rows_that_held_the_same(given_changes: list[Change]):
    for group in alike(given_changes):
        for before, after in group.changes:
            assert group.changed == tuple(old != new for old, new in zip(before, after, strict=True))
            assert group.known == tuple(old is not None for old in before)
            assert after.delivery is group.after.delivery
