"""How often the app may call each method: Slack's tiers, and its special rule for chat.postMessage.

Source: Slack, "Rate limits", read 2026-11-22. Slack promises at least these rates; the simulator grants no more.
"""

import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.simulator.slack.errors import RateLimitedError

WINDOW_SECONDS = 60.0
# Calls per minute, per method; 0 is auth.test's own, of which Slack says "hundreds".
TIERS = {0: 600, 1: 1, 2: 20, 3: 50, 4: 100}
POSTS_PER_MINUTE = 300  # "several hundred" over the whole workspace
BURST_SECONDS = 5.0  # a channel takes about one message a second, and this many at once


@dataclass(slots=True)
class RateLimits:
    """Counts calls by the given clock; `scale` multiplies every limit, None switches them off."""

    clock: Callable[[], float]
    scale: float | None = 1.0
    _calls: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def take(self, method: str, tier: int, channel: str | None) -> None:
        """Count one call. Raises RateLimitedError when it is one too many."""
        if self.scale is None:
            return
        if method == "chat.postMessage":
            self._take(f"{method}:{channel}", BURST_SECONDS * self.scale, BURST_SECONDS)
            self._take(method, POSTS_PER_MINUTE * self.scale, WINDOW_SECONDS)
        else:
            self._take(method, TIERS[tier] * self.scale, WINDOW_SECONDS)

    def _take(self, key: str, most: float, window: float) -> None:
        now, calls = self.clock(), self._calls[key]
        while calls and calls[0] <= now - window:
            calls.popleft()
        if len(calls) >= most:
            raise RateLimitedError(max(1, math.ceil(calls[0] + window - now)) if calls else math.ceil(window))
        calls.append(now)
