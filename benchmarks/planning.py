"""Seconds to freeze a plan, and whether memory stays flat while it grows.

Run with `python -m benchmarks.planning`. Size is the number of people, all of whom are planned. Each chunk is a
transaction of its own, as in the bot.
"""

import secrets
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks import books, options, processes
from benchmarks.figures import Figure, Goal, show
from bot.cli.loop import run
from bot.domain.rates import default_card
from bot.ports.storage import Storage
from bot.runtime.clock import SystemClock
from bot.services.planning import Planner
from storage import open_storage

_FULL = options.Scale(seconds=0, size=1_000_000)
_SHORT = options.Scale(seconds=0, size=20_000)
_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One plan: its time, the processor's share of it, its longest step, and how memory grew in its second half.

    In the first half SQLite's page cache fills up, which is bounded.
    """

    seconds: float
    cpu_seconds: float
    longest_step: float
    growth_mib: float


async def measure(people: int) -> Measured:
    """Plan a campaign to so many people."""
    with tempfile.TemporaryDirectory() as folder:
        database, now = Path(folder) / "books.db", _CLOCK.now()
        store = open_storage(f"sqlite:///{database}", clock=_CLOCK)
        try:
            books.add_people(database, people, now)
            return await plan(store, books.Author(store, books.a_template(now), now))
        finally:
            await store.close()


async def plan(store: Storage, author: books.Author) -> Measured:
    """Plan a campaign to everybody on record."""
    campaign = await author.submitted()
    planner = Planner(books.POLICY, default_card(), lambda: "click", secrets.token_bytes)
    resident = []
    instants = [time.perf_counter()]
    cpu = time.process_time()
    while await store.write(lambda tx: planner.step(tx, campaign.id, _CLOCK.now())):
        instants.append(time.perf_counter())
        resident.append(processes.myself().resident_mib())
    return Measured(
        seconds=time.perf_counter() - instants[0],
        cpu_seconds=time.process_time() - cpu,
        longest_step=max(after - before for before, after in pairwise(instants)),
        growth_mib=max(resident) - resident[len(resident) // 2],
    )


async def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_SHORT)
    found = [await measure(given.size) for _ in range(given.runs)]
    allowed = 30 * given.size / _FULL.size
    figures = [
        Figure(what="planning", unit="s", values=[one.seconds for one in found], goal=Goal(at_most=allowed)),
        Figure(what="people", unit="per second", values=[given.size / one.seconds for one in found]),
        Figure(what="processor", unit="µs a person", values=[one.cpu_seconds / given.size * 1e6 for one in found]),
        Figure(what="longest step", unit="ms", values=[one.longest_step * 1e3 for one in found]),
        Figure(
            what="growth in the second half",
            unit="MiB",
            values=[one.growth_mib for one in found],
            goal=Goal(at_most=20),
        ),
    ]
    show("Planning", given, figures)


if __name__ == "__main__":
    run(main())
