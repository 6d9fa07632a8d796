"""Claims the rows of a number's campaigns and marks those that leave next: the two writes before a request."""

from bot.domain.campaign import Campaign, CampaignId
from bot.domain.errors import StorageFullError
from bot.domain.policy import Policy
from bot.ports.clock import Clock
from bot.ports.recipients import Fence
from bot.ports.storage import Storage
from bot.runtime.headroom import Headroom
from bot.runtime.lanes import Lane, Lanes
from bot.runtime.outgoing import Outgoing
from bot.services import sending

#: Rows claimed at once: a few seconds' worth, harmless to give back.
CLAIM_BATCH = 500


class Marker:
    """Serves the campaigns of one number in turn, and hands what is marked to `outgoing`."""

    def __init__(
        self,
        *,
        store: Storage,
        policy: Policy,
        clock: Clock,
        lanes: Lanes,
        headroom: Headroom,
        outgoing: Outgoing,
    ) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._lanes = lanes
        self._headroom = headroom
        self._outgoing = outgoing

    async def serve(self, campaigns: list[Campaign]) -> None:
        """Take these campaigns; what is claimed of others, which may not send now, goes back first."""
        claimed = self._lanes.claimed_beside(campaigns)
        if claimed:
            await self._store.write(lambda tx: tx.recipients.release(claimed))
        self._lanes.serve(campaigns)

    async def mark_some(self, fence: Fence) -> int:
        """Serve the campaigns in turn; returns how many rows of one of them were dealt with."""
        for lane in self._lanes.in_turn():
            gentle = lane.start.room()
            room = min(self._outgoing.room(), self._headroom.room())
            room = room if gentle is None else min(room, gentle)
            done = await self._mark(lane, room, fence) if room > 0 else 0
            if done:
                return done
        return 0

    async def _mark(self, lane: Lane, room: int, fence: Fence) -> int:
        if not await self._claim(lane, fence):
            return 0
        campaign_id, ids = lane.campaign.id, lane.take(room)
        try:
            marked = await self._store.write(
                lambda tx: sending.mark(tx, campaign_id, ids, fence, self._policy, self._clock.now())
            )
        except StorageFullError:
            lane.claimed.extendleft(reversed(ids))
            raise
        if marked.is_halted:
            await self._give_back(lane)
            return 0
        self._headroom.used(len(marked.go))
        self._outgoing.depart(lane, marked.go)
        return len(ids)

    async def _claim(self, lane: Lane, fence: Fence) -> bool:
        """See to it that the lane has claimed rows; a campaign with none left may be finished."""
        if lane.claimed:
            return True
        campaign_id = lane.campaign.id
        rows = await self._store.write(lambda tx: sending.claim(tx, campaign_id, CLAIM_BATCH, fence, self._clock.now()))
        lane.claimed.extend(rows)
        if not rows and not lane.under_way and self._outgoing.is_settled:
            await self._finish(campaign_id)
        return bool(rows)

    async def _finish(self, campaign_id: CampaignId) -> None:
        if await self._store.write(lambda tx: sending.finish(tx, campaign_id, self._clock.now())):
            self._lanes.are_outdated = True

    async def _give_back(self, lane: Lane) -> None:
        """Return a lane's claims: its campaign may not send at the moment."""
        self._lanes.are_outdated = True
        claimed = list(lane.claimed)
        await self._store.write(lambda tx: tx.recipients.release(claimed))
        lane.claimed.clear()
