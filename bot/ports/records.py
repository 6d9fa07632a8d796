"""What is kept beside people and messages: audit, quarantine, cards, notices, digests, leases, numbers, switches."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.domain.campaign import CampaignId
from bot.domain.instants import Millis
from bot.ports.recipients import Fence


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit chain. `subject` is what it is about (`campaign 7Q2K`); `detail` holds no phone number."""

    at: Millis
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditRow:
    seq: int
    entry: AuditEntry
    previous_hash: str
    hash: str


class Audit(Protocol):
    def append(self, entry: AuditEntry) -> None:
        """Add one line; its hash covers the line and the hash before it (`bot.domain.audit`)."""
        ...

    def rows(self, subject: str | None = None) -> Iterator[AuditRow]:
        """Walk the chain from its beginning."""
        ...

    def head(self) -> tuple[int, str] | None:
        """Give number and hash of the last line as remembered apart from the chain, for `bot.domain.audit.verify`."""
        ...


class Quarantine(Protocol):
    def keep(self, reason: str, body: bytes, now: Millis) -> None: ...
    def count(self) -> int: ...
    def purge(self, before: Millis) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One message in the chat that keeps itself true: `kind` is `live` or `approval`.

    `wanted` counts the changes that call for a redraw, `drawn` the one it shows; they differ while it is stale.
    """

    campaign_id: CampaignId
    kind: str
    channel: str
    ts: str | None = None
    wanted: int = 1
    drawn: int = 0
    content_hash: str = ""
    drawn_at: Millis | None = None
    #: Why its message can never be edited again; None while it lives.
    dead: str | None = None
    #: When it was to be posted, while nobody knows whether it was.
    posting_at: Millis | None = None


class Cards(Protocol):
    def want(self, campaign_id: CampaignId, kind: str, channel: str | None = None) -> None:
        """Ask for a redraw; with a channel, the card belongs there, and what kept it out is tried again at once.

        A card that is dead, not there yet, or in another channel is then posted anew.
        """
        ...

    def get(self, campaign_id: CampaignId, kind: str) -> Card | None: ...
    def stale(self) -> Sequence[Card]:
        """List the living cards that show less than is wanted, the longest waiting first."""
        ...

    def drew(self, card: Card, *, ts: str, content_hash: str, now: Millis) -> None:
        """Record that `card.wanted` is what the message now shows; a dead card that was drawn lives again."""
        ...

    def posting(self, card: Card, at: Millis | None) -> None:
        """Record that the card is about to be posted, or (None) that it surely was not."""
        ...

    def died(self, campaign_id: CampaignId, kind: str, reason: str) -> None: ...


#: The place of a trouble that keeps us out of the whole workspace.
EVERYWHERE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A place in the chat that takes nothing until somebody mends it: a channel's or a person's id, or EVERYWHERE.

    `why` says in sentences what is wrong and how to mend it. What is meant for the place waits; one message is tried
    at `retry_at`.
    """

    place: str
    why: str
    since: Millis
    tries: int
    retry_at: Millis


class Troubles(Protocol):
    def list(self) -> Sequence[Trouble]: ...
    def put(self, trouble: Trouble) -> None: ...
    def end(self, place: str) -> None: ...
    def retry_now(self, now: Millis) -> None:
        """Let every place be tried again at once."""
        ...

    def forget(self, before: Millis) -> None:
        """Drop the troubles that were to be tried again before then and were not: nothing waits there any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message that must be posted once: thread milestones, words to one person, digests.

    `key` makes it unique for ever (`campaign 12: half sent`). `channel` may be a user id for a direct message;
    `campaign_id` with `in_thread` posts below the live card (or the approval card while there is no live one).
    `asked_by` is told when the channel does not take it; of a campaign's notice, its author is.
    """

    key: str
    channel: str | None = None
    campaign_id: CampaignId | None = None
    in_thread: bool = False
    broadcast: bool = False
    text: str = ""
    blocks: Sequence[Mapping[str, Any]] = ()
    asked_by: str | None = None
    #: When it was to be posted, while nobody knows whether it was; the book's, not the sender's.
    posting_at: Millis | None = None


