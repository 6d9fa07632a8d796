"""Statuses per second through the listener, 200 only after a commit that is on the disk, beside the usual handler.

Run with `python -m benchmarks.webhooks`. Size is the number of messages whose statuses arrive: each is sent, delivered
and read. Afterwards the books are compared with what was posted: a fast wrong answer does not count.
"""

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from benchmarks import books, options, posting, processes, statuses
from benchmarks.figures import Figure, Goal, ratio, show
from bot.cli.loop import run
from bot.demo.world import free_port
from bot.domain.campaign import Campaign
from bot.runtime.clock import SystemClock
from storage import open_storage

CONNECTIONS = 64
#: More statuses than this in a second are not prepared; by statuses per body.
MOST_PER_SECOND = {1: 9_000, 100: 36_000}
_FULL = options.Scale(seconds=10, size=150_000)
_SHORT = options.Scale(seconds=3, size=40_000)
_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Requests, and the name of each status in them in the same order."""

    requests: list[bytes]
    names: list[str]
    per_body: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run: statuses per second, the 99th percentile of the answers, processor time for each status."""

    per_second: float
    p99_ms: float
    cpu_us: float
    #: Statuses by name that were answered with 200.
    taken: Counter[str]


def prepare_load(per_body: int, given: options.Options) -> Load:
    """Write and sign the requests; messages come in random order, which is the hardest for a database."""
    recipients = list(range(1, given.size + 1))
    Random(1).shuffle(recipients)
    most = int(MOST_PER_SECOND[per_body] * given.seconds) // per_body * per_body
    arriving = list(islice(statuses.lives(recipients, _CLOCK.now()), most))
    requests = list(statuses.requests(iter(arriving), per_body))
    return Load(requests=requests, names=[one["status"] for one in arriving], per_body=per_body)


async def prepare_books(folder: Path, messages: int) -> tuple[Path, Campaign]:
    """Make a database with one campaign whose messages Meta has all accepted."""
    database, now = folder / "accepted.db", _CLOCK.now()
    store = open_storage(f"sqlite:///{database}", clock=_CLOCK)
    books.add_people(database, messages, now)
    campaign = await books.Author(store, books.a_template(now), now).planned()
    await store.close()
    books.accept_all(database, campaign, now)
    return database, campaign


async def measure_arauto(accepted: Path, campaign: Campaign, load: Load, seconds: float) -> Measured:
    """Post to the bot's listener over a fresh copy of the database, then check its books."""
    with tempfile.TemporaryDirectory() as folder:
        database = shutil.copy(accepted, folder)
        return await measure_books(f"sqlite:///{database}", campaign, load, seconds)


async def measure_books(url: str, campaign: Campaign, load: Load, seconds: float) -> Measured:
    """Post to the bot's listener over a database of either engine, then check its books."""
    found = await _measure(["-m", "benchmarks.webhook_server", url], load, seconds)
    await _check(url, campaign, found.taken)
    return found


async def measure_usual(load: Load, seconds: float) -> Measured:
    """Post to the usual handler."""
    with tempfile.TemporaryDirectory() as folder:
        return await _measure(["-m", "benchmarks.usual_webhook_server", f"{folder}/usual.db"], load, seconds)


async def _measure(program: list[str], load: Load, seconds: float) -> Measured:
    port = free_port()
    async with processes.running(*program, str(port), until=f"http://127.0.0.1:{port}/readyz") as server:
        before = server.cpu_seconds()
        answers = await posting.post_all(port, iter(load.requests), connections=CONNECTIONS, seconds=seconds)
        cpu = server.cpu_seconds() - before
    if answers.refused:
        raise RuntimeError(f"{answers.refused} requests were not answered with 200")
    taken = Counter(load.names[: len(answers.seconds) * load.per_body])
    return Measured(
        per_second=taken.total() / answers.elapsed,
        p99_ms=answers.percentile(0.99),
        cpu_us=1e6 * cpu / taken.total(),
        taken=taken,
    )


async def _check(url: str, campaign: Campaign, taken: Counter[str]) -> None:
    """Compare the books with what was answered: raises RuntimeError unless every status is counted once."""
    store = open_storage(url, clock=_CLOCK)
    tallies, recount = await store.read(
        lambda tx: (dict(tx.campaigns.tallies(campaign.id)), dict(tx.campaigns.recount(campaign.id)))
    )
    await store.close()
    # A message that was read was delivered as well, and each was posted in this order.
    if (
        tallies != recount
        or tallies.get("delivered", 0) != taken["delivered"]
        or tallies.get("read", 0) != taken["read"]
    ):
        raise RuntimeError(f"the books say {tallies}, a recount {recount}, and {dict(taken)} were answered")


async def _compare(folder: Path, given: options.Options) -> list[Figure]:
    accepted, campaign = await prepare_books(folder, given.size)
    found: list[Figure] = []
    for per_body, must, p99 in ((1, 4_000, Goal(at_most=100)), (100, 20_000, None)):
        load = prepare_load(per_body, given)
        ours, usual = [], []
        for _ in range(given.runs):
            ours.append(await measure_arauto(accepted, campaign, load, given.seconds))
            usual.append(await measure_usual(load, given.seconds))
        found += _figures(f"{per_body} per POST", ours, usual, must, p99)
    return found


def _figures(kind: str, ours: list[Measured], usual: list[Measured], must: float, p99: Goal | None) -> list[Figure]:
    rate = Figure(
        what=f"{kind}, Arauto",
        unit="statuses/s",
        values=[one.per_second for one in ours],
        goal=Goal(at_least=must),
    )
    beside = Figure(what=f"{kind}, usual handler", unit="statuses/s", values=[one.per_second for one in usual])
    return [
        rate,
        beside,
        ratio(f"{kind}, ratio", rate, beside, Goal(at_least=20)),
        Figure(what=f"{kind}, Arauto, p99", unit="ms", values=[one.p99_ms for one in ours], goal=p99),
        Figure(what=f"{kind}, Arauto, CPU", unit="µs/status", values=[one.cpu_us for one in ours]),
    ]


async def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_SHORT)
    with tempfile.TemporaryDirectory() as folder:
        found = await _compare(Path(folder), given)
    show("Webhooks", given, found, [f"{CONNECTIONS} connections, each waiting for its answer before the next POST."])


if __name__ == "__main__":
    run(main())
