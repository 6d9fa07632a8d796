"""The real clock; the only place of the running bot that asks what time it is."""

import time

from bot.domain.instants import SECOND, Millis


class SystemClock:
    """Wall-clock instants and steady ticks."""

    def now(self) -> Millis:
        """Give the present instant."""
        return Millis(time.time_ns() // 1_000_000)

    def ticks(self) -> Millis:
        """Give steady milliseconds."""
        return Millis(int(self.exact_ticks()))

    def exact_ticks(self) -> float:
        """Give steady milliseconds with their fractions."""
        return time.monotonic() * SECOND
