"""How fast a number may send: never above its bound in any second, slower when Meta asks, and gently at the start."""

from collections import deque

from bot.domain.instants import SECOND, Millis

#: A hair more than a second, so that two clocks that differ by a few ms still agree that the window was kept.
WINDOW_MS = SECOND + 8
#: How many messages may be under way at each stage of a start; after the last stage only the pace limits.
START_STAGES = (1, 10)


class Window:
    """At most `bound` departures in every sliding second, evenly spread; forgets nothing that still counts.

    A new window begins full: after a restart it waits one second, because what left before is not known.
    """

    def __init__(self, bound: int, now: Millis) -> None:
        self.bound = bound
        self._departures: deque[tuple[Millis, int]] = deque([(now, bound)])
        self._inside = bound
        self._credit = 0.0
        self._credited_at = now

    def room(self, now: Millis, pace: float) -> int:
        """Say how many may leave now: within the bound of the last second, and spread at `pace` per second."""
        self._forget(now)
        self._earn(now, pace)
        return max(0, min(self.bound - self._inside, int(self._credit)))

    def depart(self, now: Millis, count: int) -> None:
        """Record departures; call it for what really leaves, when it leaves."""
        if count:
            self._departures.append((now, count))
            self._inside += count
            self._credit -= count

    def give_back(self, count: int) -> None:
        """Return credit that was not used; the window itself never forgets a departure."""
        self._credit += count

    def _forget(self, now: Millis) -> None:
        while self._departures and now - self._departures[0][0] >= WINDOW_MS:
            self._inside -= self._departures.popleft()[1]

    def _earn(self, now: Millis, pace: float) -> None:
        """Let credit grow with time, at most a twentieth of a second's worth: a stall must not become a burst."""
        most = max(1.0, pace / 20)
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
