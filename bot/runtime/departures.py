"""Marked messages on their way out: each leaves as soon as the bound allows, and is under way until it is answered."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from typing import Generic, TypeVar

from bot.domain.instants import SECOND
from bot.runtime.throttle import Throttle

T = TypeVar("T")

#: Milliseconds by which marks go ahead of departures, so that no room is lost while a mark is being committed. A
#: message that is marked waits so long at most, except behind what a stall kept back.
AHEAD_MS = 60
#: Marks are worth a commit of their own once so many milliseconds' worth may leave (benchmarks/send_path.py).
GROUP_MS = 25
#: The departures of so many milliseconds share one look at the window.
LEAST_WAIT_MS = 1
#: Requests under way at once: enough for the pace at 250 ms of latency.
LEAST_UNDER_WAY, MOST_UNDER_WAY = 16, 256


class Departures(Generic[T]):
    """Holds what is marked until it may leave, and what has left until it is answered.

    `leave` posts one message and returns once its outcome is handed on; it gets the moment of its departure.
    """

    def __init__(self, throttle: Throttle, leave: Callable[[T], Coroutine[None, None, None]]) -> None:
        self._throttle = throttle
        self._leave = leave
        self._marked: deque[T] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_held = False

    def room(self) -> int:
        """Say how many messages are worth marking now; they will leave within `AHEAD_MS`."""
        most = max(LEAST_UNDER_WAY, min(MOST_UNDER_WAY, self._throttle.bound))
        room = min(self._throttle.room_ahead(AHEAD_MS), most - len(self._under_way)) - len(self._marked)
        return room if room >= min(most, self._throttle.pace * GROUP_MS / SECOND) else 0

    @property
    def are_quiet(self) -> bool:
        """Tell whether nothing waits to leave and nothing is under way."""
        return not self._marked and not self._under_way

    def add(self, marked: Iterable[T]) -> None:
        """Take messages whose marks are durable."""
        self._marked.extend(marked)
        if self._timer is None and not self._is_held:
            self._let_go()

    def hold(self) -> None:
        """Let nothing leave from now on."""
        self._is_held = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def take_back(self) -> list[T]:
        """Hold, and give what is marked and has certainly not left."""
        self.hold()
        stayed, self._marked = list(self._marked), deque()
        return stayed

    async def drain(self, seconds: float) -> None:
        """Hold, and wait until what has left is answered.

        A request without an answer after so many seconds is cancelled, which its `leave` must take for a doubt.
        """
        self.hold()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=max(0.0, seconds))
        for request in self._under_way:
            request.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _let_go(self) -> None:
        """Let leave what may, and look again when more may."""
        for _ in range(min(self._throttle.room(), len(self._marked))):
            self._start(self._marked.popleft())
        self._timer = None
        if self._marked:
            wait = max(LEAST_WAIT_MS, min(AHEAD_MS, self._throttle.wait()))
            self._timer = asyncio.get_running_loop().call_later(wait / SECOND, self._let_go)

    def _start(self, message: T) -> None:
        departed = self._throttle.depart(1)
        task = asyncio.create_task(self._request(message, departed))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _request(self, message: T, departed: float) -> None:
        try:
            await self._leave(message)
        finally:
            self._throttle.answered(departed)
