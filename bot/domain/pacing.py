"""How fast a number may send: never above its bound in any second, slower when Meta asks, and gently at the start."""

from heapq import heappop, heappush

from bot.domain.instants import SECOND, Millis

#: A hair more than a second, so that two clocks that differ by a few ms still agree that the window was kept.
WINDOW_MS = SECOND + 8
#: How many messages may be under way at each stage of a start; after the last stage only the pace limits.
START_STAGES = (1, 10)


class Window:
    """At most `bound` arrivals at Meta in every sliding second, evenly spread.

    What counts is when a request arrives, which lies between its departure and its answer. So a request counts while it
    is unanswered, and for a second after the latest moment it can have arrived: its answer less the time the fastest
    answer takes (which is Meta's work; the way there takes next to nothing of it). A steady latency costs no pace, and
    a stall cannot turn into a burst.
    A new window begins full: after a restart it waits one second, because what left before is not known.
    """

    #: Milliseconds of the fastest answer forgotten with each that pass, so that a slower Meta is learnt in time. Slowly:
    #: while this machine is busy every answer looks slow, and what is taken off must not grow with that.
    FORGETTING = 1 / 10_000
    #: What the fastest answer is taken to be at most, before faster ones correct it.
    SLOWEST_WORK = 500

    def __init__(self, bound: int, now: Millis) -> None:
        self.bound = bound
        self._under_way = 0
        self._leaving: list[float] = [now + WINDOW_MS] * bound
        self._fastest: float = self.SLOWEST_WORK
        self._answered_at = now
        self._credit = 0.0
        self._credited_at = now

    def resize(self, bound: int, now: Millis) -> None:
        """Take another bound; room it adds opens in a second, requests under way go on counting."""
        for _ in range(bound - self.bound):
            heappush(self._leaving, now + WINDOW_MS)
        self.bound = bound

    def room(self, now: Millis, pace: float) -> int:
        """Say how many messages may leave now: within the bound of the last second, and spread at `pace` per second."""
        while self._leaving and self._leaving[0] <= now:
            heappop(self._leaving)
        self._earn(now, pace)
        return max(0, min(self.bound - self._under_way - len(self._leaving), int(self._credit)))

    def depart(self, count: int) -> None:
        """Record requests that leave now."""
        self._under_way += count
        self._credit -= count

    def answered(self, departed: Millis, now: Millis) -> None:
        """Record the answer of one request, or that it never will have one."""
        self._under_way -= 1
        latency = now - departed
        self._fastest = min(latency, self._fastest + (now - self._answered_at) * self.FORGETTING)
        self._answered_at = now
        heappush(self._leaving, now - self._fastest + WINDOW_MS)

    def _earn(self, now: Millis, pace: float) -> None:
        """Let credit grow with time, at most a quarter of a second's worth: what a stall cost may be made up for."""
        most = max(1.0, pace / 4)
        self._credit = min(most, self._credit + (now - self._credited_at) * pace / SECOND)
        self._credited_at = now


class Pace:
    """Messages per second, found by additive increase and multiplicative decrease below a bound."""

    FLOOR = 1.0
    #: Two refusals within this span are one event.
    CALM_MS = 2 * SECOND

    def __init__(self, bound: float, now: Millis, current: float | None = None) -> None:
        self.bound = float(bound)
        self.current = min(self.bound, current or self.bound)
        self._slowed_at: Millis | None = None
        self._raised_at = now

    def slow_down(self, now: Millis) -> None:
        """Halve the pace after 130429; further refusals of the same moment do not halve it again."""
        if self._slowed_at is None or now - self._slowed_at >= self.CALM_MS:
            self.current = max(self.FLOOR, self.current / 2)
            self._slowed_at = now
        self._raised_at = now

    def speed_up(self, now: Millis) -> None:
        """Add a fiftieth of the bound for every calm second."""
        seconds = (now - self._raised_at) / SECOND
        if seconds >= 1:
            self.current = min(self.bound, self.current + seconds * self.bound / 50)
            self._raised_at = now


class Start:
    """The gentle start: one message and its answer, then ten, then the full rate. A trouble starts it over."""

    def __init__(self) -> None:
        self._stage = 0
        self._sent = 0
        self._answered = 0

    @property
    def is_over(self) -> bool:
        """Tell whether only the pace limits now."""
        return self._stage >= len(START_STAGES)

    def room(self) -> int | None:
        """Say how many more may leave before an answer is needed; None: no limit any more."""
        return None if self.is_over else START_STAGES[self._stage] - self._sent

    def left(self, count: int) -> None:
        """Record departures."""
        self._sent += count

    def answered(self) -> None:
        """Record an answer that was no trouble; a stage ends when all of it is answered."""
        if self.is_over:
            return
        self._answered += 1
        if self._answered >= START_STAGES[self._stage]:
            self._stage += 1
            self._sent = self._answered = 0

    def over_again(self) -> None:
        """Begin again with one message."""
        self._stage = self._sent = self._answered = 0


def back_off(tries: int, *, most_seconds: int = 60) -> int:
    """Give the milliseconds to wait after so many tries: 1, 2, 4, .. seconds up to the most."""
    return int(min(most_seconds, 2 ** max(0, tries - 1))) * SECOND
