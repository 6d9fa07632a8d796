"""Simulated time, and the agenda of what happens when: one heap and one loop instead of a task per message."""

from __future__ import annotations

import asyncio
import heapq
import time
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# The loop never wakes more often than this: at high speeds a few milliseconds hold many events.
_TICK_SECONDS = 0.002


class Clock:
    """Unix seconds that pass `speed` times as fast as real ones and can jump forward."""

    def __init__(
        self,
        speed: float = 1.0,
        *,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._base = wall()
        self._anchor = monotonic()
        self._speed = speed

    @property
    def speed(self) -> float:
        """Simulated seconds per real second."""
        return self._speed

    def now(self) -> float:
        """Return simulated unix seconds."""
        return self._base + (self._monotonic() - self._anchor) * self._speed

    def real(self) -> float:
        """Return real monotonic seconds: what rate limits are measured in."""
        return self._monotonic()

    def set_speed(self, speed: float) -> None:
        """Change the speed from now on; the past stays where it is."""
        self.jump(0)
        self._speed = speed

    def jump(self, seconds: float) -> None:
        """Move the clock forward by simulated seconds."""
        self._base, self._anchor = self.now() + seconds, self._monotonic()


class Agenda:
    """Actions by due time; each gets the time it was due, not the time it ran."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = count()
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def idle(self) -> bool:
        """Whether nothing is due now."""
        return not self._heap or self._heap[0][0] > self._clock.now()

    def at(self, due: float, action: Callable[[float], None]) -> None:
        """Run `action(due)` once simulated time reaches `due`."""
        earliest = not self._heap or due < self._heap[0][0]
        heapq.heappush(self._heap, (due, next(self._order), action))
        if earliest:
            self._wake.set()

    def wake(self) -> None:
        """Look again: the clock was moved."""
        self._wake.set()

    def run_due(self) -> None:
        """Run everything that is due, in order of time, including what that adds."""
        while self._heap and self._heap[0][0] <= self._clock.now():
            due, _, action = heapq.heappop(self._heap)
            action(due)

    async def run(self) -> None:
        """Keep running due actions until cancelled."""
        while True:
            self._wake.clear()
            self.run_due()
            # Not wait_for: before Python 3.12 it can swallow a cancellation.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._until_next()):
                    await self._wake.wait()

    def _until_next(self) -> float | None:
        if not self._heap:
            return None
        return max((self._heap[0][0] - self._clock.now()) / self._clock.speed, _TICK_SECONDS)
