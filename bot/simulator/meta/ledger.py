"""Meta's own books: every message it accepted, what became of it, and what each phone received."""

from __future__ import annotations

import base64
import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.simulator.meta.rendering import Rendered


@dataclass(slots=True)
class Message:
    """One accepted message; instants are simulated unix seconds.

    `fate` is accepted, held, sent, delivered, read, failed or expired. `phone` is the E.164 number that was really
    dialled (or the business-scoped user id), `to` what the sender wrote.
    """

    wamid: str
    number_id: str
    to: str
    phone: str
    wa_id: str
    route: str
    template: str | None
    language: str | None
    text: str
    accepted_at: float
    ttl_seconds: float
    callback_data: str | None
    stranger: bool
    seen: Rendered
    tracked: bool  # Meta counts clicks
    fate: str = "accepted"
    code: int | None = None
    priced: bool = False
    statuses: list[tuple[str, float, int | None]] = field(default_factory=list)
    clicked_at: float | None = None
    visits: list[int] = field(default_factory=list)  # HTTP statuses of opened links

    @property
    def expires_at(self) -> float:
        """When an undelivered message is dropped without a word."""
        return self.accepted_at + self.ttl_seconds

    @property
    def is_user_id(self) -> bool:
        """Whether the recipient was named by business-scoped user id."""
        return not self.phone.startswith("+")

    def view(self) -> dict[str, Any]:
        """Show the entry as JSON."""
        return {
            "wamid": self.wamid,
            "number_id": self.number_id,
            "to": self.to,
            "phone": self.phone,
            "wa_id": self.wa_id,
            "route": self.route,
            "template": self.template,
            "language": self.language,
            "text": self.text,
            "urls": self.seen.all_urls(),
            "accepted_at": self.accepted_at,
            "ttl_seconds": self.ttl_seconds,
            "biz_opaque_callback_data": self.callback_data,
            "stranger": self.stranger,
            "fate": self.fate,
            "code": self.code,
            "statuses": [{"status": s, "at": at, "code": code} for s, at, code in self.statuses],
            "clicked_at": self.clicked_at,
            "visits": self.visits,
        }


class Ledger:
    """All accepted messages, by wamid and by phone."""

    def __init__(self, token: Callable[[int], bytes] = os.urandom) -> None:
        self._token = token  # not the seed: ids stay unique over restarts
        self.messages: dict[str, Message] = {}
        self.received: defaultdict[str, list[Message]] = defaultdict(list)
        self.refusals: Counter[int] = Counter()

    def new_wamid(self, digits: str) -> str:
        """Make an id like Meta's: base64 of bytes that hold the recipient's digits."""
        raw = b"\x1d\x17" + digits.encode() + b"\x15\x02\x00\x11\x18" + self._token(10).hex().upper().encode() + b"\x00"
        return "wamid." + base64.b64encode(raw).decode()

    def add(self, message: Message) -> None:
        """Enter an accepted message."""
        self.messages[message.wamid] = message
        self.received[message.phone].append(message)

    def people_since(self, at: float) -> int:
        """Count the phones that were sent to after an instant: what a messaging limit counts."""
        return sum(1 for messages in self.received.values() if messages[-1].accepted_at > at)

    def totals(self) -> dict[str, Any]:
        """Count the messages by fate, by status ever emitted and by failure code; clicks and opened links too."""
        fates: Counter[str] = Counter()
        statuses: Counter[str] = Counter()
        codes: Counter[str] = Counter()
        for message in self.messages.values():
            fates[message.fate] += 1
            statuses.update({status for status, _, _ in message.statuses})
            if message.code is not None:
                codes[str(message.code)] += 1
        return {
            "accepted": len(self.messages),
            "phones": len(self.received),
            "most_per_phone": max(map(len, self.received.values()), default=0),
            "fates": dict(fates),
            "statuses": dict(statuses),
            "failed_by_code": dict(codes),
            "routes": dict(Counter(m.route for m in self.messages.values())),
            "strangers": sum(m.stranger for m in self.messages.values()),
            "clicked": sum(m.clicked_at is not None for m in self.messages.values()),
            "meta_clicks": sum(m.clicked_at is not None and m.tracked for m in self.messages.values()),
            "visits": sum(len(m.visits) for m in self.messages.values()),
            "refused_by_code": {str(code): n for code, n in self.refusals.items()},
        }
