"""What all parts of the simulator share: its state, its habits, its time and its chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from bot.simulator.meta.account import Account
    from bot.simulator.meta.behaviour import Knobs
    from bot.simulator.meta.clock import Agenda, Clock
    from bot.simulator.meta.ledger import Ledger
    from bot.simulator.meta.people import Phonebook
    from bot.simulator.meta.templates import Catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One simulated Meta; the parts change what it holds, never what it is."""

    account: Account
    knobs: Knobs
    clock: Clock
    agenda: Agenda
    catalogue: Catalogue
    ledger: Ledger
    phonebook: Phonebook
    rng: Random
