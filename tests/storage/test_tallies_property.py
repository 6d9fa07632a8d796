"""Whatever happens to messages, and in whatever order, the counters equal a recount."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.message import Dispatch, Recipient, Route
from bot.ports.storage import Storage, Transaction
from tests.builders import NOW, add_campaign, add_plan, later

_INSTANT = st.none() | st.integers(0, 50).map(later)
_TIMES = ("held_at", "sent_at", "delivered_at", "read_at", "failed_at", "expired_at", "clicked_at")


@st.composite
def _states(draw: st.DrawFn) -> dict[str, Any]:
    """Draw any state that a message may be in."""
    dispatch = draw(st.sampled_from(Dispatch))
    accepted = dispatch is Dispatch.ACCEPTED
    return {
        "dispatch": dispatch,
        "sending_at": NOW if dispatch is Dispatch.SENDING else None,
        "accepted_at": NOW if accepted else None,
        "reason": "stopped" if dispatch is Dispatch.SKIPPED else None,
        "code": draw(st.none() | st.sampled_from([131026, 131049])),
        "route": draw(st.none() | st.sampled_from(Route)),
        "free": draw(st.booleans()),
        "attempt": draw(st.integers(1, 2)),
        **{name: draw(_INSTANT) for name in _TIMES},
    }


_STEPS = st.lists(st.tuples(st.integers(0, 2), _states()), max_size=12)


def _play(tx: Transaction, token: str, steps: list[tuple[int, dict[str, Any]]]) -> tuple[dict, dict]:
    campaign = add_campaign(tx, token=token)
    add_plan(tx, campaign, 3)
    messages: list[Recipient] = [row.recipient for row in tx.recipients.rows(campaign.id)]
    for place, state in steps:
        after = messages[place]._replace(**state)
        tx.recipients.save([(messages[place], after)])
        messages[place] = after
    return dict(tx.campaigns.tallies(campaign.id)), dict(tx.campaigns.recount(campaign.id))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
async def test_the_counters_equal_a_recount(storage: Storage, steps: list[tuple[int, dict[str, Any]]]):
    token = f"T{await storage.read(lambda tx: len(tx.campaigns.list(limit=1000)))}"

    tallies, recount = await storage.write(lambda tx: _play(tx, token, steps))

    assert tallies == recount
    assert tallies["planned"] == 3


def _play_at_once(tx: Transaction, token: str, steps: list[tuple[int, dict[str, Any]]]) -> tuple[Any, ...]:
    campaign = add_campaign(tx, token=token)
    add_plan(tx, campaign, 3)
    messages: list[Recipient] = [row.recipient for row in tx.recipients.rows(campaign.id)]
    changes = []
    for place, state in steps:
        changes.append((messages[place], messages[place]._replace(**state)))
        messages[place] = changes[-1][1]
    tx.recipients.save(changes)
    stored = [row.recipient for row in tx.recipients.rows(campaign.id)]
    return messages, stored, dict(tx.campaigns.tallies(campaign.id)), dict(tx.campaigns.recount(campaign.id))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
async def test_changes_of_any_kind_are_written_together_and_in_order(
    storage: Storage, steps: list[tuple[int, dict[str, Any]]]
):
    token = f"T{await storage.read(lambda tx: len(tx.campaigns.list(limit=1000)))}"

    wanted, stored, tallies, recount = await storage.write(lambda tx: _play_at_once(tx, token, steps))

    assert stored == wanted
    assert tallies == recount
