"""What time does by itself: approvals and messages expire, offers lapse, doubts are swept, digests come due.

Newcomers are taken into what previews count, a thousand at a time, so that no stop waits behind a large import.
"""

from functools import partial

from bot.domain.campaign import CampaignId
from bot.domain.instants import Millis
from bot.domain.policy import Policy
from bot.ports.clock import Clock
from bot.ports.records import DigestSchedule
from bot.ports.storage import Storage, Transaction
from bot.services import ageing, approving, digesting, sending, tracking
from bot.services.digesting import Draw

#: Newcomers counted in one write: some ten milliseconds.
NEWCOMERS = 1_000


class Housekeeping:
    """The jobs of the scheduler; each may run at any time, and again, without harm."""

    def __init__(self, store: Storage, policy: Policy, clock: Clock, *, draw_digest: Draw) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._draw_digest = draw_digest

    async def age(self) -> None:
        """Expire, lapse and close campaigns; each in a transaction of its own."""
        for campaign_id in await self._store.read(ageing.ageing):
            await self._age(campaign_id)

    async def _age(self, campaign_id: CampaignId) -> None:
        while await self._store.write(lambda tx: sending.lapse(tx, campaign_id, self._clock.now())):
            pass
        while await self._store.write(lambda tx: ageing.expire(tx, campaign_id, self._policy, self._clock.now())):
            pass
        await self._store.write(lambda tx: self._tell_or_close(tx, campaign_id))

    def _tell_or_close(self, tx: Transaction, campaign_id: CampaignId) -> None:
        now = self._clock.now()
        ageing.tell_half(tx, campaign_id, now)
        ageing.close(tx, campaign_id, self._policy, now)

    async def expire_approvals(self) -> None:
        """Send back requests nobody decided in time."""
        await self._store.write(lambda tx: approving.expire(tx, self._clock.now()))

    async def sweep(self) -> None:
        """Look again at statuses that matched nothing."""
        await self._store.write(lambda tx: tracking.sweep(tx, self._clock.now()))

    async def count_newcomers(self) -> None:
        """Take whoever came since the last time into what previews count."""
        while await self._store.write(lambda tx: tx.people.count_newcomers(NEWCOMERS)):
            pass

    async def purge(self) -> None:
        """Drop webhook bodies that were kept long enough."""
        before = Millis(self._clock.now() - self._policy.retention)
        await self._store.write(lambda tx: tx.quarantine.purge(before))

    async def post_digests(self) -> None:
        """Queue every digest that is due and not taken."""
        for schedule in await self._store.read(lambda tx: tx.digests.list()):
            await self._store.write(partial(self._post_due, schedule))

    def _post_due(self, schedule: DigestSchedule, tx: Transaction) -> bool:
        return digesting.post_due(tx, schedule, self._draw_digest, self._clock.now())
