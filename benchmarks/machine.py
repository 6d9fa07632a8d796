"""Says on what machine a benchmark ran, because its figures mean nothing without it."""

import os
import platform
import sqlite3
import sys
from pathlib import Path

GIB = 1 << 30


def description() -> str:
    """Give processor, cores, memory, system and versions in one line; what cannot be learnt is left out."""
    parts = [
        processor(),
        f"{len(os.sched_getaffinity(0))} cores",
        f"{memory_bytes() / GIB:.0f} GiB",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
    ]
    return ", ".join(part for part in parts if part)


def busyness() -> str:
    """Give the load average: on a machine that others use too, absolute figures are worth less than ratios."""
    return "load average " + " ".join(f"{load:.1f}" for load in os.getloadavg())


def processor() -> str:
    """Name the processor as Linux does."""
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.machine()


def memory_bytes() -> int:
    """Give the memory of the machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


if not sys.platform.startswith("linux"):
    raise SystemExit("The benchmarks read /proc and need Linux; run them in a container elsewhere.")
