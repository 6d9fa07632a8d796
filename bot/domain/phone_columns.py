"""Judging a column of phone numbers, with the verdicts of `bot.domain.phone` and a fraction of its time.

Nearly every number of a file begins like thousands of others, on which the verdict is the same
(`bot.domain.beginnings`); any other is judged by itself.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from bot.domain import phone, rates, spellings
from bot.domain.beginnings import Beginnings
from bot.domain.errors import InvalidInputError
from bot.domain.instants import Millis
from bot.domain.numbering import compact


class Facts(NamedTuple):
    """What a valid number is, but for its digits; `may_be_respelt`: its identity may be another than these."""

    region: str
    market: str
    may_be_respelt: bool


#: What a valid number is, or the sentence that says why it is none.
Verdict: TypeAlias = Facts | str


class NumberReader:
    """Judges the numbers of one file; one without + is read as one of the default region, if any."""

    def __init__(self, default_region: str | None, now: Millis) -> None:
        self._default_region = default_region
        self._now = now
        self._beginnings = Beginnings[Verdict]()

    def read(self, written: Sequence[str]) -> tuple[list[str], list[Verdict]]:
        """Judge numbers without spaces around them; gives each as E.164 where it is valid, and all the verdicts."""
        numbers = compact(written)
        found = self._beginnings.find_all(numbers)
        return numbers, [
            self._judge_at(at, numbers, written) if verdict is None else verdict for at, verdict in enumerate(found)
        ]

    def _judge_at(self, at: int, numbers: list[str], written: Sequence[str]) -> Verdict:
        """Judge one that nothing is known of, and write it as E.164 among the numbers."""
        number = numbers[at]
        numbers[at], verdict = self._judge(written[at])
        if number:
            self._beginnings.learn(number, verdict)
        return verdict

    def _judge(self, written: str) -> tuple[str, Verdict]:
        try:
            e164, region, _ = phone.parse(written, self._default_region)
        except InvalidInputError as problem:
            return "", str(problem)
        return e164, Facts(region, rates.market_of(e164, self._now), spellings.may_be_respelt(e164[1:]))


def identities(e164: Sequence[str], facts: Sequence[Facts]) -> list[str]:
    """Give the identity of each number, empty where that is the number without its plus."""
    return [_respelt(number) if one.may_be_respelt else "" for number, one in zip(e164, facts, strict=True)]


def _respelt(e164: str) -> str:
    identity = spellings.identity_of_digits(e164[1:])
    return "" if identity == e164[1:] else identity
