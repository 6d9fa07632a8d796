"""Figures of several runs, written as a Markdown table: median, range, and what had to be reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks import machine
from benchmarks.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A bound: a figure must be at least or at most this."""

    at_least: float | None = None
    at_most: float | None = None

    def is_met(self, figure: float) -> bool:
        """Tell whether a figure keeps the bound."""
        return (self.at_least is None or figure >= self.at_least) and (self.at_most is None or figure <= self.at_most)

    def __str__(self) -> str:
        bounds = (("at least", self.at_least), ("at most", self.at_most))
        return ", ".join(f"{word} {short(bound)}" for word, bound in bounds if bound is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured of one contender, once for each run."""

    what: str
    unit: str
    values: Sequence[float]
    goal: Goal | None = None

    @property
    def median(self) -> float:
        """Give the middle of the runs."""
        return median(self.values)


def ratio(what: str, above: Figure, below: Figure, goal: Goal) -> Figure:
    """Divide medians."""
    return Figure(what=what, unit="times", values=[above.median / below.median], goal=goal)


def show(title: str, options: Options, figures: Sequence[Figure], notes: Sequence[str] = ()) -> None:
    """Print one benchmark's table, with the machine above it."""
    scale = f"{options.runs} runs of {options.seconds:g} s, size {options.size:,}"
    print(f"\n## {title}\n\n{machine.description()}; {machine.busyness()}; {scale}\n")
    print("| figure | median | range | unit | must be | reached |\n|---|---:|---|---|---|---|")
    for figure in figures:
        print(_row(figure))
    for note in notes:
        print(f"\n{note}")
    print(flush=True)


def short(number: float) -> str:
    """Write a number with three digits that matter."""
    if abs(number) >= 1_000:
        return f"{number:,.0f}"
    return f"{number:.3g}"


def _row(figure: Figure) -> str:
    span = f"{short(min(figure.values))} to {short(max(figure.values))}" if len(figure.values) > 1 else ""
    reached = "" if figure.goal is None else ("yes" if figure.goal.is_met(figure.median) else "**no**")
    cells = (figure.what, short(figure.median), span, figure.unit, str(figure.goal or ""), reached)
    return f"| {' | '.join(cells)} |"
