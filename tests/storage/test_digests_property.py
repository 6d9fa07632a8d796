"""However late or out of order Meta reports: of all digests of a kind exactly one tells of each thing counted."""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.message import Dispatch, Recipient
from bot.ports.records import DigestSchedule
from bot.ports.storage import Storage, Transaction
from tests.builders import NOW, add_campaign, add_plan, later

_INSTANT = st.none() | st.integers(-50, 50).map(later)
_TIMES = ("delivered_at", "read_at", "failed_at", "clicked_at")
_TOLD = ("sent", "delivered", "read", "clicked", "failed", "refused")


@st.composite
def _states(draw: st.DrawFn) -> dict[str, Any]:
    """Draw any state that a message may be in, with times from before and after every digest."""
    dispatch = draw(st.sampled_from([Dispatch.ACCEPTED, Dispatch.ACCEPTED, Dispatch.REFUSED, Dispatch.PLANNED]))
    return {
        "dispatch": dispatch,
        "sending_at": NOW if dispatch is Dispatch.REFUSED else None,
        "accepted_at": NOW if dispatch is Dispatch.ACCEPTED else None,
        "free": draw(st.booleans()),
        **{name: draw(_INSTANT) for name in _TIMES},
    }


_CHANGE = st.tuples(st.integers(0, 2), _states())
_STEPS = st.lists(_CHANGE | st.sampled_from(["daily", "weekly"]), max_size=16)


class _Channel:
    """A channel with one campaign and two digests, each of which adds up what it tells."""

    def __init__(self, tx: Transaction, name: str) -> None:
        self._tx = tx
        self._campaign = add_campaign(tx, token=name, channel=name)
        add_plan(tx, self._campaign, 3)
        self._messages: list[Recipient] = [row.recipient for row in tx.recipients.rows(self._campaign.id)]
        self._digests = {kind: self._set(kind) for kind in ("daily", "weekly")}
        self._told: dict[str, Counter[str]] = {kind: Counter() for kind in self._digests}

    def _set(self, kind: str, at: str = "09:00") -> DigestSchedule:
        return self._tx.digests.set(self._campaign.spec.channel, kind, at, "UTC", "U0", NOW)

    def play(self, step: Any) -> None:
        if isinstance(step, str):
            self.tell(step)
            return
        place, state = step
        after = self._messages[place]._replace(**state)
        self._tx.recipients.save([(self._messages[place], after)])
        self._messages[place] = after

    def tell(self, kind: str) -> None:
        """Post a digest as of now, and move its hour: both leave what was told as it is."""
        for campaign_id, moved in self._tx.digests.news(self._digests[kind]):
            assert campaign_id == self._campaign.id
            assert all(moved.values())
            for fact, by in moved.items():
                self._told[kind][fact] += by
        self._tx.digests.show(self._digests[kind])
        assert self._tx.digests.news(self._digests[kind]) == []
        self._digests[kind] = self._set(kind, "10:30")

    def told(self) -> list[dict[str, int]]:
        return [{fact: n for fact, n in told.items() if n} for told in self._told.values()]

    def counted(self) -> dict[str, int]:
        tallies = self._tx.campaigns.tallies(self._campaign.id)
        return {fact: n for fact, n in tallies.items() if fact in _TOLD or fact.startswith("billed:")}


def _play(tx: Transaction, name: str, steps: list[Any]) -> tuple[list[dict[str, int]], dict[str, int]]:
    channel = _Channel(tx, name)
    for step in [*steps, "daily", "weekly"]:
        channel.play(step)
    return channel.told(), channel.counted()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
async def test_everything_counted_is_told_once_by_each_digest(storage: Storage, steps: list[Any]):
    name = f"T{await storage.read(lambda tx: len(tx.campaigns.list(limit=1000)))}"

    told, counted = await storage.write(lambda tx: _play(tx, name, steps))

    assert told == [counted, counted]
