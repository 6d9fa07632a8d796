"""How fast a number may send: never above its bound in any second, slower when Meta asks, and gently at the start."""

from collections import deque
from itertools import takewhile

from bot.domain.instants import MINUTE, SECOND, Millis

#: A second, and more than two clocks run apart in it (a ten-thousandth; quartz is good to half of that).
WINDOW_MS = SECOND + 0.1
#: What may leave at once, in messages and in milliseconds' worth, whichever is more; and how many times as fast as the
#: pace what is late may follow.
BURST, BURST_MS, CATCH_UP = 10.0, 25, 1.5
#: How many messages may be under way at each stage of a start; after the last stage only the pace limits.
START_STAGES = (1, 10)


class Window:
    """At most `bound` arrivals at Meta in every sliding second, evenly spread.

    What counts is when a request arrives, which lies between its departure and its answer. So a request counts while it
    is unanswered, and for a second after the latest moment it can have arrived: its answer less the time the fastest
    answer takes (which is Meta's work and the way at its best). A steady latency costs no pace, and a stall cannot turn
    into a burst. What varies from answer to answer does cost: at its worst all of it happened on the way there.
    A new window begins full: after a restart it waits one second, because what left before is not known.

    A clump of requests is answered as one, opens its room as one and would leave as one again, a second later and for
    ever; meanwhile Meta works on it one after the other, so most of its answers take long. So clumps are drawn apart,
    by leaving no faster than half as much again as the pace (docs/decisions/0017-departures-are-drawn-apart.md).

    Instants are milliseconds, fractions counted, and must not go back from one call to the next.
    """

    def __init__(self, bound: int, now: float) -> None:
        self.bound = bound
        self._under_way = 0
        #: When room that was never used opens, and when requests were answered; each oldest first.
        self._opening: deque[float] = deque([now + WINDOW_MS] * bound)
        self._answered: deque[float] = deque()
        self._fastest = Fastest()
        self._credit, self._apart = Credit(now), Credit(now)

    def resize(self, bound: int, now: float) -> None:
        """Take another bound; room it adds opens in a second, requests under way go on counting."""
        self._opening.extend([now + WINDOW_MS] * (bound - self.bound))
        self.bound = bound

    def room(self, now: float, pace: float, ahead: int = 0) -> int:
        """Say how many messages may leave now: within the bound of the last second, and spread at `pace` per second.

        With `ahead`, for how many there is room so many milliseconds from now, whatever is answered until then. After a
        stall they may need longer than that to leave one behind the other; were they fewer, a slow disk would be felt
        in the pace.
        """
        self._earn(now, pace)
        self._let_go(now)
        then = now + ahead
        credit = min(self._most(pace), self._credit.by(then, pace))
        if not ahead:
            credit = min(credit, self._apart.by(now, CATCH_UP * pace))
        return max(0, min(self.bound - self._under_way - self._counting(then), int(credit)))

    def wait(self, now: float, pace: float) -> float:
        """Say how many milliseconds from now the next message may leave at the earliest, unless an answer comes."""
        is_full = self._under_way + self._counting(now) >= self.bound
        slot = self._answered[0] - self._gone_by(now) if is_full and self._answered else 0
        earned = max(self._credit.wait(now, pace), self._apart.wait(now, CATCH_UP * pace))
        return max(0.0, earned, slot)

    def depart(self, count: int) -> None:
        """Record requests that leave now."""
        self._under_way += count
        self._credit.spend(count)
        self._apart.spend(count)

    def answered(self, departed: float, now: float) -> None:
        """Record the answer of one request, or that it never will have one."""
        self._under_way -= 1
        self._fastest.learn(now - departed, now)
        self._answered.append(now)

    def _gone_by(self, now: float) -> float:
        """Give the instant of an answer whose request has certainly arrived more than a second before `now`."""
        return now - WINDOW_MS + self._fastest.known

    def _counting(self, then: float) -> int:
        """Count what is answered, or never opened, and still holds room at an instant to come."""
        gone_by = self._gone_by(then)
        gone = sum(1 for _ in takewhile(lambda at: at <= gone_by, self._answered))
        opened = sum(1 for _ in takewhile(lambda at: at <= then, self._opening))
        return len(self._answered) - gone + len(self._opening) - opened

    def _let_go(self, now: float) -> None:
        # Judged anew at every look: a faster answer than any before shows that earlier requests arrived later.
        while self._answered and self._answered[0] <= self._gone_by(now):
            self._answered.popleft()
        while self._opening and self._opening[0] <= now:
            self._opening.popleft()

    def _earn(self, now: float, pace: float) -> None:
        """Let credit grow with time, at most a quarter of a second's worth: what a stall cost may be made up for."""
        self._credit.grow(now, pace, self._most(pace))
        self._apart.grow(now, CATCH_UP * pace, max(BURST, BURST_MS * pace / SECOND))

    @staticmethod
    def _most(pace: float) -> float:
        return max(1.0, pace / 4)


class Credit:
    """What time earns at a pace and departures spend; of what was not spent, only so much is kept."""

    def __init__(self, now: float) -> None:
        self._saved = 0.0
        self._at = now

    def grow(self, now: float, pace: float, most: float) -> None:
        """Earn until now; not called for the future."""
        self._saved = min(most, self.by(now, pace))
        self._at = now

    def by(self, then: float, pace: float) -> float:
        """Say how much there is by then if nothing is spent."""
        return self._saved + (then - self._at) * pace / SECOND

    def wait(self, now: float, pace: float) -> float:
        """Say in how many milliseconds there is enough for one."""
        return (1 - self.by(now, pace)) * SECOND / pace

    def spend(self, count: int) -> None:
        """Take off departures."""
        self._saved -= count


class Fastest:
    """The fastest answer of the last few minutes, in milliseconds: what every answer takes at least.

    The more answers have come, the less a faster one may still undercut them: a margin shrinks with their number. The
    first few say nothing (0), because each may have opened its connection.
    """

    #: What it is taken to be at most.
    MOST_MS = 500
    #: What is taken off for a start, divided by the number of answers, and always.
    MARGIN_MS, LEAST_MARGIN_MS = 1_000, 0.25
    #: A slower Meta is learnt after one to two of these. Not sooner: while this machine is busy every answer looks
    #: slow, and what is taken off must not grow with that.
    SPAN_MS = 5 * MINUTE

    def __init__(self) -> None:
        self.known = 0.0
        self._count = 0
        self._spans: deque[float] = deque(maxlen=2)
        self._since: float | None = None

    def learn(self, latency: float, now: float) -> None:
        """Take one answer's latency."""
        if self._since is None or now - self._since >= self.SPAN_MS:
            self._spans.append(latency)
            self._since = now
        self._spans[-1] = min(self._spans[-1], latency)
        self._count += 1
        margin = self.LEAST_MARGIN_MS + self.MARGIN_MS / self._count
        self.known = max(0.0, min(*self._spans, self.MOST_MS) - margin)


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
