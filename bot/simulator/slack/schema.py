"""A small language for payload shapes: each check walks one value and reports what Slack would complain about.

Complaints carry a JSON pointer, worded as Slack words them in `response_metadata.messages`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Report:
    """Collects the complaints about one payload, and remembers the surface it is meant for."""

    surface: str = "message"
    problems: list[str] = field(default_factory=list)

    def add(self, pointer: str, complaint: str) -> None:
        """Note one complaint at a JSON pointer."""
        self.problems.append(f"{complaint} [json-pointer:{pointer}]")


Check = Callable[[Any, str, Report], None]


def string(longest: int, shortest: int = 1) -> Check:
    """Accept a string of `shortest` to `longest` characters."""

    def check(value: Any, pointer: str, report: Report) -> None:
        if not isinstance(value, str):
            report.add(pointer, "must be a string")
        elif len(value) > longest:
            report.add(pointer, f"must be less than {longest + 1} characters")
        elif len(value) < shortest:
            report.add(pointer, f"must be more than {shortest - 1} characters")

    return check


def matching(accepts: Callable[[str], bool], wanted: str) -> Check:
    """Accept a string for which `accepts` holds; `wanted` completes the sentence "must be ..."."""

    def check(value: Any, pointer: str, report: Report) -> None:
        if not isinstance(value, str) or not accepts(value):
            report.add(pointer, f"must be {wanted}")

    return check


def one_of(*values: str) -> Check:
    """Accept exactly the listed strings."""

    def check(value: Any, pointer: str, report: Report) -> None:
        if value not in values:
            report.add(pointer, f"must be a valid enum value: {', '.join(values)}")

    return check


def integer(lowest: int, highest: int) -> Check:
    """Accept a whole number in the closed range."""

    def check(value: Any, pointer: str, report: Report) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            report.add(pointer, "must be an integer")
        elif not lowest <= value <= highest:
            report.add(pointer, f"must be between {lowest} and {highest}")

    return check


def number(value: Any, pointer: str, report: Report) -> None:
    """Accept any number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        report.add(pointer, "must be a number")


def boolean(value: Any, pointer: str, report: Report) -> None:
    """Accept true or false."""
    if not isinstance(value, bool):
        report.add(pointer, "must be a boolean")


def anything(_value: Any, _pointer: str, _report: Report) -> None:
    """Accept whatever comes."""


def array(of: Check, most: int, least: int = 1) -> Check:
    """Accept a list of `least` to `most` items, each of which passes `of`."""

    def check(value: Any, pointer: str, report: Report) -> None:
        if not isinstance(value, list):
            report.add(pointer, "must be an array")
            return
        if len(value) > most:
            report.add(pointer, f"no more than {most} items allowed")
        if len(value) < least:
            report.add(pointer, f"no less than {least} items allowed")
        for index, item in enumerate(value):
            of(item, f"{pointer}/{index}", report)

    return check


def shape(
    required: Mapping[str, Check],
    optional: Mapping[str, Check] | None = None,
    *rules: Check,
) -> Check:
    """Accept an object with these keys and no others; `rules` look at the whole object once its keys are sound."""
    known = {**required, **(optional or {})}

    def check(value: Any, pointer: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.add(pointer, "must provide an object")
            return
        before = len(report.problems)
        for key in required.keys() - value.keys():
            report.add(pointer, f"missing required field: {key}")
        for key, item in value.items():
            if key in known:
                known[key](item, f"{pointer}/{key}", report)
            else:
                report.add(pointer, f"invalid additional property: {key}")
        if len(report.problems) == before:
            for rule in rules:
                rule(value, pointer, report)

    return check


def typed(kinds: Mapping[str, Check]) -> Check:
    """Accept an object whose `type` names one of `kinds`, and check it as that kind."""

    def check(value: Any, pointer: str, report: Report) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind is None:
            report.add(pointer, "missing required field: type")
        elif not isinstance(kind, str) or kind not in kinds:
            report.add(f"{pointer}/type", f"unsupported type: {kind}")
        else:
            kinds[kind](value, pointer, report)

    return check


def lazily(make: Callable[[], Check]) -> Check:
    """Delay a check that refers to itself."""

    def check(value: Any, pointer: str, report: Report) -> None:
        make()(value, pointer, report)

    return check


def exactly_one(*keys: str) -> Check:
    """Demand one and only one of the keys."""

    def check(value: Any, pointer: str, report: Report) -> None:
        if sum(key in value for key in keys) != 1:
            report.add(pointer, f"must define exactly one of: {', '.join(keys)}")

    return check


def at_least_one(*keys: str) -> Check:
    """Demand one or more of the keys."""

    def check(value: Any, pointer: str, report: Report) -> None:
        if not any(key in value for key in keys):
            report.add(pointer, f"must define at least one of: {', '.join(keys)}")

    return check
