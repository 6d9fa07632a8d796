"""Milliseconds for the whole waterfall of an audience preview, over several shapes of filter.

Run with `python -m benchmarks.audience_preview`. For the shape with one tag and a cap two other ways to count
stand beside it (`varied_people`); all three must give the same number.
"""

import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import options, varied_people
from benchmarks.figures import Figure, Goal, ratio, show
from benchmarks.varied_people import Bitmaps, TagsAsJson, tag
from bot.cli.loop import run
from bot.domain.audience import AudienceRule
from bot.domain.consent import FrequencyCap
from bot.domain.instants import DAY, Millis
from bot.domain.preview import Preview
from bot.domain.rates import default_card
from bot.ports.storage import Storage
from bot.runtime.clock import SystemClock
from bot.services import previewing
from storage import open_storage

_FULL = options.Scale(seconds=0, size=1_000_000)
_SHORT = options.Scale(seconds=0, size=50_000)
_CLOCK = SystemClock()
_CAP = FrequencyCap(2, 7 * DAY)
_BESIDE = "one tag, a fifth of the people capped"
_SHAPES: dict[str, tuple[AudienceRule, FrequencyCap | None]] = {
    "everybody": (AudienceRule(), None),
    "two countries": (AudienceRule(countries=frozenset({"BR", "NL"})), None),
    "a language": (AudienceRule(languages=frozenset({"pt"})), None),
    "any of two tags": (AudienceRule(tags_any=frozenset({tag(1), tag(2)})), None),
    "all of two tags, none of a third": (
        AudienceRule(tags_all=frozenset({tag(1), tag(7)}), tags_none=frozenset({tag(3)})),
        None,
    ),
    "not messaged for a week, a fifth were": (AudienceRule(not_messaged_days=7), None),
    "a fifth of the people capped": (AudienceRule(), _CAP),
    _BESIDE: (AudienceRule(tags_any=frozenset({tag(1)})), _CAP),
    "all of it at once": (
        AudienceRule(
            tags_any=frozenset({tag(1), tag(2)}),
            tags_none=frozenset({tag(3)}),
            countries=frozenset({"BR", "NL"}),
            languages=frozenset({"pt", "en"}),
            not_messaged_days=3,
        ),
        _CAP,
    ),
}


async def _preview(store: Storage, rule: AudienceRule, cap: FrequencyCap | None, now: Millis) -> Preview:
    return await store.read(
        lambda tx: previewing.preview(
            tx, rule, cap=cap, card=default_card(), messages_per_second=80, messaging_limit=None, now=now
        )
    )


@dataclass(frozen=True, slots=True)
class _Times:
    """Milliseconds of every run: on the clock, and of the processor."""

    clock: list[float]
    processor: list[float]

    def figures(self, what: str) -> list[Figure]:
        """Give the clock's with its 95th percentile, which has to be reached."""
        slow = sorted(self.clock)[max(0, -(-95 * len(self.clock) // 100) - 1)]
        return [
            Figure(what=what, unit="ms", values=self.clock),
            Figure(what=f"{what}, CPU", unit="ms", values=self.processor),
            Figure(what=f"{what}, p95", unit="ms", values=[slow], goal=Goal(at_most=100)),
        ]


async def _timed(times: int, work: Callable[[], Awaitable[object]]) -> _Times:
    found = _Times([], [])
    for _ in range(times):
        began = time.perf_counter(), time.process_time()
        await work()
        found.clock.append(1_000 * (time.perf_counter() - began[0]))
        found.processor.append(1_000 * (time.process_time() - began[1]))
    return found


async def _measure(folder: Path, given: options.Options) -> list[Figure]:
    database, now = folder / "people.db", _CLOCK.now()
    store = open_storage(f"sqlite:///{database}", clock=_CLOCK)
    found: list[Figure] = []
    try:
        await varied_people.add(store, database, given.size, now)
        for name, (rule, cap) in _SHAPES.items():
            work = partial(_preview, store, rule, cap, now)
            await work()
            found += (await _timed(given.runs, work)).figures(name)
        sent = (await _preview(store, *_SHAPES[_BESIDE], now)).waterfall.will_be_sent
    finally:
        await store.close()
    beside = await _beside(database, folder, given.runs, sent, now)
    preview = next(figure for figure in found if figure.what == f"{_BESIDE}, CPU")
    return [
        *found,
        *beside,
        ratio(f"{_BESIDE}: tags as JSON against preview", beside[0], preview, Goal(at_least=1)),
        ratio(f"{_BESIDE}: preview against bitmaps", preview, beside[1], Goal(at_most=3)),
    ]


async def _beside(database: Path, folder: Path, runs: int, sent: int, now: Millis) -> list[Figure]:
    as_json, bitmaps = TagsAsJson(database, folder), Bitmaps.of(database, 1, _CAP, now)
    counts = {as_json.count(tag(1), _CAP, now), bitmaps.count(), sent}
    if len(counts) != 1:
        raise RuntimeError(f"the three ways to count disagree: {counts}")

    async def count_json() -> None:
        as_json.count(tag(1), _CAP, now)

    async def count_bitmaps() -> None:
        bitmaps.count()

    json_times, bitmap_times = await _timed(min(runs, 5), count_json), await _timed(runs, count_bitmaps)
    as_json.close()
    return [
        Figure(what=f"{_BESIDE}, tags as JSON, CPU", unit="ms", values=json_times.processor),
        Figure(what=f"{_BESIDE}, bitmaps in memory, CPU", unit="ms", values=bitmap_times.processor),
    ]


async def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_SHORT, runs=20)
    with tempfile.TemporaryDirectory() as folder:
        found = await _measure(Path(folder), given)
    show("Audience preview", given, found)


if __name__ == "__main__":
    run(main())
