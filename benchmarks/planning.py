"""Seconds to freeze a plan, and whether memory stays flat while it grows.

Run with `python -m benchmarks.planning`. Size is the number of people, all of whom are planned. Each chunk is a
transaction of its own, as in the bot.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import books, options, processes
from benchmarks.figures import Figure, Goal, show
from bot.cli.loop import run
from bot.domain.rates import default_card
from bot.ports.storage import Storage
from bot.runtime.clock import SystemClock
from bot.services.planning import CHUNK, Planner
from storage import open_storage

_FULL = options.Scale(seconds=0, size=1_000_000)
_SHORT = options.Scale(seconds=0, size=20_000)
_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One plan: how long it took, and by how much the peak of memory rose after its first tenth."""

    seconds: float
    growth_mib: float


async def measure(people: int) -> Measured:
    """Plan a campaign to so many people."""
    with tempfile.TemporaryDirectory() as folder:
        database, now = Path(folder) / "books.db", _CLOCK.now()
        store = open_storage(f"sqlite:///{database}", clock=_CLOCK)
        try:
            books.add_people(database, people, now)
            return await _plan(store, books.Author(store, books.a_template(now), now), people)
        finally:
            await store.close()


async def _plan(store: Storage, author: books.Author, people: int) -> Measured:
    campaign = await author.submitted()
    planner = Planner(books.POLICY, default_card(), lambda: "click")
    began, steps, early = time.perf_counter(), 0, 0.0
    while await store.write(lambda tx: planner.step(tx, campaign.id, _CLOCK.now())):
        steps += 1
        if steps == people // CHUNK // 10:
            early = processes.myself().peak_mib()
    return Measured(seconds=time.perf_counter() - began, growth_mib=processes.myself().peak_mib() - early)


async def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_SHORT)
    found = [await measure(given.size) for _ in range(given.runs)]
    allowed = 30 * given.size / _FULL.size
    figures = [
        Figure(what="planning", unit="s", values=[one.seconds for one in found], goal=Goal(at_most=allowed)),
        Figure(what="people", unit="per second", values=[given.size / one.seconds for one in found]),
        Figure(what="growth", unit="MiB", values=[one.growth_mib for one in found], goal=Goal(at_most=20)),
    ]
    show("Planning", given, figures)


if __name__ == "__main__":
    run(main())
