"""How fast one number may go on: its bound, its pace, and its rests after trouble. No database, no network."""

from bot.domain.instants import SECOND, Millis
from bot.domain.pacing import Pace, Window, back_off
from bot.ports.clock import Clock
from bot.services.settling import Effects


class Throttle:
    """Says how many messages may leave at this moment, and learns from the answers. Steady ticks only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._window = Window(1, clock.exact_ticks())
        self._pace = Pace(1, clock.ticks())
        self._rests_until = clock.ticks()
        self._troubles = 0

    @property
    def bound(self) -> int:
        """Give the most messages in any second."""
        return self._window.bound

    @property
    def pace(self) -> float:
        """Give the messages per second aimed at now."""
        return self._pace.current

    @property
    def slowed_to(self) -> float | None:
        """Give the pace where it is below the bound: what the next process should begin with."""
        return round(self._pace.current, 1) if self._pace.current < self._pace.bound else None

    @property
    def rest_ms(self) -> int:
        """Give the milliseconds of rest still to come after trouble."""
        return max(0, self._rests_until - self._clock.ticks())

    def set_bound(self, bound: int, pace: float | None = None) -> None:
        """Take what Meta grants (or an operator allows); what it adds opens in a second."""
        ticks = self._clock.ticks()
        if bound != self._window.bound:
            self._window.resize(bound, self._clock.exact_ticks())
            self._pace = Pace(bound, ticks, pace)

    def room(self) -> int:
        """Say how many messages may leave now; a rest holds back what is still to be marked, not what is."""
        return self._window.room(self._clock.exact_ticks(), self._pace.current)

    def room_ahead(self, milliseconds: int) -> int:
        """Say how many messages will have left so many milliseconds from now, if there are enough."""
        ticks = self._clock.exact_ticks()
        return 0 if ticks < self._rests_until else self._window.room(ticks, self._pace.current, milliseconds)

    def wait(self) -> float:
        """Say in how many milliseconds the next message may leave."""
        return self._window.wait(self._clock.exact_ticks(), self._pace.current)

    def depart(self, count: int) -> float:
        """Record requests that leave at this moment; give the moment for `answered`."""
        self._window.depart(count)
        return self._clock.exact_ticks()

    def answered(self, departed: float) -> None:
        """Record the answer of one request, or that it never will have one."""
        self._window.answered(departed, self._clock.exact_ticks())

    def learn(self, effects: Effects) -> None:
        """Take the pace from the answers: slower when told to, a growing rest in trouble, faster while calm.

        Requests that were under way together fail together: their answers, which trickle in, are one trouble.
        """
        ticks = self._clock.ticks()
        if effects.is_too_fast:
            self._pace.slow_down(ticks)
            self._rests_until = Millis(ticks + round(effects.rest_seconds * SECOND))
        elif effects.is_troubled:
            if ticks >= self._rests_until:
                self._troubles += 1
            self._rests_until = Millis(ticks + back_off(self._troubles))
        else:
            self._troubles = 0
            self._pace.speed_up(ticks)
