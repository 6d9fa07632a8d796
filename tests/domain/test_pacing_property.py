"""Never above the bound in any sliding second, no burst after a stall, and a gentle start."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.instants import SECOND, Millis
from bot.domain.pacing import START_STAGES, Pace, Start, Window, back_off

#: Milliseconds until the sender looks again, and the share of the room it uses then.
looks = st.lists(st.tuples(st.integers(0, 1_500), st.floats(0, 1)), min_size=1, max_size=300)


def departures(bound: int, pace: float, schedule: list[tuple[int, float]], latency: int = 0) -> list[tuple[int, int]]:
    """Run a sender that looks at these times and uses some of the room: (instant, how many left).

    Meta takes every request the moment it leaves and answers `latency` milliseconds later.
    """
    now, window, left, waiting = 0, Window(bound, Millis(0)), [], deque[int]()
    for wait, share in schedule:
        now += wait
        while waiting and waiting[0] + latency <= now:
            window.answered(Millis(waiting[0]), Millis(waiting[0] + latency))
            waiting.popleft()
        count = round(window.room(Millis(now), pace) * share)
        window.depart(count)
        waiting.extend([now] * count)
        left.append((now, count))
    return left


@given(st.integers(1, 200), st.floats(0.5, 2_000), looks, st.integers(0, 3_000))
def test_no_sliding_second_ever_holds_more_than_the_bound(
    bound: int, pace: float, schedule: list[tuple[int, float]], latency: int
):
    left = departures(bound, pace, schedule, latency)

    for start, _ in left:
        assert sum(count for at, count in left if start <= at <= start + SECOND) <= bound


@given(st.integers(1, 100), looks)
def test_a_stall_never_becomes_a_burst(bound: int, schedule: list[tuple[int, float]]):
    pace = float(bound)

    assert all(count <= max(1, pace / 4) for _, count in departures(bound, pace, schedule))


def test_requests_without_an_answer_count_for_as_long_as_they_have_none():
    left = departures(20, 20.0, [(100, 1.0)] * 600, latency=120_000)

    assert sum(count for _, count in left) == 20


@pytest.mark.parametrize(("bound", "pace"), [(80, 80), (80, 20), (1_000, 1_000), (2, 1)])
@pytest.mark.parametrize("latency", [0, 50, 400])
def test_a_steady_sender_gets_nearly_what_it_may(bound: int, pace: float, latency: int):
    left = departures(bound, pace, [(5, 1.0)] * 2_200, latency)

    over_ten_seconds = sum(count for at, count in left if at > SECOND)
    assert 0.9 * pace * 10 - 1 <= over_ten_seconds <= pace * 10.5 + 1


def test_a_new_window_waits_a_second_because_nobody_knows_what_left_before():
    window = Window(80, Millis(0))

    assert [window.room(Millis(at), 80) > 0 for at in (0, 500, 1_000, 1_008)] == [False, False, False, True]


def test_a_larger_bound_opens_after_a_second_and_a_smaller_one_at_once():
    window = Window(10, Millis(0))
    window.room(Millis(2_000), 1_000)

    window.resize(20, Millis(2_000))
    at_once = window.room(Millis(2_500), 1_000)
    window.resize(5, Millis(2_500))

    assert (at_once, window.room(Millis(4_000), 1_000)) == (10, 5)


@given(st.integers(2, 1_000), st.lists(st.integers(0, 5_000), max_size=50))
def test_the_pace_stays_between_its_floor_and_its_bound(bound: int, waits: list[int]):
    pace, now = Pace(bound, Millis(0)), 0

    for n, wait in enumerate(waits):
        now += wait
        (pace.slow_down if n % 2 else pace.speed_up)(Millis(now))
        assert Pace.FLOOR <= pace.current <= bound


def test_refusals_of_one_moment_halve_the_pace_once():
    pace = Pace(80, Millis(0))

    for at in (0, 10, 1_999, 2_000):
        pace.slow_down(Millis(at))

    assert pace.current == 20


def test_a_calm_minute_brings_the_whole_pace_back():
    pace = Pace(80, Millis(0), 10)

    for second in range(1, 61):
        pace.speed_up(Millis(second * SECOND))

    assert pace.current == 80


def test_a_start_goes_by_one_then_ten_then_all():
    start, rooms = Start(), []

    while (room := start.room()) is not None:
        rooms.append(room)
        start.left(room)
        assert start.room() == 0
        for _ in range(room):
            start.answered()

    assert tuple(rooms) == START_STAGES
    assert start.is_over


def test_a_trouble_begins_the_start_again():
    start = Start()
    for _ in range(1 + 10):
        start.left(1)
        start.answered()
    was_over = start.is_over

    start.over_again()

    assert (was_over, start.room()) == (True, 1)


@given(st.integers(0, 60))
def test_waits_double_up_to_a_minute(tries: int):
    assert SECOND <= back_off(tries) <= back_off(tries + 1) <= 60 * SECOND
