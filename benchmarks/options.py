"""The command line that every benchmark shares: how often, how long, how large."""

import argparse
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How long one measurement lasts and over how many things it runs; their meaning is the benchmark's."""

    seconds: float
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for on the command line."""

    runs: int
    seconds: float
    size: int
    is_short: bool
    #: A Python that has pywa, for the benchmark that can measure it.
    pywa: str | None = None


def read(title: str, *, full: Scale, short: Scale, runs: int = 3, takes_pywa: bool = False) -> Options:
    """Read the command line; `--short` is for seeing that a benchmark works, its figures are not for the table."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--short", action="store_true", help="one brief run of everything")
    parser.add_argument("--runs", type=int, help=f"measurements of each figure (default {runs}; short: 1)")
    parser.add_argument("--seconds", type=float, help=f"length of one (default {full.seconds:g})")
    parser.add_argument("--size", type=int, help=f"people, rows or messages (default {full.size})")
    if takes_pywa:
        parser.add_argument("--pywa", metavar="PYTHON", help="a Python that has pywa installed, to measure it as well")
    given = parser.parse_args()
    scale = short if given.short else full
    return Options(
        runs=given.runs or (1 if given.short else runs),
        seconds=given.seconds or scale.seconds,
        size=given.size or scale.size,
        is_short=given.short,
        pywa=given.pywa if takes_pywa else None,
    )
