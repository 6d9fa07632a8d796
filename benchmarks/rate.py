"""How near the rate comes to its bound, and whether any sliding second holds more, as the simulated Meta counts it.

Run with `python -m benchmarks.rate`. The simulator runs in a process of its own, answers after 100 ms, and counts what
it is asked for, what it refuses included. The mean is over so many seconds once the gentle start is over. That the
bound is never passed is tested too (`tests/faults/test_rate.py`), over restarts as well.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import httpx

from benchmarks import books, options, send_path
from benchmarks.figures import Figure, Goal, show
from bot.cli.loop import collect_seldom, run

BOUNDS = (80, 250, 1_000)
#: The mean must be within one percent.
SHARE = 0.99
_FULL = options.Scale(seconds=60, size=0)
_SHORT = options.Scale(seconds=4, size=0)


async def measure(bound: int, seconds: float) -> tuple[float, float]:
    """Send at a bound; gives messages per second, and those of the busiest second."""
    people = int(bound * (seconds + 3 * send_path.WARM_UP_SECONDS))
    with tempfile.TemporaryDirectory() as folder:
        async with send_path.simulated_meta(Path(folder)) as meta:
            policy = replace(books.POLICY, max_mps=bound)
            found = await send_path.measure_arauto(meta, people, seconds, policy=policy)
            return found.per_second, await _busiest_second(meta.url)


async def _busiest_second(url: str) -> float:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        seen = (await client.get(f"{url}/_sim/rate")).json()[books.NUMBER]
    return float(seen["busiest_second"] + seen["refused"])


async def _measure_all(given: options.Options) -> list[Figure]:
    figures = []
    for bound in BOUNDS:
        means, busiest = zip(*[await measure(bound, given.seconds) for _ in range(given.runs)], strict=True)
        goal, most = Goal(at_least=SHARE * bound), Goal(at_most=bound)
        figures.append(Figure(what=f"bound {bound:,}, mean", unit="messages/s", values=means, goal=goal))
        figures.append(Figure(what=f"bound {bound:,}, busiest second", unit="messages", values=busiest, goal=most))
    return figures


async def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_SHORT)
    show("Rate", given, await _measure_all(given))


if __name__ == "__main__":
    collect_seldom()  # as `arauto serve` does
    run(main())
