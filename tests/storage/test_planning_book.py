"""Freezing rows in bulk: what is left out is told apart exactly, and the counters equal a recount."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.funnel import FACTS_OF_PLANNED, facts
from bot.domain.plan import EMPTY_CHAIN, PlannedRecipient, chain_all
from bot.ports.storage import Storage, Transaction
from tests.builders import a_planned, add_campaign, add_people, messages_of, planned_messages

_PEOPLE = 12
#: (person, identity) in few kinds, so that most plans repeat some of them.
_ROWS = st.lists(st.tuples(st.integers(1, _PEOPLE), st.integers(1, _PEOPLE)), max_size=8)


class _RollBackError(Exception):
    """Undoes an example."""


def _expected(chunks: list[list[PlannedRecipient]]) -> list[list[bool]]:
    """Take rows one by one, as a plan is meant."""
    people: set[int] = set()
    identities: set[str] = set()
    found = []
    for chunk in chunks:
        added = []
        for row in chunk:
            added.append(row.person_id not in people and row.identity not in identities)
            if added[-1]:
                people.add(row.person_id)
                identities.add(row.identity)
        found.append(added)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(_ROWS, max_size=3))
async def test_rows_in_bulk_are_taken_as_if_they_came_one_by_one(storage: Storage, chunks: list[Any]):
    def work(tx: Transaction):
        campaign = add_campaign(tx)
        ids = add_people(tx, _PEOPLE)
        token = iter(range(100))
        rows = [
            [a_planned(n, person_id=ids[p - 1], links=((f"t{next(token)}", 0, f"/{p}/{n}"),)) for p, n in chunk]
            for chunk in chunks
        ]
        added = [tx.recipients.add(campaign.id, chunk) for chunk in rows]
        kept = [
            row
            for chunk, new in zip(rows, added, strict=True)
            for row, is_new in zip(chunk, new, strict=True)
            if is_new
        ]
        planned = [message.person_id for message in messages_of(tx, campaign)]
        counts = tx.campaigns.tallies(campaign.id), tx.campaigns.recount(campaign.id)
        raise _RollBackError(rows, added, kept, planned, counts, tx.recipients.chain(campaign.id))

    with pytest.raises(_RollBackError) as found:
        await storage.write(work)

    rows, added, kept, planned, (tallies, recount), chained = found.value.args
    assert added == _expected(rows)
    assert planned == [row.person_id for row in kept]
    assert tallies == recount
    assert chained == chain_all(EMPTY_CHAIN, [(row.identity, row.address, row.parameters, row.seal) for row in kept])


async def test_a_plan_larger_than_one_statement_keeps_its_order_and_leaves_out_what_it_has(storage: Storage):
    def work(tx: Transaction):
        campaign = add_campaign(tx)
        rows = [a_planned(n, person_id=one) for n, one in enumerate(add_people(tx, 130), 1)]
        first = tx.recipients.add(campaign.id, rows[40:60])
        second = tx.recipients.add(campaign.id, rows)
        return first, second, [message.person_id for message in messages_of(tx, campaign)], rows

    first, second, planned, rows = await storage.write(work)

    assert first == [True] * 20
    assert second == [not 40 <= n < 60 for n in range(130)]
    assert planned == [row.person_id for row in (*rows[40:60], *rows[:40], *rows[60:])]


async def test_what_was_just_frozen_counts_as_planned_and_waiting(storage: Storage):
    [message] = await storage.write(planned_messages)

    assert facts(message) == FACTS_OF_PLANNED
