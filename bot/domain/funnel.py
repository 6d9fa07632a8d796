"""What a campaign's counters count.

Each message contributes a set of facts; a counter is the number of messages that contribute its fact. Every change of a
message adjusts the counters by the difference of its facts before and after, so they always equal a recount.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain.message import WAITING, Delivery, Dispatch, Recipient


def facts(recipient: Recipient) -> frozenset[str]:
    """List what one message counts towards; details follow a colon (`failed:131049`, `skipped:stopped`)."""
    found = {"planned", *_dispatch_facts(recipient)}
    if recipient.dispatch is Dispatch.ACCEPTED:
        found |= _delivery_facts(recipient)
    if recipient.clicked_at is not None:
        found.add("clicked")
    return frozenset(found)


def _dispatch_facts(recipient: Recipient) -> set[str]:
    if recipient.dispatch in WAITING:
        return {"waiting"}
    match recipient.dispatch:
        case Dispatch.ACCEPTED:
            return {"sent"}
        case Dispatch.SKIPPED:
            return {"skipped", f"skipped:{recipient.reason}"}
        case Dispatch.REFUSED:
            return {"refused", f"refused:{recipient.code}"}
        case other:
            return {str(other)}


def _delivery_facts(recipient: Recipient) -> set[str]:
    state = recipient.delivery
    found = {f"delivery:{state}"}
    if recipient.route is not None:
        found.add(f"route:{recipient.route}")
    if state in (Delivery.DELIVERED, Delivery.READ):
        found.add("delivered")
        if not recipient.free:
            found.add(f"billed:{recipient.market}")
    if state is Delivery.READ:
        found.add("read")
    if state is Delivery.FAILED:
        found |= {"failed", f"failed:{recipient.code}"}
    if state is Delivery.EXPIRED:
        found.add("expired")
    return found


def difference(before: Recipient | None, after: Recipient) -> Counter[str]:
    """Say by how much each counter moves when a message changes (or appears, with `before` None)."""
    moved: Counter[str] = Counter()
    old = facts(before) if before is not None else frozenset()
    new = facts(after)
    moved.update(dict.fromkeys(new - old, 1))
    moved.update(dict.fromkeys(old - new, -1))
    return moved


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
