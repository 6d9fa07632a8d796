from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import ConfigurationError
from bot.domain.instants import DAY, Millis
from bot.domain.rates import OTHER, RateCard, default_card, estimate, market_of

HEADER = "effective_from,market,currency,marketing"
JULY = Millis(1_784_000_000_000)  # 2026-07-14
NOVEMBER = Millis(1_795_000_000_000)  # 2026-11-18


def card(*rows: str) -> RateCard:
    return RateCard.parse("\n".join((HEADER, "2026-07-01,Other,USD,0.06", *rows)), "mine.csv")


@pytest.mark.parametrize(
    ("phone", "market"),
    [
        ("+5511999991234", "Brazil"),
        ("+12025550123", "North America"),
        ("+14165550123", "North America"),
        ("+18765550123", "Rest of Latin America"),
        ("+18095550123", "Rest of Latin America"),
        ("+12425550123", "Other"),
        ("+35621234567", "Other"),
        ("+3725551234", "Other"),
        ("+74951234567", "Russia"),
        ("+31612345678", "Netherlands"),
        ("+8210123456", "Other"),
        ("+", "Other"),
        ("NL.9f3k", "Other"),
    ],
)
def test_the_longest_known_prefix_decides_the_market(phone: str, market: str):
    assert market_of(phone, JULY) == market


@pytest.mark.parametrize(
    ("phone", "before", "since"),
    [
        ("+77011234567", "Russia", "Kazakhstan"),
        ("+212600000000", "Rest of Africa", "Morocco"),
        ("+8801712345678", "Rest of Asia Pacific", "Bangladesh"),
        ("+380501234567", "Rest of Central & Eastern Europe", "Ukraine"),
    ],
)
def test_a_market_of_its_own_counts_from_its_day(phone: str, before: str, since: str):
    assert (market_of(phone, JULY), market_of(phone, NOVEMBER)) == (before, since)


def test_the_market_changes_at_midnight():
    midnight = Millis(1_790_812_800_000)  # 2026-10-01T00:00Z

    assert market_of("+212600000000", Millis(midnight - 1)) == "Rest of Africa"
    assert market_of("+212600000000", midnight) == "Morocco"


def test_every_market_on_the_map_has_a_price_of_its_own():
    for currency in ("USD", "EUR"):
        shipped = default_card(currency)
        phones = ["+880", "+964", "+77", "+965", "+212", "+977", "+968", "+94", "+380", "+55", "+1", "+971", "+852"]

        markets = {market_of(phone, NOVEMBER) for phone in phones}

        assert len(markets) == len(phones)
        assert markets <= set(shipped._prices)


def test_the_shipped_card_has_the_list_prices():
    assert default_card().price("Brazil", NOVEMBER) == Decimal("0.0625")
    assert default_card("EUR").price("Netherlands", NOVEMBER) == Decimal("0.1323")
    assert default_card().name == "meta-usd-2026-07-01.csv"


def test_there_is_no_card_in_a_currency_we_have_no_prices_for():
    with pytest.raises(ConfigurationError, match="no rate card in GBP"):
        default_card("GBP")


def test_an_estimate_adds_people_times_price():
    prices = card("2026-07-01,Brazil,USD,0.0625", "2026-07-01,India,USD,0.0119")

    cost = estimate({"Brazil": 1000, "India": 3}, prices, NOVEMBER)

    assert cost.total == Decimal("62.5357")
    assert cost.costs == {"Brazil": Decimal("62.5000"), "India": Decimal("0.0357")}
    assert (cost.currency, cost.card, cost.rates["India"]) == ("USD", "mine.csv", Decimal("0.0119"))


def test_nobody_costs_nothing():
    assert estimate({}, card(), NOVEMBER).total == 0


RISING = ("2026-07-01,Brazil,USD,0.05", "2027-01-01,Brazil,USD,0.10", "2027-04-01,Brazil,USD,0.07")
DECEMBER, FEBRUARY = Millis(NOVEMBER + 20 * DAY), Millis(NOVEMBER + 80 * DAY)
MAY, JUNE = Millis(NOVEMBER + 170 * DAY), Millis(NOVEMBER + 200 * DAY)


