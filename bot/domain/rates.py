"""What a campaign will cost at list price, at most: which market a number is billed in, and what a market costs.

A rate card is a CSV file with the header `effective_from,market,currency,marketing`: a date, the market's name as Meta
writes it, one currency for the whole file, and the price of one delivered marketing message. Rows of several dates may
stand in one file; of each market the newest row not after the day counts. A market without a row costs what `Other`
costs, so `Other` must be there. The cards in `bot/ratecards` follow Meta's card of 2026-07-01 (the USD one is derived
from the EUR one); markets that became their own on 2026-10-01 start at the price of their former region.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType

from bot.domain.errors import ConfigurationError
from bot.domain.instants import DAY, Millis, to_datetime

OTHER = "Other"
_CARD_COLUMNS = ("effective_from", "market", "currency", "marketing")
_MARKET_COLUMNS = ("effective_from", "prefix", "market")

#: A thing's versions, the newest first: the day from which each counts, and what it is from then on.
_Versions = tuple[tuple[date, str], ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """List price if every message is delivered, before tax. `costs` and `rates` are by market, in `currency`."""

    total: Decimal
    currency: str
    card: str
    rates: Mapping[str, Decimal]
    costs: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class RateCard:
    """Prices per delivered marketing message, by market and day. `name` is the file's name, shown with every figure."""

    name: str
    currency: str
    _prices: Mapping[str, tuple[tuple[date, Decimal], ...]] = field(repr=False)

    @classmethod
    def parse(cls, text: str, name: str) -> "RateCard":
        """Read a card; ConfigurationError names the file, the line, and what was expected there."""
        prices: dict[str, dict[date, Decimal]] = {}
        currencies: set[str] = set()
        for where, row in _rows(text, name, _CARD_COLUMNS):
            since, versions = _date(row, where), prices.setdefault(row["market"], {})
            if since in versions:
                raise ConfigurationError(
                    f"{where}: {row['market']} has a price from {since} already; keep one of the two."
                )
            versions[since] = _price(row, where)
            currencies.add(_currency(row, where))
            if len(currencies) > 1:
                found = " and ".join(sorted(currencies))
                raise ConfigurationError(f"{where}: a card has one currency, here are {found}; make two files.")
        if OTHER not in prices:
            raise ConfigurationError(f"{name}: the market {OTHER} is missing; add a row for it.")
        newest_first = {market: tuple(sorted(rows.items(), reverse=True)) for market, rows in prices.items()}
        return cls(name, currencies.pop(), MappingProxyType(newest_first))

    @property
    def newest(self) -> date:
        """Give the day from which the card's newest row counts."""
        return max(since for versions in self._prices.values() for since, _ in versions)

    def price(self, market: str, at: Millis) -> Decimal:
        """Give the price of one delivered message; days before the first row take the first, unknown markets Other."""
        versions = self._prices.get(market) or self._prices[OTHER]
        today = _day(at)
        return next((price for since, price in versions if since <= today), versions[-1][1])

    def highest(self, market: str, since: Millis, until: Millis) -> Decimal:
        """Give the most that one delivered message costs from `since` to `until`, whatever the account's zone is."""
        versions = self._prices.get(market) or self._prices[OTHER]
        first, last = _day(Millis(since - DAY)), _day(Millis(until + DAY))
        changes = [price for day, price in versions if first < day <= last]
        return max([self.price(market, Millis(since - DAY)), *changes])


def estimate(by_market: Mapping[str, int], card: RateCard, since: Millis, until: Millis | None = None) -> Estimate:
    """Price a campaign at most: people by market, and the days its messages may arrive (`until` None: one day)."""
    last = since if until is None else until
    rates = {market: card.highest(market, since, last) for market in sorted(by_market)}
    costs = {market: rate * by_market[market] for market, rate in rates.items()}
    return Estimate(sum(costs.values(), Decimal(0)), card.currency, card.name, rates, costs)


def market_of(address: str, at: Millis) -> str:
    """Name the market an E.164 number is billed in on that day: the longest known prefix decides, else Other."""
    _, longest = _shipped_markets()
    digits = address.removeprefix("+")
    return _market(digits[:longest], _day(at))


@lru_cache(maxsize=16_384)  # an import asks for every row, and rows begin alike
def _market(beginning: str, today: date) -> str:
    markets, _ = _shipped_markets()
    for length in range(len(beginning), 0, -1):
        for since, market in markets.get(beginning[:length], ()):
            if since <= today:
                return market
    return OTHER


@cache
def default_card(currency: str = "USD") -> RateCard:
    """Load the card that ships with Arauto, in USD or EUR."""
    name = f"meta-{currency.lower()}-2026-07-01.csv"
    file = resources.files("bot") / "ratecards" / name
    if not file.is_file():
        raise ConfigurationError(f"There is no rate card in {currency}; name a file of your own, or take USD or EUR.")
    return RateCard.parse(file.read_text("utf-8"), name)


@cache
def _shipped_markets() -> tuple[Mapping[str, _Versions], int]:
    name = "markets.csv"
    found: dict[str, list[tuple[date, str]]] = {}
    text = (resources.files("bot") / "ratecards" / name).read_text("utf-8")
    for where, row in _rows(text, name, _MARKET_COLUMNS):
        found.setdefault(row["prefix"], []).append((_date(row, where), row["market"]))
    markets = {prefix: tuple(sorted(versions, reverse=True)) for prefix, versions in found.items()}
    return markets, max(map(len, markets))


@lru_cache(maxsize=16)
def _day(at: Millis) -> date:
    # Meta switches at midnight of the account's own zone, which the API doesn't tell; UTC is within a day of it.
    return to_datetime(at).date()


def _rows(text: str, name: str, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Walk the rows with a description of where each stands, for error messages."""
    reader = csv.reader(text.removeprefix("\ufeff").splitlines())
    header = tuple(cell.strip().lower() for cell in next(reader, []))
    if header != columns:
        raise ConfigurationError(f"{name}, line 1: expected the header {','.join(columns)}.")
    for cells in reader:
        where = f"{name}, line {reader.line_num}"
        if not any(cells):
            continue
        if len(cells) != len(columns) or not all(cell.strip() for cell in cells):
            raise ConfigurationError(f"{where}: expected {len(columns)} filled cells ({', '.join(columns)}).")
        yield where, {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}


def _date(row: Mapping[str, str], where: str) -> date:
    try:
        return date.fromisoformat(row["effective_from"])
    except ValueError as problem:
        raise ConfigurationError(f"{where}: effective_from must be a date such as 2026-10-01.") from problem


def _price(row: Mapping[str, str], where: str) -> Decimal:
    try:
        price = Decimal(row["marketing"])
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or price < 0:
        raise ConfigurationError(f"{where}: marketing must be a price such as 0.0625, with a dot.")
    return price


def _currency(row: Mapping[str, str], where: str) -> str:
    currency = row["currency"]
    if len(currency) != 3 or not (currency.isascii() and currency.isupper()):  # noqa: PLR2004 - ISO 4217 has three letters
        raise ConfigurationError(f"{where}: currency must be three capitals such as USD.")
    return currency
