"""The window keeps its bound at the receiver's side, whatever departures, latencies and stalls do."""

from heapq import heappop, heappush
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.instants import SECOND, Millis
from bot.domain.pacing import Window


def drive(bound: int, steps: list[tuple[int, int, int]]) -> list[int]:
    """Send whenever there is room. A step is (pause, way there, way back) in ms; returns when requests arrived."""
    now, window = Millis(0), Window(bound, Millis(0))
    window.depart(1)
    window.answered(now, Millis(steps[0][1] + steps[0][2]))
    answers: list[tuple[int, Millis]] = []
    arrivals: list[int] = []
    for pause, there, back in steps:
        now = Millis(now + pause)
        for answer in sorted(one for one in answers if one[0] <= now):
            window.answered(answer[1], Millis(answer[0]))
        answers = [one for one in answers if one[0] > now]
        for _ in range(room := window.room(now, float(bound))):
            arrivals.append(now + there)
            answers.append((now + there + back, now))
        window.depart(room)
    return sorted(arrivals)


@given(
    bound=st.integers(1, 50),
    work=st.integers(0, 120),
    steps=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 300), st.integers(0, 5)), min_size=20, max_size=120),
)
def test_no_second_at_the_receiver_sees_more_than_the_bound(bound: int, work: int, steps: list[tuple[int, int, int]]):
    """Meta works at least `work` ms on each; what comes on top hits the way there, as a stalled sender does."""
    delayed = [(pause, there, work + more) for pause, there, more in steps]
    prompt = [(50, 0, work)] * len(delayed)

    arrivals = drive(bound, [step for pair in zip(prompt, delayed, strict=True) for step in pair])

    for first, start in enumerate(arrivals):
        assert first + bound >= len(arrivals) or arrivals[first + bound] >= start + SECOND, arrivals


def test_a_new_window_waits_a_second_because_what_left_before_is_not_known():
    window = Window(80, Millis(5_000))

    assert window.room(Millis(5_900), 80.0) == 0
    assert window.room(Millis(6_100), 80.0) > 0


def test_a_steady_latency_costs_no_pace():
    arrivals = drive(80, [(10, 100, 5)] * 1_000)

    assert len([one for one in arrivals if 2_000 <= one < 9_000]) >= 7 * 80 * 0.98


def test_an_unanswered_request_counts_until_it_is_answered():
    window = Window(1, Millis(0))
    window.room(Millis(2_000), 1.0)
    window.depart(1)

    assert window.room(Millis(60_000), 1.0) == 0

    window.answered(Millis(2_000), Millis(60_000))
    assert window.room(Millis(60_000), 1.0) == 0
    assert window.room(Millis(61_100), 1.0) == 1


def test_a_smaller_bound_holds_at_once_and_a_larger_one_opens_in_a_second():
    window = Window(10, Millis(0))
    window.room(Millis(2_000), 10.0)
    window.depart(2)

    window.resize(2, Millis(2_000))
    assert window.room(Millis(2_500), 10.0) == 0
    window.resize(12, Millis(2_600))
    assert window.room(Millis(2_700), 12.0) == 0
    assert window.room(Millis(3_700), 12.0) > 0


@given(
    bound=st.integers(1, 40),
    ahead=st.integers(0, 200),
    steps=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 200)), min_size=1, max_size=60),
)
def test_whatever_is_promised_ahead_may_leave_by_then(bound: int, ahead: int, steps: list[tuple[int, int]]):
    """A mark ahead of time never has to wait longer than it was told, while answers take the time they always took."""
    now, window = Millis(0), Window(bound, Millis(0))
    for pause, latency in steps:
        now = Millis(now + pause)
        promised = window.room(now, float(bound), ahead)
        now = Millis(now + ahead)
        kept = window.room(now, float(bound))
        assert kept >= promised

        window.depart(promised)
        for _ in range(promised):
            window.answered(now, Millis(now + 200 + latency))
        now = Millis(now + 200 + latency)