@pytest.mark.parametrize(
    ("since", "until", "price"),
    [
        (NOVEMBER, DECEMBER, "0.05"),
        (NOVEMBER, FEBRUARY, "0.10"),
        (FEBRUARY, FEBRUARY, "0.10"),
        (FEBRUARY, MAY, "0.10"),
        (NOVEMBER, JUNE, "0.10"),
        (MAY, JUNE, "0.07"),
    ],
)
def test_a_span_costs_the_highest_price_in_it(since: Millis, until: Millis, price: str):
    prices = card(*RISING)

    assert prices.highest("Brazil", since, until) == Decimal(price)
    assert estimate({"Brazil": 10}, prices, since, until).total == 10 * Decimal(price)


@given(start=st.integers(0, 400), length=st.integers(0, 200), day=st.integers(0, 200))
def test_no_day_of_a_span_costs_more_than_its_ceiling(start: int, length: int, day: int):
    since = Millis(JULY + start * DAY)
    prices, until = card(*RISING), Millis(since + length * DAY)

    for market in ("Brazil", "Nowhere"):
        at = Millis(since + min(day, length) * DAY)
        assert prices.price(market, at) <= prices.highest(market, since, until)


def test_midnight_may_be_a_day_away_in_the_account_s_own_zone():
    prices, change = card(*RISING), Millis(1_798_761_600_000)  # 2027-01-01T00:00Z

    assert prices.highest("Brazil", Millis(change - DAY), Millis(change - DAY)) == Decimal("0.10")


def test_an_unknown_market_costs_what_other_costs():
    assert card().price("Atlantis", NOVEMBER) == card().price(OTHER, NOVEMBER) == Decimal("0.06")


def test_the_newest_price_not_after_the_day_counts_whatever_the_order_of_rows():
    prices = card("2026-10-01,Brazil,USD,0.07", "2026-07-01,Brazil,USD,0.0625", "2027-01-01,Brazil,USD,0.08")

    assert prices.price("Brazil", JULY) == Decimal("0.0625")
    assert prices.price("Brazil", NOVEMBER) == Decimal("0.07")


def test_a_day_before_the_first_price_takes_the_first():
    assert card("2027-01-01,Brazil,USD,0.08").price("Brazil", JULY) == Decimal("0.08")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "line 1: expected the header"),
        ("market,price\nBrazil,1", "line 1: expected the header"),
        (f"{HEADER}\n2026-07-01,Other,USD", "line 2: expected 4 filled cells"),
        (f"{HEADER}\n2026-07-01,,USD,1", "line 2: expected 4 filled cells"),
        (f"{HEADER}\n2026-07-01,Other,USD,1\n1.7.2026,Brazil,USD,1", "line 3: effective_from must be a date"),
        (f"{HEADER}\n2026-07-01,Other,USD,0;06", "line 2: marketing must be a price"),
        (f"{HEADER}\n2026-07-01,Other,USD,NaN", "line 2: marketing must be a price"),
        (f"{HEADER}\n2026-07-01,Other,USD,-1", "line 2: marketing must be a price"),
        (f"{HEADER}\n2026-07-01,Other,dollar,1", "line 2: currency must be three capitals"),
        (f"{HEADER}\n2026-07-01,Other,USD,1\n2026-07-01,Brazil,EUR,1", "line 3: a card has one currency"),
        (
            f"{HEADER}\n2026-07-01,Other,USD,1\n2026-07-01,Other,USD,2",
            "line 3: Other has a price from 2026-07-01 already",
        ),
        (f"{HEADER}\n2026-07-01,Brazil,USD,1", "the market Other is missing"),
        (HEADER, "the market Other is missing"),
    ],
)
def test_a_bad_card_says_where_and_what_was_expected(rows: str, words: str):
    with pytest.raises(ConfigurationError, match=r"^mine\.csv") as refusal:
        RateCard.parse(rows, "mine.csv")

    assert words in str(refusal.value)


def test_a_card_saved_by_a_spreadsheet_is_read():
    text = f"\ufeff{HEADER}\r\n2026-07-01,Other,USD,0.06\r\n\r\n2026-07-01,Rest of Africa,USD,0.0225\r\n"

    assert RateCard.parse(text, "mine.csv").price("Rest of Africa", JULY) == Decimal("0.0225")


def test_dates_of_a_card_are_dates():
    assert {since for rows in default_card()._prices.values() for since, _ in rows} == {
        date(2026, 7, 1),
        date(2026, 10, 1),
    }
