from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InvalidInputError
from bot.domain.instants import DAY, HOUR, MINUTE, Millis, from_datetime, to_datetime
from bot.domain.periods import latest_due, next_due, parse_at, parse_kind, parse_zone

# Jumps of an hour, of half an hour (Lord Howe), at midnight (Santiago, Beirut), of a day (Apia), and none (UTC).
ZONES = [
    "UTC", "Europe/Amsterdam", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "America/Santiago",
    "Asia/Kolkata", "Asia/Beirut", "Pacific/Apia", "Africa/Casablanca", "Pacific/Kiritimati",
]  # fmt: skip
CLOCKS = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
INSTANTS = st.datetimes(datetime(2010, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)).map(from_datetime)  # noqa: DTZ001


def instant(text: str) -> Millis:
    return from_datetime(datetime.fromisoformat(text))


def test_a_daily_period_ends_at_the_last_boundary():
    period = latest_due("daily", "08:30", "Europe/Amsterdam", instant("2026-11-22T10:00:00Z"))

    assert period == (instant("2026-11-21T07:30:00Z"), instant("2026-11-22T07:30:00Z"))


def test_before_the_boundary_the_period_of_yesterday_is_due():
    period = latest_due("daily", "08:30", "UTC", instant("2026-11-22T08:29:59Z"))

    assert period.end == instant("2026-11-21T08:30:00Z")


def test_at_the_boundary_itself_the_new_period_is_due():
    boundary = instant("2026-11-22T08:30:00Z")

    assert latest_due("daily", "08:30", "UTC", boundary).end == boundary
    assert next_due("daily", "08:30", "UTC", boundary) == boundary + DAY


def test_a_weekly_period_runs_from_monday_to_monday():
    period = latest_due("weekly", "09:00", "America/Sao_Paulo", instant("2026-11-22T10:00:00Z"))

    assert period == (instant("2026-11-09T12:00:00Z"), instant("2026-11-16T12:00:00Z"))


def test_a_boundary_the_clocks_skip_falls_when_they_have_jumped():
    # Amsterdam, 29 March 2026: 02:00 becomes 03:00.
    period = latest_due("daily", "02:30", "Europe/Amsterdam", instant("2026-03-29T12:00:00Z"))

    assert period == (instant("2026-03-28T01:30:00Z"), instant("2026-03-29T01:30:00Z"))


def test_a_boundary_that_happens_twice_counts_the_first_time():
    # Amsterdam, 25 October 2026: 03:00 becomes 02:00.
    period = latest_due("daily", "02:30", "Europe/Amsterdam", instant("2026-10-25T12:00:00Z"))

    assert period.end == instant("2026-10-25T00:30:00Z")
    assert next_due("daily", "02:30", "Europe/Amsterdam", period.end) == instant("2026-10-26T01:30:00Z")


def test_a_day_a_zone_left_out_makes_no_empty_period():
    # Samoa went from 29 to 31 December 2011.
    now = instant("2012-01-01T12:00:00+14:00")

    period = latest_due("daily", "09:00", "Pacific/Apia", now)

    assert period == (instant("2011-12-31T09:00:00+14:00"), instant("2012-01-01T09:00:00+14:00"))
    assert latest_due("daily", "09:00", "Pacific/Apia", Millis(period.start)).start == instant(
        "2011-12-29T09:00:00-10:00"
    )


@given(st.sampled_from(["daily", "weekly"]), CLOCKS, st.sampled_from(ZONES), INSTANTS)
def test_periods_join_without_gap_or_overlap(kind: str, clock: str, zone: str, now: Millis):
    period = latest_due(kind, clock, zone, now)
    following = next_due(kind, clock, zone, now)

    assert period.start < period.end <= now < following
    assert latest_due(kind, clock, zone, following) == (period.end, following)
    assert latest_due(kind, clock, zone, Millis(period.end - 1)).end == period.start


@given(CLOCKS, st.sampled_from([zone for zone in ZONES if zone != "Pacific/Apia"]), INSTANTS)
def test_every_day_has_one_boundary_at_its_time_or_just_behind_a_jump(clock: str, zone: str, now: Millis):
    tz = ZoneInfo(zone)
    end = latest_due("daily", clock, zone, now).end
    local = to_datetime(end).astimezone(tz)

    wanted = datetime.combine(local.date(), datetime.strptime(clock, "%H:%M").time(), tz)  # noqa: DTZ007
    late = local - wanted

    assert timedelta(0) <= late <= timedelta(hours=1)
    assert DAY - HOUR - MINUTE < next_due("daily", clock, zone, end) - end < DAY + HOUR + MINUTE


@given(CLOCKS, st.sampled_from(ZONES), INSTANTS)
def test_a_week_ends_on_a_monday(clock: str, zone: str, now: Millis):
    end = latest_due("weekly", clock, zone, now).end

    assert to_datetime(end).astimezone(ZoneInfo(zone)).weekday() == 0


@pytest.mark.parametrize(
    ("text", "at"), [("08:30", "08:30"), (" 9:05 ", "09:05"), ("00:00", "00:00"), ("23:59", "23:59")]
)
def test_a_time_of_day_is_read(text: str, at: str):
    assert parse_at(text) == at


@pytest.mark.parametrize("text", ["", "24:00", "8", "8:5", "12:60", "noon", "٠٨:٣٠"])
def test_what_is_no_time_of_day_is_refused_with_an_example(text: str):
    with pytest.raises(InvalidInputError, match="HH:MM"):
        parse_at(text)


@pytest.mark.parametrize("text", ["Europe/Amsterdam", "europe/amsterdam", " EUROPE/AMSTERDAM "])
def test_a_zone_is_read_whatever_its_case(text: str):
    assert parse_zone(text) == "Europe/Amsterdam"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Amsterdam", "did you mean Europe/Amsterdam"),
        ("Sao Paulo", "did you mean America/Sao_Paulo"),
        ("Europe/Amsterdm", "did you mean Europe/Amsterdam"),
        ("Asia/Calcuta", "Asia/Calcutta"),
        ("../etc/passwd", "use a name such as"),
        ("qqqq", "use a name such as"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_closest_names(text: str, hint: str):
    with pytest.raises(InvalidInputError) as refusal:
        parse_zone(text)

    assert hint in str(refusal.value)


def test_a_rhythm_is_daily_or_weekly():
    assert parse_kind(" Daily ") == "daily"

    with pytest.raises(InvalidInputError, match="daily or weekly"):
        parse_kind("hourly")
