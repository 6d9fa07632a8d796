"""Milliseconds for the whole waterfall of an audience preview, over several shapes of filter.

Run with `python -m benchmarks.audience_preview`. For the shape `one tag` two other ways to count stand beside it
(`varied_people`); all three must give the same number.
"""

import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks import options, varied_people
from benchmarks.figures import Figure, Goal, ratio, show
from benchmarks.varied_people import Bitmaps, TagsAsJson, tag
from bot.cli.loop import run
from bot.domain.audience import AudienceRule
from bot.domain.consent import FrequencyCap
from bot.domain.instants import DAY
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
_SHAPES = {
    "everybody": AudienceRule(),
    "one tag": AudienceRule(tags_any=frozenset({tag(1)})),
    "two countries": AudienceRule(countries=frozenset({"BR", "NL"})),
    "tag, country, language": AudienceRule(
        tags_any=frozenset({tag(1), tag(2)}), countries=frozenset({"BR"}), languages=frozenset({"pt"})
    ),
    "all of two tags, none of a third": AudienceRule(
        tags_all=frozenset({tag(1), tag(7)}), tags_none=frozenset({tag(3)})
    ),
}


async def _preview(store: Storage, rule: AudienceRule) -> Preview:
    return await store.read(
        lambda tx: previewing.preview(
            tx,
            rule,
            cap=_CAP,
            card=default_card(),
            messages_per_second=80,
            messaging_limit=None,
            now=_CLOCK.now(),
        )
    )


async def _timed(times: int, work: Callable[[], Awaitable[object]]) -> list[float]:
    found = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        found.append(1_000 * (time.perf_counter() - began))
    return found


async def _measure(folder: Path, given: options.Options) -> list[Figure]:
    database = folder / "people.db"
    store = open_storage(f"sqlite:///{database}", clock=_CLOCK)
    try:
        varied_people.add(database, given.size, _CLOCK.now())
        found = []
        for name, rule in _SHAPES.items():
            values = await _timed(given.runs, lambda rule=rule: _preview(store, rule))  # type: ignore[misc]
            found.append(Figure(what=name, unit="ms", values=values, goal=Goal(at_most=100)))
        sent = (await _preview(store, _SHAPES["one tag"])).waterfall.will_be_sent
    finally:
        await store.close()
    beside = await _beside(database, folder, given.runs, sent)
    preview = next(figure for figure in found if figure.what == "one tag")
    return [
        *found,
        *beside,
        ratio("one tag, tags as JSON against preview", beside[0], preview, Goal(at_least=1)),
        ratio("one tag, preview against bitmaps", preview, beside[1], Goal(at_most=3)),
    ]


async def _beside(database: Path, folder: Path, runs: int, sent: int) -> list[Figure]:
    as_json, bitmaps = TagsAsJson(database, folder), Bitmaps.of(database, 1)
    counts = {as_json.count(tag(1)), bitmaps.count(), sent}
    if len(counts) != 1:
        raise RuntimeError(f"the three ways to count disagree: {counts}")

    async def count_json() -> None:
        as_json.count(tag(1))

    async def count_bitmaps() -> None:
        bitmaps.count()

    found = [
        Figure(what="one tag, tags as JSON", unit="ms", values=await _timed(runs, count_json)),
        Figure(what="one tag, bitmaps in memory", unit="ms", values=await _timed(runs, count_bitmaps)),
    ]
    as_json.close()
    return found


async def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_SHORT, runs=20)
    with tempfile.TemporaryDirectory() as folder:
        found = await _measure(Path(folder), given)
    show("Audience preview", given, found)


if __name__ == "__main__":
    run(main())
