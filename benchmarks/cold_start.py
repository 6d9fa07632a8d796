"""Seconds from starting `arauto serve` until /readyz says ready, Slack's handshake included.

Run with `python -m benchmarks.cold_start`. The first start makes the database and is left out.
"""

import tempfile
import time
from pathlib import Path

from benchmarks import options, world
from benchmarks.figures import Figure, Goal, show
from bot.cli.loop import run

_FULL = options.Scale(seconds=0, size=0)


async def _starts(runs: int) -> list[float]:
    found: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        async with world.simulated(Path(folder)) as simulated:
            for _ in range(runs + 1):
                began = time.perf_counter()
                async with simulated.bot():
                    found.append(time.perf_counter() - began)
    return found[1:]


async def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_FULL, runs=5)
    show("Cold start", given, [Figure(what="ready", unit="s", values=await _starts(given.runs), goal=Goal(at_most=2))])


if __name__ == "__main__":
    run(main())
