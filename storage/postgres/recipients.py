"""The planned messages in bulk: plans are copied, and what changes in a batch changes by one statement."""

from collections.abc import Sequence

from bot.domain.campaign import CampaignId
from bot.domain.message import Recipient
from bot.domain.plan import PlannedRecipient
from bot.ports.clock import Clock
from bot.ports.recipients import Fence
from storage.books.changing import names_each_once
from storage.books.leases import LeasesBook
from storage.books.recipients import RecipientsBook
from storage.books.tallies import count_planned
from storage.postgres.changing import save_many
from storage.postgres.session import Session
from storage.postgres.spelling import storable
from storage.postgres.staging import copy_rows, stage

_ADD = """
INSERT INTO recipients (campaign_id, person_id, identity, address, parameters, market, country, seal)
SELECT ?, person_id, identity, address, parameters, market, country, seal FROM staged_recipients ORDER BY place
ON CONFLICT DO NOTHING RETURNING id, person_id, identity
"""
_LINK_COLUMNS = ("token", "recipient_id", "button", "url")


class PostgresRecipients(RecipientsBook):
    """The port `Recipients`."""

    # A row that somebody holds at this moment (an erasure, a webhook) is left for the next claim, not waited for.
    _claim_lock = " FOR UPDATE SKIP LOCKED"

    def __init__(self, session: Session, clock: Clock, leases: LeasesBook) -> None:
        super().__init__(session, clock, leases)
        self._session = session

    def add(self, campaign_id: CampaignId, rows: Sequence[PlannedRecipient]) -> list[bool]:
        """Freeze rows into the plan: copied, because a statement for each row is a journey for each."""
        stage(self._session, "staged_recipients", (_columns(place, row) for place, row in enumerate(rows)))
        found = self._all(_ADD, (campaign_id,))
        stored = {(row["person_id"], row["identity"]): row["id"] for row in found}
        ids = [stored.pop((row.person_id, row.identity), None) for row in rows]
        added = [(new, row.links) for new, row in zip(ids, rows, strict=True) if new is not None]
        links = [(token, new, button, url) for new, links in added for token, button, url in links]
        if links:
            copy_rows(self._session, "links", _LINK_COLUMNS, links)
        count_planned(self._session, campaign_id, len(added))
        return [new is not None for new in ids]

    def save(self, changes: Sequence[tuple[Recipient, Recipient]], fence: Fence | None = None) -> None:
        """Write messages (before, after) and move their campaigns' counters; many by one statement, and few as well."""
        if fence is not None:
            self._leases.check(fence)
        # A row that changes twice in one go changes in order.
        parts = [changes] if names_each_once(changes) else [[change] for change in changes]
        for part in filter(None, parts):
            save_many(self._session, part)


def _columns(place: int, row: PlannedRecipient) -> tuple[object, ...]:
    texts = (row.identity, row.address, row.market, row.country)
    return (place, row.person_id, *map(storable, texts), row.parameters, row.seal)
