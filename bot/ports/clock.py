"""Asking for the time, which only the edges may do."""

from typing import Protocol

from bot.domain.instants import Millis


class Clock(Protocol):
    def now(self) -> Millis:
        """Give the present instant by the wall clock, which may jump."""
        ...

    def ticks(self) -> Millis:
        """Give milliseconds that only ever go forward, from an arbitrary start: for pacing."""
        ...

    def exact_ticks(self) -> float:
        """Give the same with what is below a millisecond: at a thousand messages a second it counts."""
        ...
