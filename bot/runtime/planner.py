"""Plans what was submitted, chunk by chunk, and goes on where it stopped after a restart."""

from collections.abc import Callable
from functools import partial

from bot.domain.campaign import CampaignId, CampaignState
from bot.ports.clock import Clock
from bot.ports.storage import Storage, Transaction
from bot.services import controlling
from bot.services.planning import Planner


class PlanningRounds:
    """One chunk of one campaign a round, so that several campaigns are planned side by side."""

    def __init__(self, store: Storage, planner: Planner, clock: Clock, *, planned: Callable[[], None]) -> None:
        self._store = store
        self._planner = planner
        self._clock = clock
        self._planned = planned

    async def round(self) -> bool:
        """Plan a chunk of every campaign in planning."""
        waiting = await self._store.read(_in_planning)
        more = False
        for campaign_id in waiting:
            more |= await self._store.write(partial(self._step, campaign_id))
        if waiting:
            self._planned()
        return more

    def _step(self, campaign_id: CampaignId, tx: Transaction) -> bool:
        return self._planner.step(tx, campaign_id, self._clock.now())


class CancellingRounds:
    """Skips what cancelled campaigns had left, chunk by chunk."""

    def __init__(self, store: Storage) -> None:
        self._store = store

    async def round(self) -> bool:
        """Skip a chunk of every cancelled campaign that still has something waiting."""
        more = False
        for campaign_id in await self._store.read(_to_be_emptied):
            more |= await self._store.write(partial(_skip_chunk, campaign_id))
        return more


def _skip_chunk(campaign_id: CampaignId, tx: Transaction) -> bool:
    return controlling.finish_cancelling(tx, campaign_id)


def _in_planning(tx: Transaction) -> list[CampaignId]:
    return [campaign.id for campaign in tx.campaigns.list(states={CampaignState.PLANNING}, limit=100)]


def _to_be_emptied(tx: Transaction) -> list[CampaignId]:
    cancelled = tx.campaigns.list(states={CampaignState.CANCELLED}, limit=1000)
    return [campaign.id for campaign in cancelled if tx.campaigns.tallies(campaign.id).get("waiting", 0)]
