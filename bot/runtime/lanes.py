"""The campaigns a sender serves in turn, each with its claimed rows, its gentle start and its requests under way."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.domain.campaign import Campaign, CampaignId
from bot.domain.message import RecipientId
from bot.domain.pacing import Start


@dataclass(slots=True)
class Lane:
    """One campaign while it sends."""

    campaign: Campaign
    claimed: deque[RecipientId] = field(default_factory=deque)
    start: Start = field(default_factory=Start)
    under_way: int = 0

    @property
    def is_quiet(self) -> bool:
        """Tell whether nothing of it is in memory or on the wire."""
        return not self.claimed and not self.under_way

    def take(self, count: int) -> list[RecipientId]:
        """Take claimed rows, oldest first."""
        return [self.claimed.popleft() for _ in range(min(count, len(self.claimed)))]


class Lanes:
    """Serves campaigns in turn, so that a small one is not stuck behind a large one."""

    def __init__(self) -> None:
        #: Set by whoever learns that other campaigns may send than those taken last.
        self.are_outdated = False
        self._lanes: dict[CampaignId, Lane] = {}
        self._order: deque[CampaignId] = deque()

    def claimed_beside(self, campaigns: Iterable[Campaign]) -> list[RecipientId]:
        """List the claimed rows of campaigns other than these: they may not send now, so the rows should go back."""
        listed = {campaign.id for campaign in campaigns}
        return [row for known, lane in self._lanes.items() if known not in listed for row in lane.claimed]

    def serve(self, campaigns: Iterable[Campaign]) -> None:
        """Take the campaigns that may send now; others lose their claims, and leave once nothing is under way."""
        listed = {campaign.id: campaign for campaign in campaigns}
        for campaign_id, campaign in listed.items():
            self._lanes.setdefault(campaign_id, Lane(campaign)).campaign = campaign
        for unlisted in self._lanes.keys() - listed.keys():
            self._lanes[unlisted].claimed.clear()
        for campaign_id in [known for known, lane in self._lanes.items() if known not in listed and lane.is_quiet]:
            del self._lanes[campaign_id]
        self._order = deque(known for known in self._lanes if known in listed)

    def in_turn(self) -> Iterable[Lane]:
        """Give each sendable campaign once, beginning after the one served last."""
        for _ in range(len(self._order)):
            lane = self._lanes[self._order[0]]
            self._order.rotate(-1)
            yield lane

    def claimed(self) -> list[RecipientId]:
        """List every row that is claimed and not under way."""
        return [row for lane in self._lanes.values() for row in lane.claimed]

    def starting(self) -> set[CampaignId]:
        """Name the campaigns still in their gentle start; also asked by the database's thread, hence the copy."""
        return {campaign_id for campaign_id, lane in list(self._lanes.items()) if not lane.start.is_over}

    def start_over(self) -> None:
        """After trouble every campaign begins with one message again."""
        for lane in self._lanes.values():
            lane.start.over_again()

    @property
    def are_quiet(self) -> bool:
        """Tell whether nothing is claimed or under way."""
        return all(lane.is_quiet for lane in self._lanes.values())

    def clear(self) -> None:
        """Forget everything; the rows are somebody else's or have been given back."""
        self.are_outdated = True
        self._lanes.clear()
        self._order.clear()
