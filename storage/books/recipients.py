"""The planned messages: frozen, claimed, loaded with the facts that decide, and written back with their counters."""

from collections.abc import Collection, Iterator, Sequence

from bot.domain.campaign import CampaignId
from bot.domain.consent import FrequencyCap
from bot.domain.instants import Millis
from bot.domain.message import Dispatch, Recipient, RecipientId
from bot.domain.plan import PlannedRecipient
from bot.ports.clock import Clock
from bot.ports.recipients import Claim, Fence, ReportRow
from storage.books import finding, planning
from storage.books.book import Book
from storage.books.changing import save_changes
from storage.books.connection import Connection
from storage.books.leases import LeasesBook
from storage.books.loading import load_claims
from storage.rows import recipients as rows
from storage.rows.values import listed

_ARCHIVE = """
INSERT INTO attempts (recipient_id, attempt, wamid, code, accepted_at, failed_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
_CLAIM = f"""
UPDATE recipients SET dispatch = 'claimed' WHERE id IN (
  SELECT id FROM recipients
  WHERE campaign_id = ? AND dispatch = 'planned' AND (not_before IS NULL OR not_before <= ?) ORDER BY id LIMIT ?{{lock}}
) RETURNING {rows.MESSAGE}
"""
_RELEASE = """
UPDATE recipients SET dispatch = 'planned'
WHERE id IN (SELECT value FROM json_each(?)) AND dispatch = 'claimed'
"""


class RecipientsBook(Book):
    """The port `Recipients`."""

    #: How an engine with several writers holds the rows it chooses.
    _claim_lock = ""

    def __init__(self, connection: Connection, clock: Clock, leases: LeasesBook) -> None:
        super().__init__(connection, clock)
        self._leases = leases

    def add(self, campaign_id: CampaignId, rows: Sequence[PlannedRecipient]) -> list[bool]:
        """Freeze rows into the plan."""
        return planning.add(self._connection, campaign_id, rows)

    def discard(self, campaign_id: CampaignId) -> None:
        """Remove the plan of a campaign nothing was sent of."""
        planning.discard(self._connection, campaign_id)

    def chain(self, campaign_id: CampaignId) -> str:
        """Recompute the recipients' chain of the frozen plan."""
        return planning.chain_of(self._connection, campaign_id)

    def save(self, changes: Sequence[tuple[Recipient, Recipient]], fence: Fence | None = None) -> None:
        """Write messages (before, after) and move their campaigns' counters."""
        if fence is not None:
            self._leases.check(fence)
        save_changes(self._connection, changes)

    def archive_attempt(self, recipient: Recipient) -> None:
        """Remember the wamid of an attempt that is over."""
        key = (recipient.id, recipient.attempt, recipient.wamid, recipient.code)
        self._run(_ARCHIVE, (*key, recipient.accepted_at, recipient.failed_at))

    def claim(self, campaign_id: CampaignId, limit: int, fence: Fence, now: Millis) -> list[Recipient]:
        """planned -> claimed; both count as waiting, so no counter moves."""
        self._leases.check(fence)
        claimed = self._all(_CLAIM.format(lock=self._claim_lock), (campaign_id, now, limit))
        return sorted(map(rows.recipient, claimed), key=lambda message: message.id)

    def release(self, ids: Collection[RecipientId]) -> None:
        """claimed -> planned."""
        self._run(_RELEASE, (listed(ids),))

    def load(self, ids: Collection[RecipientId], cap: FrequencyCap | None, now: Millis) -> list[Claim]:
        """Load rows with address, parameters and the person's facts."""
        return load_claims(self._connection, ids, cap, now)

    def get(self, recipient_id: RecipientId) -> Recipient | None:
        """Give a message by id."""
        return self.get_many((recipient_id,)).get(recipient_id)

    def get_many(self, ids: Collection[RecipientId]) -> dict[RecipientId, Recipient]:
        """Give messages by id."""
        return {row.id: row for row in finding.by_ids(self._connection, ids)}

    def by_wamid(self, wamids: Collection[str]) -> dict[str, Recipient]:
        """Find by the message id of the present attempt."""
        return finding.by_wamids(self._connection, wamids)

    def known_wamids(self, wamids: Collection[str]) -> set[str]:
        """Tell which ids are ours, earlier attempts and test sends included."""
        return finding.known_wamids(self._connection, wamids)

    def people_of(self, wamids: Collection[str]) -> dict[str, int]:
        """Give the ids of the people these messages went to."""
        return finding.people_of(self._connection, wamids)

    def with_dispatch(
        self,
        dispatch: Dispatch,
        *,
        campaign_id: CampaignId | None = None,
        phone_number_id: str | None = None,
        limit: int = 1000,
    ) -> list[Recipient]:
        """List messages in one state of dispatch, by id."""
        return finding.with_dispatch(self._connection, dispatch, campaign_id, phone_number_id, limit)

    def in_doubt_for(self, phone_number_id: str, digits: str) -> list[Recipient]:
        """List what may have left to these digits from that number."""
        return finding.in_doubt_for(self._connection, phone_number_id, digits)

    def next_due(self, campaign_id: CampaignId) -> Millis | None:
        """Say when the earliest waiting row may leave; 0 means at once."""
        return finding.next_due(self._connection, campaign_id)

    def overdue(self, campaign_id: CampaignId, accepted_before: Millis, limit: int) -> list[Recipient]:
        """List accepted messages without an outcome, in the order they were marked."""
        return finding.overdue(self._connection, campaign_id, accepted_before, limit)

    def failed_with(self, campaign_id: CampaignId, code: int, failed_before: Millis, limit: int) -> list[Recipient]:
        """List what failed, or was refused at once, with a code; first attempts first."""
        return finding.failed_with(self._connection, campaign_id, code, failed_before, limit)

    def capped_codes_pending(self, campaign_id: CampaignId, code: int) -> int:
        """Count first attempts that ended with this code: their one further try is still to come."""
        return finding.first_attempts_with(self._connection, campaign_id, code)

    def people_messaged_since(self, since: Millis) -> int:
        """Count distinct people with a message accepted since then."""
        return finding.people_messaged_since(self._connection, since)

    def rows(self, campaign_id: CampaignId) -> Iterator[ReportRow]:
        """Walk a campaign's messages with their addresses."""
        return finding.report_rows(self._connection, campaign_id)