class Notices(Protocol):
    def add(self, notice: Notice, now: Millis) -> bool:
        """Queue a notice; one whose key was ever queued is dropped (False)."""
        ...

    def waiting(self, limit: int) -> list[tuple[int, Notice]]: ...
    def posting(self, notice_id: int, at: Millis | None) -> None:
        """Record that it is about to be posted, or (None) that it surely was not."""
        ...

    def posted(self, notice_id: int, ts: str, now: Millis) -> None: ...
    def gave_up(self, notice_id: int, reason: str, now: Millis) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSchedule:
    """When a channel gets its digest: `kind` daily or weekly (Mondays), wall-clock `at` as HH:MM in `zone`."""

    id: int
    channel: str
    kind: str
    at: str
    zone: str
    created_by: str
    created_at: Millis


class Digests(Protocol):
    def set(self, channel: str, kind: str, at: str, zone: str, by: str, now: Millis) -> DigestSchedule:
        """Store or replace the channel's schedule of that kind; a new one tells what happens from now on."""
        ...

    def remove(self, channel: str) -> int: ...
    def list(self, channel: str | None = None) -> Sequence[DigestSchedule]: ...
    def last_taken(self, digest_id: int) -> Millis | None:
        """Say when the last period was taken."""
        ...

    def mark_period(self, digest_id: int, period_end: Millis, now: Millis) -> bool:
        """Take a period; False when it was taken before."""
        ...

    def news(self, schedule: DigestSchedule) -> Sequence[tuple[CampaignId, Mapping[str, int]]]:
        """Give, per campaign of its channel, by how much the counters moved since they were last shown.

        Facts as in `bot.domain.funnel`: sent, delivered, read, clicked, failed, refused, and billed by market.
        """
        ...

    def show(self, schedule: DigestSchedule) -> None:
        """Remember the counters of its channel's campaigns as shown by this digest."""
        ...

    def figures(self, since: Millis, until: Millis) -> Sequence[tuple[CampaignId, Mapping[str, int]]]:
        """Give, per campaign, the same facts by Meta's time of each: what is known by now of a span."""
        ...


class Leases(Protocol):
    def take(self, name: str, holder: str, now: Millis, span_ms: int) -> Fence | None:
        """Take or renew a lease; None while somebody else holds it. A new holder gets a higher token."""
        ...

    def release(self, fence: Fence) -> None: ...
    def check(self, fence: Fence) -> None:
        """Raise FencedError unless the lease still stands."""
        ...

    def holders(self, prefix: str, now: Millis) -> set[str]:
        """Say who holds leases whose names begin so, those that have ended left out."""
        ...

    def forget(self, prefix: str, before: Millis) -> None:
        """Delete leases whose names begin so and that ended before then; their tokens begin again."""
        ...

    def clear(self) -> None:
        """Drop every lease; only for a process that `storage.exclusive` says is the only one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberStatus:
    """A sender number as Meta describes it, and what stops it."""

    phone_number_id: str
    display: str = ""
    granted_mps: int = 80
    #: People per rolling 24 h for the whole portfolio; None is unlimited.
    messaging_limit: int | None = None
    quality: str = "UNKNOWN"
    #: The pace after back-off, persisted so that a restart does not rush.
    pace: float | None = None
    rests_until: Millis | None = None
    #: Why nothing may leave from here (restricted, banned); a person lifts it.
    blocked: str | None = None
    checked_at: Millis | None = None


class Numbers(Protocol):
    def get(self, phone_number_id: str) -> NumberStatus | None: ...
    def put(self, status: NumberStatus) -> None: ...
    def list(self) -> Sequence[NumberStatus]: ...


class Switches(Protocol):
    """Small facts the machine learnt and must remember (`tracker refused by 1065`)."""

    def get(self, name: str) -> str | None: ...
    def set(self, name: str, value: str, now: Millis) -> None: ...
