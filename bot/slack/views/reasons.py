"""Why people are left out, as previews, plans and cards write it."""

from collections.abc import Iterable, Mapping, Sequence

from bot.domain.consent import WORDS, Exclusion
from bot.slack.views.phrases import code, line, number

_COUNTRIES_SHOWN = 12


def words(reason: str) -> str:
    """Write a reason; one that is not in the table is shown as it is."""
    try:
        return WORDS[Exclusion(reason)]
    except ValueError:
        return line(reason.replace("_", " "), 60)


def steps(excluded: Mapping[str, int], samples: Mapping[str, Sequence[str]]) -> list[str]:
    """Write one line per reason, in the order of the preview, with a few masked samples."""
    return [_step(reason, excluded[reason], samples.get(reason, ())) for reason in in_order(excluded)]


def in_order(excluded: Mapping[str, int]) -> list[str]:
    """Sort reasons as the preview tells them, unknown ones last, and leave out those nobody falls under."""
    known = [str(reason) for reason in Exclusion]
    found = [reason for reason in excluded if excluded[reason]]
    return sorted(found, key=lambda reason: (known.index(reason) if reason in known else len(known), reason))


def countries(counts: Mapping[str, int]) -> str:
    """Write people by country, the most first, on one line."""
    most_first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return " · ".join(some([f"{line(name, 8) or '?'} {number(count)}" for name, count in most_first], _COUNTRIES_SHOWN))


def some(lines: Iterable[str], limit: int) -> list[str]:
    """Keep the first lines of many and say how many more there are."""
    every = list(lines)
    return every if len(every) <= limit else [*every[:limit], f"… and {number(len(every) - limit)} more"]


def _step(reason: str, count: int, samples: Sequence[str]) -> str:
    shown = ", ".join(code(sample, 26) for sample in samples[:3])
    return f"− {number(count)} {words(reason)}" + (f" ({shown})" if shown else "")
