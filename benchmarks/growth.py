"""What a message costs when the campaign is a hundred times larger: processor time each, and memory.

Run with `python -m benchmarks.growth`. Size is the larger campaign; the smaller one has a hundredth of it, at least as
many as can be sent while it is measured. Only the sender runs in the measured process.
"""

import tempfile
from pathlib import Path

from benchmarks import options, processes, send_path
from benchmarks.figures import Figure, Goal, show
from bot.cli.loop import run

_FULL = options.Scale(seconds=20, size=1_000_000)
_SHORT = options.Scale(seconds=3, size=24_000)
_SMALL_SHARE = 100


async def _measure(given: options.Options) -> list[Figure]:
    small, large, peaks = [], [], []
    fewest = int(send_path.GRANTED * (given.seconds + 2 * send_path.WARM_UP_SECONDS))
    with tempfile.TemporaryDirectory() as folder:
        async with send_path.simulated_meta(Path(folder)) as meta:
            for _ in range(given.runs):
                few = max(fewest, given.size // _SMALL_SHARE)
                small.append((await send_path.measure_arauto(meta, few, given.seconds)).cpu_ms)
                large.append((await send_path.measure_arauto(meta, given.size, given.seconds)).cpu_ms)
                peaks.append(processes.myself().peak_mib())
    ratios = [most / least for most, least in zip(large, small, strict=True)]
    return [
        Figure(what="CPU, small campaign", unit="ms/message", values=small),
        Figure(what="CPU, large campaign", unit="ms/message", values=large),
        Figure(what="ratio", unit="times", values=ratios, goal=Goal(at_most=1.2)),
        Figure(what="peak of memory", unit="MiB", values=peaks, goal=Goal(at_most=250)),
    ]


async def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_SHORT)
    show("Growth", given, await _measure(given))


if __name__ == "__main__":
    run(main())
