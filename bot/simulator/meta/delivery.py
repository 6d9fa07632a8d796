"""What becomes of an accepted message over simulated time: held, sent, delivered, read, failed, or silently expired."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from bot.simulator.meta import webhooks
from bot.simulator.meta.webhooks import Update

if TYPE_CHECKING:
    from bot.simulator.meta.courier import Courier
    from bot.simulator.meta.ledger import Message
    from bot.simulator.meta.people import Plan
    from bot.simulator.meta.reactions import Reactions
    from bot.simulator.meta.world import World

_PAUSED = 132015


class Delivery:
    """Schedules every message's fate on the agenda and tells each step by webhook."""

    def __init__(self, world: World, courier: Courier, reactions: Reactions) -> None:
        self._account = world.account
        self._knobs = world.knobs
        self._agenda = world.agenda
        self._phonebook = world.phonebook
        self._catalogue = world.catalogue
        self._courier = courier
        self._reactions = reactions
        self._waiting: defaultdict[str, list[tuple[Message, Plan]]] = defaultdict(list)
        self._held: list[tuple[Message, Plan]] = []

    def begin(self, message: Message, plan: Plan) -> None:
        """Start a message's life at its acceptance."""
        start = message.accepted_at
        if plan.failure is not None:
            self._begin_failure(message, plan)
        elif plan.held:
            message.fate = "held"
            self._held.append((message, plan))
            self._agenda.at(start + plan.hold, partial(self._end_hold, message, plan))
        else:
            self._agenda.at(start + plan.sent_after, partial(self._send, message, plan))

    async def begin_with_status(self, message: Message, plan: Plan) -> None:
        """Post `sent` before the sender has its answer; the rest follows as usual."""
        if plan.failure is not None or plan.held:
            self.begin(message, plan)
            return
        update = self._record(message, "sent", message.accepted_at)
        self._after_sent(message, plan, message.accepted_at)
        await self._courier.post_now(update)

    def release(self, at: float, *, drop: bool) -> int:
        """End every hold now, by sending or by dropping (132015). Returns how many were held."""
        held = [pair for pair in self._held if pair[0].fate == "held"]
        for message, plan in held:
            self._drop(message, at) if drop else self._end_hold(message, plan, at)
        self._held.clear()
        return len(held)

    def come_online(self, phone: str, at: float) -> None:
        """Deliver what waits for a phone that was away."""
        for message, plan in self._waiting.pop(phone, []):
            if message.fate == "sent":
                self._deliver(message, plan, at)

    def _begin_failure(self, message: Message, plan: Plan) -> None:
        at = message.accepted_at + plan.sent_after
        if plan.sent_first:
            self._agenda.at(at, partial(self._tell, message, "sent"))
            at += plan.delivered_after
        self._agenda.at(at, partial(self._fail, message, plan.failure))

    def _end_hold(self, message: Message, plan: Plan, at: float) -> None:
        if message.fate != "held":
            return
        template = self._catalogue.find(message.template or "", message.language or "")
        if plan.dropped or (template is not None and template.status == "PAUSED"):
            self._drop(message, at)
        else:
            self._send(message, plan, at)

    def _drop(self, message: Message, at: float) -> None:
        self._fail(message, _PAUSED, at)

    def _send(self, message: Message, plan: Plan, at: float) -> None:
        self._tell(message, "sent", at)
        self._after_sent(message, plan, at)

    def _after_sent(self, message: Message, plan: Plan, at: float) -> None:
        self._agenda.at(message.expires_at, partial(self._expire, message))
        away = plan.online_after is not None or not plan.reachable
        if not away:
            self._agenda.at(at + plan.delivered_after, partial(self._deliver, message, plan))
            return
        self._waiting[message.phone].append((message, plan))
        if plan.online_after is not None:
            self._agenda.at(message.accepted_at + plan.online_after, partial(self.come_online, message.phone))

    def _deliver(self, message: Message, plan: Plan, at: float) -> None:
        if message.fate != "sent":
            return
        if not (plan.reads and plan.skips_delivered):
            self._tell(message, "delivered", at)
        else:
            message.fate = "delivered"
        if plan.reads:
            self._agenda.at(at + plan.read_after, partial(self._read, message, plan))

    def _read(self, message: Message, plan: Plan, at: float) -> None:
        self._tell(message, "read", at)
        self._agenda.at(at + plan.react_after, partial(self._reactions.react, message, plan))

    def _expire(self, message: Message, at: float) -> None:
        # Meta, "Time to live", read 2026-02-27: dropped, and no webhook says so.
        if message.fate == "sent" and at >= message.expires_at:
            message.fate = "expired"

    def _fail(self, message: Message, code: int | None, at: float) -> None:
        message.code = code
        self._tell(message, "failed", at)

    def _tell(self, message: Message, name: str, at: float) -> None:
        self._courier.push(self._record(message, name, at))

    def _record(self, message: Message, name: str, at: float) -> Update:
        failed = name == "failed"
        # Meta, "Status", read 2026-09-11: the price comes with `sent` and with the first of delivered and read.
        priced = name == "sent" or not (failed or message.priced)
        message.priced = message.priced or name in {"delivered", "read"}
        message.fate = name
        message.statuses.append((name, at, message.code if failed else None))
        hidden = self._phonebook.persona(message.phone).hidden
        item = webhooks.status(message, name, at, self._knobs, priced=priced, hidden=hidden)
        contacts = [] if failed else [webhooks.contact(message, self._knobs, hidden=hidden)]
        return Update("messages", item, at, self._account.numbers[message.number_id], "statuses", contacts)
