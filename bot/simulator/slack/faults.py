"""Knobs that make the simulated Slack misbehave on purpose: throttled or failing methods, forged signatures, outage."""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field

from bot.simulator.slack.errors import RateLimitedError, SlackError


@dataclass(slots=True)
class Faults:
    """What goes wrong next.

    `outage` is None, "unavailable" (every request answers 503) or "closed" (every connection is cut).
    `forge_signature` signs with a wrong secret; `timestamp_offset` shifts the signed timestamp by that many seconds.
    """

    outage: str | None = None
    forge_signature: bool = False
    timestamp_offset: int = 0
    _lost: Counter[str] = field(default_factory=Counter)
    _planned: defaultdict[str, deque[Exception]] = field(default_factory=lambda: defaultdict(deque))

    def throttle(self, method: str, *, times: int = 1, retry_after: int = 1) -> None:
        """Answer the next calls of a method with HTTP 429 and this Retry-After in seconds."""
        self._planned[method].extend(RateLimitedError(retry_after) for _ in range(times))

    def refuse(self, method: str, error: str, *, times: int = 1) -> None:
        """Answer the next calls of a method with this Slack error."""
        self._planned[method].extend(SlackError(error) for _ in range(times))

    def lose(self, method: str, *, times: int = 1) -> None:
        """Do what the next calls of a method ask, and let a proxy answer in place of Slack: 504, as after a timeout."""
        self._lost[method] += times

    def loses(self, method: str) -> bool:
        """Tell whether the answer to this call is lost."""
        is_lost = self._lost[method] > 0
        self._lost[method] -= is_lost
        return is_lost

    def strike(self, method: str) -> None:
        """Raise the next planned refusal of this method, if there is one."""
        if self._planned[method]:
            raise self._planned[method].popleft()
