"""When to ask Meta again about something it could not answer: pauses that double, up to a minute."""

from dataclasses import dataclass

from bot.domain.campaign import CampaignId
from bot.domain.instants import MINUTE, SECOND, Millis

FIRST_PAUSE = 2 * SECOND
LONGEST_PAUSE = MINUTE


@dataclass(slots=True)
class _Wait:
    since: Millis
    pause: int
    until: Millis


class Patience:
    """The campaigns Meta keeps waiting. Remembered by this process alone: the next one asks at once."""

    def __init__(self) -> None:
        self._waits: dict[CampaignId, _Wait] = {}

    def is_resting(self, campaign_id: CampaignId, ticks: Millis) -> bool:
        """Tell whether it is too early to ask about this campaign again."""
        wait = self._waits.get(campaign_id)
        return wait is not None and ticks < wait.until

    def rest(self, campaign_id: CampaignId, ticks: Millis, at_least_seconds: float = 0.0) -> int:
        """Pause after a failed question; gives the milliseconds since the first one that failed."""
        known = self._waits.get(campaign_id)
        pause = FIRST_PAUSE if known is None else known.pause * 2
        pause = min(max(pause, round(at_least_seconds * SECOND)), LONGEST_PAUSE)
        since = ticks if known is None else known.since
        self._waits[campaign_id] = _Wait(since, pause, Millis(ticks + pause))
        return ticks - since

    def forget(self, campaign_id: CampaignId) -> None:
        """Meta answered."""
        self._waits.pop(campaign_id, None)
