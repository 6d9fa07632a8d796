"""Audiences: a saved rule over people, and the waterfall that explains whom it reaches and whom not and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.domain.consent import Exclusion, Facts, verdict
from bot.domain.instants import Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceRule:
    """Which people match. Empty parts do not restrict; parts are joined by *and*.

    Tags and languages are compared in lower case, countries are two-letter region codes in capitals.
    """

    tags_any: frozenset[str] = frozenset()
    tags_all: frozenset[str] = frozenset()
    tags_none: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    #: Leaves out people who were sent a campaign within so many days.
    not_messaged_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """A named rule."""

    id: int
    name: str
    rule: AudienceRule
    created_by: str
    created_at: Millis


@dataclass(frozen=True, slots=True)
class Group:
    """People who match a rule and are alike in everything that decides; `samples` are a few masked addresses."""

    facts: Facts
    market: str
    people: int
    samples: tuple[str, ...] = ()


@dataclass(slots=True)
class Waterfall:
    """The steps from everybody who matches to those who will be sent to. Each person is counted exactly once."""

    matched: int = 0
    will_be_sent: int = 0
    excluded: dict[Exclusion, int] = field(default_factory=dict)
    samples: dict[Exclusion, list[str]] = field(default_factory=dict)
    by_country: dict[str, int] = field(default_factory=dict)
    by_market: dict[str, int] = field(default_factory=dict)

    SAMPLES_PER_STEP = 3

    def exclude(self, reason: Exclusion, people: int = 1, samples: Iterable[str] = ()) -> None:
        """Count people out, for one reason."""
        self.matched += people
        self.excluded[reason] = self.excluded.get(reason, 0) + people
        kept = self.samples.setdefault(reason, [])
        kept.extend(list(samples)[: self.SAMPLES_PER_STEP - len(kept)])

    def include(self, country: str, market: str, people: int = 1) -> None:
        """Count people in."""
        self.matched += people
        self.will_be_sent += people
        self.by_country[country] = self.by_country.get(country, 0) + people
        self.by_market[market] = self.by_market.get(market, 0) + people

    def steps(self) -> list[tuple[Exclusion, int]]:
        """Give every reason that took somebody out, in the order of the preview."""
        return [(reason, self.excluded[reason]) for reason in Exclusion if self.excluded.get(reason)]


def waterfall(groups: Iterable[Group]) -> Waterfall:
    """Judge groups of people alike by the one rule of `consent.verdict`."""
    fall = Waterfall()
    for group in groups:
        reason = verdict(group.facts)
        if reason is None:
            fall.include(group.facts.country, group.market, group.people)
        else:
            fall.exclude(reason, group.people, group.samples)
    return fall


#: An attribute map of one person: CSV columns, with `name`, `first_name`, `language` and `phone` always there.
Attributes = Mapping[str, str]
