"""The phonebook: who is behind a phone, and what they will do with a message, drawn from the seed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from bot.simulator.meta.behaviour import Persona

if TYPE_CHECKING:
    from bot.simulator.meta.behaviour import Knobs, Span

_NORTH_AMERICAN_DIGITS = 11
# Area codes of +1 that are not the United States: Canada, then the Caribbean and the US territories.
# fmt: off
_NOT_US = frozenset(map(str, (
    204, 226, 236, 249, 250, 257, 263, 289, 306, 343, 354, 365, 367, 368, 382, 387, 403, 416, 418, 428, 431, 437,
    438, 450, 460, 468, 474, 506, 514, 519, 548, 579, 581, 584, 587, 604, 613, 639, 647, 672, 683, 705, 709, 742,
    753, 778, 780, 782, 807, 819, 825, 867, 873, 879, 902, 905, 942,
    242, 246, 264, 268, 284, 340, 345, 441, 473, 649, 658, 664, 670, 671, 684, 721, 758, 767, 784, 787, 809, 829,
    849, 868, 869, 876, 939,
)))
# fmt: on
_REGIONS = {"1": "US", "31": "NL", "33": "FR", "34": "ES", "39": "IT", "44": "GB", "49": "DE", "52": "MX", "55": "BR"}
_MEXICO = re.compile(r"52(\d{10})")
# Brazil's ninth digit is absent from the WhatsApp ids of area codes from 31 up.
_BRAZIL = re.compile(r"55([3-9][1-9])9(\d{8})")


def wa_id_of(digits: str) -> str:
    """Return WhatsApp's own id of a phone; Brazil and Mexico differ in one digit from what is dialled."""
    if found := _MEXICO.fullmatch(digits):
        return f"521{found[1]}"
    if found := _BRAZIL.fullmatch(digits):
        return f"55{found[1]}{found[2]}"
    return digits


def is_us(recipient: str) -> bool:
    """Tell whether a phone (digits) or a business-scoped user id belongs to the United States."""
    if "." in recipient:
        return recipient.startswith("US.")
    return recipient.startswith("1") and len(recipient) == _NORTH_AMERICAN_DIGITS and recipient[1:4] not in _NOT_US


def user_id_of(digits: str) -> str:
    """Make the business-scoped user id of a phone: country, dot, letters and digits."""
    region = next((_REGIONS[digits[:n]] for n in (3, 2, 1) if digits[:n] in _REGIONS), "ZZ")
    return f"{region}.{hashlib.sha256(digits.encode()).hexdigest()[:20]}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What one person will do with one message; delays in simulated seconds."""

    failure: int | None
    sent_first: bool
    held: bool
    dropped: bool
    reachable: bool
    online_after: float | None
    skips_delivered: bool
    reads: bool
    clicks: bool
    visits: bool
    taps: str | None
    says: str | None
    stops: bool
    hold: float
    sent_after: float
    delivered_after: float
    read_after: float
    react_after: float


class Phonebook:
    """Draws plans. The same seed, phone and count give the same plan, whatever the order of requests."""

    def __init__(self, seed: int, knobs: Knobs, overrides: dict[str, Persona]) -> None:
        self._seed = seed
        self._knobs = knobs
        self.overrides = overrides

    def persona(self, recipient: str) -> Persona:
        """Return what was laid down for a recipient; nothing by default."""
        return self.overrides.get(recipient) or Persona()

    def plan(self, recipient: str, nth: int) -> Plan:
        """Decide the fate of the nth message (from 0) to a recipient."""
        knobs, person = self._knobs, self.persona(recipient)
        dice = _Dice(f"{self._seed}:{recipient}:{nth}")
        chance, within = dice.chance, dice.within
        engaged = True if person.clicks or person.taps or person.says or person.stops else None
        reads = person.reads if person.reads is not None else engaged
        return Plan(
            failure=person.fails or dice.failure(knobs.failures),
            sent_first=chance(knobs.sent_before_failure),
            held=chance(knobs.hold_rate, person.held),
            dropped=chance(knobs.hold_dropped_rate),
            reachable=chance(knobs.reachable_rate, reads if person.reachable is None and reads else person.reachable),
            online_after=person.online_after,
            skips_delivered=chance(knobs.delivered_skipped_rate, person.skips_delivered),
            reads=chance(knobs.read_rate, reads),
            clicks=chance(knobs.click_rate, person.clicks),
            visits=chance(knobs.visit_rate),
            taps=person.taps or ("" if chance(knobs.tap_rate) else None),
            says=person.says or ("STOP" if chance(knobs.stop_text_rate) else None),
            stops=chance(knobs.stop_preference_rate, person.stops),
            hold=within(knobs.hold),
            sent_after=within(knobs.sent_after),
            delivered_after=within(knobs.delivered_after),
            read_after=within(knobs.read_after),
            react_after=within(knobs.react_after),
        )


class _Dice:
    def __init__(self, seed: str) -> None:
        self._rng = Random(seed)  # noqa: S311  chance for a simulation, not for secrets

    def chance(self, rate: float, laid_down: bool | None = None) -> bool:  # noqa: FBT001  reads as a sentence
        """Draw; what is laid down wins, but is drawn for all the same so that the rest stays as it was."""
        drawn = self._rng.random() < rate
        return drawn if laid_down is None else laid_down

    def within(self, span: Span) -> float:
        return self._rng.uniform(*span)

    def failure(self, rates: dict[int, float]) -> int | None:
        drawn = self._rng.random()
        for code, rate in rates.items():
            if drawn < rate:
                return code
            drawn -= rate
        return None
