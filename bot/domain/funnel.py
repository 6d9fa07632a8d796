"""What a campaign's counters count.

Each message contributes a set of facts; a counter is the number of messages that contribute its fact. Every change of a
message adjusts the counters by the difference of its facts before and after, so they always equal a recount.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from types import MappingProxyType

from bot.domain.message import WAITING, Delivery, Dispatch, Recipient, Route


def facts(recipient: Recipient) -> frozenset[str]:
    """List what one message counts towards; details follow a colon (`failed:131049`, `skipped:stopped`)."""
    return _facts(_kind(recipient))


#: All of a message that its facts follow from; thousands of messages are of the same few dozen kinds. Dispatch,
#: delivery, code, reason, route, the market that pays (None for a free message), whether a link was clicked.
_Kind = tuple[Dispatch, Delivery, int | None, str | None, Route | None, str | None, bool]


def _kind(recipient: Recipient) -> _Kind:
    dispatch, code, reason, route, free, market, clicked_at = _parts(recipient)
    return dispatch, recipient.delivery, code, reason, route, None if free else market, clicked_at is not None


# By place and all at once: by name each took a call (benchmarks/webhooks.py).
_parts = itemgetter(
    *map(Recipient._fields.index, ("dispatch", "code", "reason", "route", "free", "market", "clicked_at"))
)


# Putting a set of facts together costs more than all the rest of moving a counter (benchmarks/webhooks.py). What is
# remembered follows from the argument alone.
@lru_cache(maxsize=4096)
def _facts(kind: _Kind) -> frozenset[str]:
    dispatch, delivery, code, reason, route, billed_in, is_clicked = kind
    found = {"planned", *_dispatch_facts(dispatch, code, reason)}
    if dispatch is Dispatch.ACCEPTED:
        found |= _delivery_facts(delivery, code, route, billed_in)
    if is_clicked:
        found.add("clicked")
    return frozenset(found)


#: What a message counts towards that was just frozen.
FACTS_OF_PLANNED = frozenset({"planned", "waiting"})


def _dispatch_facts(dispatch: Dispatch, code: int | None, reason: str | None) -> set[str]:
    if dispatch in WAITING:
        return {"waiting"}
    match dispatch:
        case Dispatch.ACCEPTED:
            return {"sent"}
        case Dispatch.SKIPPED:
            return {"skipped", f"skipped:{reason}"}
        case Dispatch.REFUSED:
            return {"refused", f"refused:{code}"}
        case other:
            return {str(other)}


def _delivery_facts(state: Delivery, code: int | None, route: Route | None, billed_in: str | None) -> set[str]:
    found = {f"delivery:{state}"}
    if route is not None:
        found.add(f"route:{route}")
    if state in (Delivery.DELIVERED, Delivery.READ):
        found.add("delivered")
        if billed_in is not None:
            found.add(f"billed:{billed_in}")
    if state is Delivery.READ:
        found.add("read")
    if state is Delivery.FAILED:
        found |= {"failed", f"failed:{code}"}
    if state is Delivery.EXPIRED:
        found.add("expired")
    return found


def difference(before: Recipient | None, after: Recipient) -> Mapping[str, int]:
    """Say by how much each counter moves when a message changes (or appears, with `before` None)."""
    return _difference(frozenset() if before is None else facts(before), facts(after))


def movements(changes: Iterable[tuple[Recipient | None, Recipient, int]]) -> Counter[tuple[int, str]]:
    """Add up by how much changes move each counter, named by campaign and fact; each stands for so many like it."""
    moved: Counter[tuple[int, str]] = Counter()
    for before, after, times in changes:
        for fact, by in difference(before, after).items():
            moved[after.campaign_id, fact] += times * by
    return moved


@lru_cache(maxsize=4096)
def _difference(old: frozenset[str], new: frozenset[str]) -> Mapping[str, int]:
    return MappingProxyType(dict.fromkeys(new - old, 1) | dict.fromkeys(old - new, -1))


def recount(recipients: Iterable[Recipient]) -> Counter[str]:
    """Count from scratch; what the counters must always equal."""
    counted: Counter[str] = Counter()
    for recipient in recipients:
        counted.update(facts(recipient))
    return counted


@dataclass(frozen=True, slots=True)
class Funnel:
    """The figures of a card. `sent` means Meta accepted it; `delivered` includes read; clicks are people."""

    tallies: Mapping[str, int]
    meta_clicks: int = 0

    def __getitem__(self, fact: str) -> int:
        return self.tallies.get(fact, 0)

    def details(self, prefix: str) -> dict[str, int]:
        """Give the breakdown behind a figure, largest first: `details("failed")` is code to count."""
        start = f"{prefix}:"
        found = {key.removeprefix(start): n for key, n in self.tallies.items() if key.startswith(start) and n}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    @property
    def settled(self) -> int:
        """How many messages have reached an outcome of dispatch, the person's decisions in doubt included."""
        return self["planned"] - self["waiting"] - self["sending"]

    def figures(self) -> dict[str, int]:
        """Give the plain figures for reports: one key per label of the card, and what is still on its way."""
        keys = ("planned", "waiting", "sending", "sent", "delivered", "read", "clicked", "failed", "refused")
        more = ("in_doubt", "expired", "skipped", "lapsed")
        return {**{key: self[key] for key in keys}, "meta_clicks": self.meta_clicks, **{key: self[key] for key in more}}

    def balances(self) -> bool:
        """Tell whether every planned person is in exactly one state."""
        parts = ("waiting", "sending", "sent", "refused", "in_doubt", "skipped", "lapsed")
        delivery = sum(self.details("delivery").values())
        return self["planned"] == sum(self[part] for part in parts) and self["sent"] == delivery
