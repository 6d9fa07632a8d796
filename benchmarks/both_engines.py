"""The bulk paths on SQLite and on PostgreSQL, side by side in one run: import, planning, previews, webhooks.

Run with `python -m benchmarks.both_engines`; `python -m benchmarks.fleet` has sending. Size is people, rows and
messages; the webhooks are posted for so many seconds.
"""

import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

from benchmarks import books, engines, optin_files, optins_import, options, planning, webhooks
from benchmarks.figures import Figure, show
from bot.cli.loop import run
from bot.domain.audience import AudienceRule
from bot.domain.consent import FrequencyCap
from bot.domain.instants import DAY
from bot.domain.rates import default_card
from bot.ports.storage import Transaction
from bot.runtime.clock import SystemClock
from bot.services import previewing
from storage import open_storage

PREVIEWS = 10
_CAP = FrequencyCap(1, 7 * DAY)
_FULL = options.Scale(seconds=5, size=50_000)
_SHORT = options.Scale(seconds=2, size=5_000)
_CLOCK = SystemClock()


def measure_import(engine: str, folder: Path, rows: int) -> float:
    """Import so many opt-ins into an empty database; gives rows per second."""
    file = folder / "optins.csv"
    optin_files.write(file, rows)
    with engines.database(engine, folder) as url:
        program = ["-m", "bot", "optins", "import", str(file), "--database", url]
        return optins_import.measure(program, rows).rows_per_second


async def measure_planning(engine: str, folder: Path, people: int) -> tuple[float, float]:
    """Plan a campaign to so many people, then preview; gives people per second and the preview's median in ms."""
    with engines.database(engine, folder) as url:
        now = _CLOCK.now()
        books.add_people(url, people, now)
        store = open_storage(url, clock=_CLOCK)
        try:
            planned = await planning.plan(store, books.Author(store, books.a_template(now), now))
            return people / planned.seconds, median([await _seconds(store.read) for _ in range(PREVIEWS)]) * 1e3
        finally:
            await store.close()


async def _seconds(read: Callable[[Callable[[Transaction], object]], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await read(_preview)
    return time.perf_counter() - began


def _preview(tx: Transaction) -> object:
    now, card = _CLOCK.now(), default_card()
    return previewing.preview(
        tx, AudienceRule(), cap=_CAP, card=card, messages_per_second=1_000, messaging_limit=None, now=now
    )


async def measure_webhooks(engine: str, folder: Path, per_body: int, given: options.Options) -> webhooks.Measured:
    """Post statuses of a campaign that Meta has accepted."""
    with engines.database(engine, folder) as url:
        now = _CLOCK.now()
        books.add_people(url, given.size, now)
        store = open_storage(url, clock=_CLOCK)
        campaign = await books.Author(store, books.a_template(now), now).planned()
        await store.close()
        books.accept_all(url, campaign, now)
        return await webhooks.measure_books(url, campaign, webhooks.prepare_load(per_body, given), given.seconds)


async def _measure(engine: str, given: options.Options) -> list[Figure]:
    imported, planned, previewed = [], [], []
    posted: dict[int, list[webhooks.Measured]] = {1: [], 100: []}
    for _ in range(given.runs):
        with tempfile.TemporaryDirectory() as folder:
            imported.append(measure_import(engine, Path(folder), given.size))
        with tempfile.TemporaryDirectory() as folder:
            people, preview = await measure_planning(engine, Path(folder), given.size)
            planned.append(people)
            previewed.append(preview)
        for per_body, found in posted.items():
            with tempfile.TemporaryDirectory() as folder:
                found.append(await measure_webhooks(engine, Path(folder), per_body, given))
    figures = [
        Figure(what=f"{engine}, import", unit="rows/s", values=imported),
        Figure(what=f"{engine}, planning", unit="people/s", values=planned),
        Figure(what=f"{engine}, preview", unit="ms", values=previewed),
    ]
    for per_body, found in posted.items():
        what = f"{engine}, webhooks, {per_body} per POST"
        figures.append(Figure(what=what, unit="statuses/s", values=[one.per_second for one in found]))
        figures.append(Figure(what="… p99", unit="ms", values=[one.p99_ms for one in found]))
    return figures


async def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_SHORT)
    found = [figure for engine in engines.ENGINES for figure in await _measure(engine, given)]
    show("Both engines", given, found)


if __name__ == "__main__":
    run(main())
