"""Rows per second of `arauto optins import`: validation, people, consent and dedupe, beside the usual import.

Run with `python -m benchmarks.optins_import`. Both are programs of their own, started for each run; their time includes
starting. The peak of memory is that of the program and of every process it started, added up.
"""

import os
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import optin_files, options
from benchmarks.figures import Figure, Goal, ratio, show
from benchmarks.processes import Process

_FULL = options.Scale(seconds=0, size=1_000_000)
_SHORT = options.Scale(seconds=0, size=20_000)
#: The usual import gets a part of the rows: its rate does not depend on how many there are.
USUAL_SHARE = 5
_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run of one program."""

    rows_per_second: float
    peak_mib: float
    cpu_us: float


def measure(arguments: list[str], rows: int) -> Measured:
    """Run a Python program to its end; raises RuntimeError unless it ends well."""
    began = time.perf_counter()
    child = os.posix_spawn(sys.executable, [sys.executable, *arguments], os.environ)
    peaks: dict[int, float] = {}
    while True:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            break
        _look_at(child, peaks)
        time.sleep(_LOOK_SECONDS)
    seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"{arguments[:4]} ended with status {os.waitstatus_to_exitcode(status)}")
    return Measured(
        rows_per_second=rows / seconds,
        peak_mib=sum(peaks.values()),
        cpu_us=(usage.ru_utime + usage.ru_stime) / rows * 1e6,
    )


def _look_at(child: int, peaks: dict[int, float]) -> None:
    """Note the most memory that a program and those it started have held so far."""
    with suppress(OSError, LookupError):  # it ended meanwhile
        others = Path(f"/proc/{child}/task/{child}/children").read_text("ascii").split()
        for pid in (child, *map(int, others)):
            peaks[pid] = max(peaks.get(pid, 0.0), Process(pid).peak_mib())


def _run_both(folder: Path, given: options.Options) -> tuple[list[Measured], list[Measured]]:
    part = given.size // USUAL_SHARE
    file, few = folder / "optins.csv", folder / "few.csv"
    optin_files.write(file, given.size)
    optin_files.write(few, part)
    ours, usual = [], []
    for run in range(given.runs):
        database = f"sqlite:///{folder}/arauto-{run}.db"
        program = ["-m", "bot", "optins", "import", str(file), "--database", database]
        ours.append(measure(program, given.size))
        usual.append(measure(["-m", "benchmarks.usual_import", str(few), f"{folder}/usual-{run}.db"], part))
    return ours, usual


def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_SHORT)
    with tempfile.TemporaryDirectory() as folder:
        ours, usual = _run_both(Path(folder), given)
    rate = Figure(
        what="Arauto", unit="rows/s", values=[one.rows_per_second for one in ours], goal=Goal(at_least=60_000)
    )
    beside = Figure(what="phonenumbers, executemany", unit="rows/s", values=[one.rows_per_second for one in usual])
    cpu = Figure(what="Arauto, CPU a row", unit="µs", values=[one.cpu_us for one in ours])
    usual_cpu = Figure(what="phonenumbers, CPU a row", unit="µs", values=[one.cpu_us for one in usual])
    memory = Figure(what="Arauto, memory", unit="MiB", values=[one.peak_mib for one in ours], goal=Goal(at_most=200))
    show(
        "Import of opt-ins",
        given,
        [rate, beside, ratio("ratio", rate, beside, Goal(at_least=4)), memory, cpu, usual_cpu],
    )


if __name__ == "__main__":
    main()
