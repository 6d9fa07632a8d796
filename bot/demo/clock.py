"""A clock for the demo: as fast as the world it lives in, and able to jump to the next day."""

import time

from bot.domain.instants import SECOND, Millis


class DemoClock:
    """Wall-clock time that runs `speed` times as fast as real time; ticks stay real, because pacing is real."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._set_at = time.time()
        self._since = time.monotonic()

    def now(self) -> Millis:
        """Give the present instant of the demo."""
        return Millis(round(self._seconds() * SECOND))

    def ticks(self) -> Millis:
        """Give real, steady milliseconds."""
        return Millis(int(self.exact_ticks()))

    def exact_ticks(self) -> float:
        """Give real, steady milliseconds with their fractions."""
        return time.monotonic() * SECOND

    @property
    def speed(self) -> float:
        """Give demo seconds per real second."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._set_at, self._since, self._speed = self._seconds(), time.monotonic(), speed

    def advance(self, seconds: float) -> None:
        """Jump forward."""
        self._set_at += seconds

    def _seconds(self) -> float:
        return self._set_at + (time.monotonic() - self._since) * self._speed
