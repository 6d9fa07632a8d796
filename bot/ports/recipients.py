"""The planned messages: claimed, marked, settled and folded; their counters move in the same write."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.campaign import CampaignId
from bot.domain.consent import Facts, FrequencyCap
from bot.domain.delivery import StatusEvent
from bot.domain.instants import Millis
from bot.domain.message import Dispatch, Recipient, RecipientId
from bot.domain.plan import PlannedRecipient


@dataclass(frozen=True, slots=True)
class Fence:
    """Proof of a lease: a write made under it fails with FencedError once the lease is somebody else's."""

    name: str
    token: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed message: the row, its frozen address and parameters, and the facts that decide, as of now."""

    recipient: Recipient
    address: str
    parameters: bytes
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One line of the operator's export."""

    address: str
    recipient: Recipient


class Recipients(Protocol):
    def add(self, campaign_id: CampaignId, rows: Sequence[PlannedRecipient]) -> list[bool]:
        """Freeze rows into the plan. A row whose identity the campaign already has is left out (False)."""
        ...

    def discard(self, campaign_id: CampaignId) -> None:
        """Remove the plan of a campaign nothing was sent of; raises ConflictError if anything was."""
        ...

    def get(self, recipient_id: RecipientId) -> Recipient | None: ...
    def get_many(self, ids: Collection[RecipientId]) -> dict[RecipientId, Recipient]: ...
    def by_wamid(self, wamids: Collection[str]) -> dict[str, Recipient]:
        """Find by message id. Ids of earlier attempts are known too but never found here (see `is_known_wamid`)."""
        ...

    def known_wamids(self, wamids: Collection[str]) -> set[str]:
        """Tell which ids belong to us at all, earlier attempts and test messages included."""
        ...

    def people_of(self, wamids: Collection[str]) -> dict[str, int]:
        """Give the ids of the people these messages went to, earlier attempts and test messages included."""
        ...

    def save(self, changes: Sequence[tuple[Recipient, Recipient]], fence: Fence | None = None) -> None:
        """Write messages (before, after) and move their campaigns' counters by the difference of their facts.

        The only way a message changes, besides `claim` and `release`. A row that is no longer `before` raises
        ConflictError (the whole work is undone).
        """
        ...

    def archive_attempt(self, recipient: Recipient) -> None:
        """Remember the wamid of an attempt that is over, before the row is planned again."""
        ...

    def claim(self, campaign_id: CampaignId, limit: int, fence: Fence, now: Millis) -> list[Recipient]:
        """planned -> claimed for up to `limit` rows that are due (`not_before`), oldest id first."""
        ...

    def load(self, ids: Collection[RecipientId], cap: FrequencyCap | None, now: Millis) -> list[Claim]:
        """Load rows with address, parameters and the person's facts as of this transaction."""
        ...

    def release(self, ids: Collection[RecipientId]) -> None:
        """claimed -> planned: harmless, nothing had left."""
        ...

    def with_dispatch(
        self,
        dispatch: Dispatch,
        *,
        campaign_id: CampaignId | None = None,
        phone_number_id: str | None = None,
        limit: int = 1000,
    ) -> list[Recipient]: ...

    def in_doubt_for(self, phone_number_id: str, digits: str) -> list[Recipient]:
        """List the messages in doubt (or marked and unanswered) to these digits from that number."""
        ...

    def next_due(self, campaign_id: CampaignId) -> Millis | None:
        """Say when the earliest waiting row may leave; None when nothing waits."""
        ...

    def overdue(self, campaign_id: CampaignId, accepted_before: Millis, limit: int) -> list[Recipient]:
        """List accepted messages without delivered, read, failed or expired, whose clock started before then."""
        ...

    def failed_with(self, campaign_id: CampaignId, code: int, failed_before: Millis, limit: int) -> list[Recipient]: ...
    def capped_codes_pending(self, campaign_id: CampaignId, code: int) -> int: ...
    def people_messaged_since(self, since: Millis) -> int:
        """Count distinct people with a message that was or may have been accepted since then, over all campaigns."""
        ...

    def chain(self, campaign_id: CampaignId) -> str:
        """Recompute the recipients' chain of the frozen plan (`plan.chain`) from the rows."""
        ...

    def rows(self, campaign_id: CampaignId) -> Iterator[ReportRow]: ...


class Links(Protocol):
    def hit(self, token: str, now: Millis) -> str | None:
        """Give the landing address of a click token and count its person once; None for a token that is not ours."""
        ...

    def landing(self, token: str) -> str | None:
        """Give the landing address of a click token and count nobody; None for a token that is not ours."""
        ...

    def campaign_of(self, token: str) -> CampaignId | None:
        """Name the campaign a click token belongs to, so that its card can be redrawn."""
        ...


@dataclass(frozen=True, slots=True)
class ParkedStatus:
    id: int
    event: StatusEvent
    received_at: Millis


class Parked(Protocol):
    """Statuses that match nothing yet: the answer with their message id may still be on its way."""

    def park(self, events: Iterable[StatusEvent], now: Millis) -> None:
        """Keep statuses; an equal one already parked is not kept twice."""
        ...

    def take(self, wamids: Collection[str]) -> list[StatusEvent]:
        """Remove and return what is parked for these message ids."""
        ...

    def peek(self, phone_number_id: str | None, limit: int) -> list[ParkedStatus]: ...
    def expire(self, before: Millis) -> int: ...
    def count(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A test send: to a tester's phone, outside every figure, under the same at-most-once marks."""

    id: int
    campaign_id: CampaignId
    phone_number_id: str
    address: str
    parameters: bytes
    requested_by: str
    requested_at: Millis
    dispatch: Dispatch = Dispatch.PLANNED
    wamid: str | None = None
    code: int | None = None


class Trials(Protocol):
    def add(
        self, campaign_id: CampaignId, phone_number_id: str, address: str, parameters: bytes, by: str, now: Millis
    ) -> Trial: ...
    def waiting(self, phone_number_id: str, limit: int) -> list[Trial]: ...
    def save(self, message: Trial) -> None: ...
    def with_dispatch(self, dispatch: Dispatch) -> list[Trial]: ...
