from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.instants import DAY, HOUR, SECOND, Millis
from bot.domain.schedule import (
    check_schedule,
    expires_at,
    in_words,
    last_safe_launch,
    outlives_offer,
    sending_seconds,
)

NOW = Millis(1_795_000_000_000)  # 2026-11-18T11:06:40Z
ONE_DAY = 86_400
LIFETIMES = st.integers(43_200, 2_592_000)


def later(span: int) -> Millis:
    return Millis(NOW + span)


def test_nothing_is_wrong_with_a_campaign_without_times():
    assert check_schedule(now=NOW, ttl_seconds=ONE_DAY) == []


@pytest.mark.parametrize("span", [-DAY, -1, 0])
def test_a_schedule_in_the_past_is_told_at_schedule(span: int):
    complaints = check_schedule(now=NOW, ttl_seconds=ONE_DAY, scheduled_at=later(span))

    assert [field for field, _ in complaints] == ["schedule"]


def test_any_second_in_the_future_will_do():
    assert check_schedule(now=NOW, ttl_seconds=ONE_DAY, scheduled_at=later(SECOND)) == []


@pytest.mark.parametrize("ttl_seconds", [0, 43_199, 2_592_001])
def test_a_lifetime_meta_does_not_take_is_told_at_ttl(ttl_seconds: int):
    complaints = check_schedule(now=NOW, ttl_seconds=ttl_seconds)

    assert [field for field, _ in complaints] == ["ttl"]


@pytest.mark.parametrize("ttl_seconds", [43_200, 2_592_000])
def test_the_shortest_and_longest_lifetime_are_taken(ttl_seconds: int):
    assert check_schedule(now=NOW, ttl_seconds=ttl_seconds) == []


def test_an_offer_that_is_over_is_told_at_offer_ends():
    [(field, sentence)] = check_schedule(now=NOW, ttl_seconds=ONE_DAY, offer_ends_at=NOW)

    assert (field, "already ended" in sentence) == ("offer_ends", True)


def test_a_lifetime_that_outlives_the_offer_is_told_at_offer_ends():
    [(field, sentence)] = check_schedule(now=NOW, ttl_seconds=ONE_DAY, offer_ends_at=later(23 * HOUR))

    assert field == "offer_ends"
    assert "1 day" in sentence


def test_a_schedule_after_the_last_safe_launch_is_told_when_that_is():
    [(field, sentence)] = check_schedule(
        now=NOW,
        ttl_seconds=ONE_DAY,
        scheduled_at=later(3 * HOUR),
        offer_ends_at=later(DAY + 2 * HOUR),
        zone=ZoneInfo("America/Sao_Paulo"),
    )

    assert field == "offer_ends"
    assert "by 2026-11-18 10:06 -03" in sentence


def test_a_message_may_leave_at_the_last_safe_instant_and_not_after_it():
    ends_at = later(DAY + HOUR)

    assert check_schedule(now=NOW, ttl_seconds=ONE_DAY, scheduled_at=later(HOUR), offer_ends_at=ends_at) == []
    assert check_schedule(now=NOW, ttl_seconds=ONE_DAY, scheduled_at=later(HOUR + 1), offer_ends_at=ends_at) != []


@given(LIFETIMES, st.integers(1, 90 * DAY))
def test_the_last_safe_launch_is_the_last_that_does_not_outlive_the_offer(ttl_seconds: int, span: int):
    ends_at = later(span)
    last = last_safe_launch(ends_at, ttl_seconds)

    assert not outlives_offer(last, ends_at, ttl_seconds)
    assert outlives_offer(Millis(last + 1), ends_at, ttl_seconds)
    assert not outlives_offer(Millis(last + 1), None, ttl_seconds)


@given(
    st.integers(0, 3_000_000),
    st.none() | st.integers(-DAY, 40 * DAY),
    st.none() | st.integers(-DAY, 40 * DAY),
)
def test_a_campaign_without_complaint_cannot_outlive_its_offer(ttl_seconds: int, start: int | None, end: int | None):
    scheduled_at = None if start is None else later(start)
    ends_at = None if end is None else later(end)

    complaints = check_schedule(now=NOW, ttl_seconds=ttl_seconds, scheduled_at=scheduled_at, offer_ends_at=ends_at)

    fields = [field for field, _ in complaints]
    assert len(fields) == len(set(fields))
    if not complaints:
        assert not outlives_offer(scheduled_at or NOW, ends_at, ttl_seconds)


def test_a_message_expires_after_its_lifetime_and_the_buffer():
    assert expires_at(NOW, ONE_DAY, buffer_seconds=60) == NOW + DAY + 60 * SECOND
    assert expires_at(NOW, ONE_DAY) > NOW + DAY


@pytest.mark.parametrize(
    ("recipients", "pace", "seconds"), [(0, 80, 0), (1, 80, 1), (80, 80, 1), (81, 80, 2), (5, 0.5, 10)]
)
def test_sending_takes_whole_seconds(recipients: int, pace: float, seconds: int):
    assert sending_seconds(recipients, pace) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (43_200, "12 hours"),
        (86_400, "1 day"),
        (90_000, "1 day 1 hour"),
        (2_592_000, "30 days"),
        (61, "1 minute 1 second"),
        (0, "0 seconds"),
    ],
)
def test_a_lifetime_is_written_as_people_say_it(seconds: int, words: str):
    assert in_words(seconds) == words