def test_the_first_answers_do_not_tell_how_fast_meta_is():
    window = Window(1, Millis(0))
    window.room(Millis(2_000), 1.0)
    window.depart(1)

    window.answered(Millis(2_000), Millis(2_300))

    assert window.room(Millis(3_250), 1.0) == 0
    assert window.room(Millis(3_302), 1.0) == 1
    assert window.wait(Millis(3_302), 1.0) == 0


def test_an_answer_faster_than_all_before_takes_back_what_slower_ones_seemed_to_allow():
    now, window = Millis(0), Window(2, Millis(0))
    for _ in range(1_000):
        now = Millis(now + 2_000)
        window.depart(1)
        window.answered(now, Millis(now + 300))
    now = Millis(now + 5_000)
    window.room(now, 100.0)

    window.depart(2)
    window.answered(now, Millis(now + 300))
    assert window.room(Millis(now + 310), 100.0, ahead=700) == 1
    window.answered(Millis(now + 310), Millis(now + 410))

    assert window.room(Millis(now + 1_100), 100.0) == 0
    assert window.room(Millis(now + 1_210), 100.0) == 1


@pytest.mark.parametrize("bound", [80, 250, 1_000])
def test_answers_that_differ_by_a_few_milliseconds_leave_99_percent_of_the_bound(bound: int):
    rng = Random(bound)  # noqa: S311 - latencies, not secrets
    steps = [(2, rng.choice((0, 0, 1)), 100 + rng.randrange(4)) for _ in range(10_000)]

    arrivals = drive(bound, steps)

    in_the_middle = [at for at in arrivals if 4_000 <= at < 19_000]
    assert len(in_the_middle) >= 0.99 * 15 * bound
    assert all(later - earlier >= SECOND for earlier, later in zip(arrivals, arrivals[bound:], strict=False))


def test_where_there_is_room_nobody_waits_for_more():
    window = Window(100, 0.0)
    window.room(1_100.0, 100.0)
    window.depart(10)
    for _ in range(10):
        window.answered(1_100.0, 1_150.0)

    assert window.wait(1_200.0, 100.0) < 10


def to_one_desk(bound: int, seconds: int) -> list[float]:
    """Send to a Meta that takes and answers one request at a time and rests for 60 ms now and then; gives arrivals.

    The sender looks every two milliseconds, and is away for up to 30 now and then.
    """
    rng = Random(bound)  # noqa: S311 - stalls, not secrets
    window, arrivals, desk_free, now = Window(bound, 0.0), list[float](), 0.0, 0.0
    events: list[tuple[float, int, float]] = []
    while now < seconds * SECOND:
        while events and events[0][0] <= now:
            at, stage, departed = heappop(events)
            if stage == ANSWERED:
                window.answered(departed, at)
                continue
            desk_free = max(at, desk_free) + (0.45 if stage == ARRIVED else 0.15)
            if stage == ARRIVED:
                arrivals.append(desk_free)
            heappush(events, (desk_free + (100 if stage == ARRIVED else 1), stage + 1, departed))
        for _ in range(room := window.room(now, float(bound))):
            heappush(events, (now + 0.5, ARRIVED, now))
        window.depart(room)
        now += 2 + (rng.uniform(0, 30) if rng.random() < 1 / 200 else 0)
        desk_free = max(now, desk_free) + 60 if rng.random() < 1 / 2_000 else desk_free
    return arrivals


ARRIVED, WORKED_ON, ANSWERED = range(3)


@pytest.mark.parametrize("bound", [80, 250, 1_000])
def test_clumps_that_stalls_make_do_not_stay_for_ever(bound: int):
    """Answers of a clump come one after the other, and what each waits for the others is lost for the pace."""
    arrivals = to_one_desk(bound, 40)

    in_the_middle = [at for at in arrivals if 10_000 <= at < 40_000]
    assert len(in_the_middle) >= 0.985 * 30 * bound
    assert all(later - earlier >= SECOND for earlier, later in zip(arrivals, arrivals[bound:], strict=False))
