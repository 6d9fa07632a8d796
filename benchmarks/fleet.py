"""Sending from several numbers: one process beside several, on both engines; throughput and processor time.

Run with `python -m benchmarks.fleet`. Each process is an `arauto serve --roles sender,scheduler`; Meta is simulated in
a process of its own, answers after 100 ms and grants each number 1,000 messages a second. Size is the messages of each
number. Afterwards the books are compared with the simulator's ledger.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks import books, engines, options, processes, send_path
from benchmarks.figures import Figure, show
from benchmarks.processes import Process
from bot.cli.loop import run
from bot.demo.world import free_port
from bot.domain.campaign import Campaign
from bot.ports.records import NumberStatus
from bot.ports.storage import Storage
from bot.runtime.clock import SystemClock
from storage import open_storage

NUMBERS = tuple(str(int(books.NUMBER) + n) for n in range(4))
#: Engine, processes, numbers.
SHAPES = (
    (engines.SQLITE, 1, 1),
    (engines.POSTGRES, 1, 1),
    (engines.SQLITE, 1, 2),
    (engines.POSTGRES, 1, 2),
    (engines.POSTGRES, 2, 2),
    (engines.POSTGRES, 1, 4),
    (engines.POSTGRES, 4, 4),
)
NOTES = ("Everything shares the cores; what the processes could do on machines of their own, only their CPU tells.",)
WARM_UP_SECONDS = 3.0
START_SECONDS = 90.0
_FULL = options.Scale(seconds=15, size=40_000)
_SHORT = options.Scale(seconds=4, size=6_000)
_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run of one shape; `cpu_ms` is the processes' time for a message, `server_ms` that of PostgreSQL."""

    per_second: float
    cpu_ms: float
    server_ms: float


async def measure(shape: tuple[str, int, int], given: options.Options) -> Measured:
    """Send a campaign from each number with so many processes."""
    engine, count, numbers = shape
    with tempfile.TemporaryDirectory() as folder, engines.database(engine, Path(folder)) as database:
        async with _meta(Path(folder), NUMBERS[:numbers]) as url:
            campaigns = await _approved(database, url, given.size, NUMBERS[:numbers])
            async with _processes(Path(folder), database, url, count, NUMBERS[:numbers]) as running:
                await _until_all_send(url, numbers)
                found = await _measure(url, running, given.seconds)
            await _check(database, campaigns, await _accepted(url))
    return found


@asynccontextmanager
async def _meta(folder: Path, numbers: Sequence[str]) -> AsyncIterator[str]:
    profile = folder / "profile.json"
    knobs = {"latency_real": send_path.LATENCY_SECONDS, "messaging_limit": "TIER_UNLIMITED", "reachable_rate": 0.0}
    settings = {"phone_number_ids": list(numbers)}
    profile.write_text(json.dumps({"knobs": {**knobs, "mps": send_path.GRANTED}, "settings": settings}), "utf-8")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program = ("-m", "bot", "simulate", "meta", "--port", str(port), "--profile", str(profile))
    async with processes.running(*program, until=f"{url}/_sim/state"):
        yield url


async def _approved(database: str, url: str, people: int, numbers: Sequence[str]) -> list[Campaign]:
    """Plan and approve a campaign from each number to the same people."""
    store = open_storage(database, clock=_CLOCK)
    try:
        template, now = await send_path.template_of(url), _CLOCK.now()
        books.add_people(database, people, now)
        campaigns = []
        for number in numbers:
            status = NumberStatus(phone_number_id=number, granted_mps=send_path.GRANTED)
            await store.write(lambda tx, status=status: tx.numbers.put(status))
            campaigns.append(await books.Author(store, template, now, number).approved(number))
        return campaigns
    finally:
        await store.close()


@asynccontextmanager
async def _processes(
    folder: Path, database: str, url: str, count: int, numbers: Sequence[str]
) -> AsyncIterator[list[Process]]:
    async with AsyncExitStack() as stack:
        running = []
        for n in range(count):
            port = free_port()
            environment = _environment(database, url, port, numbers)
            running.append(
                await stack.enter_async_context(
                    processes.running(
                        *("-m", "bot", "serve", "--roles", "sender,scheduler"),
                        until=f"http://127.0.0.1:{port}/healthz",
                        environment=environment,
                        log=folder / f"bot-{n}.log",
                    )
                )
            )
        yield running


def _environment(database: str, url: str, port: int, numbers: Sequence[str]) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": "xoxb-simulated",
        "SLACK_SIGNING_SECRET": "slack-signing-secret",
        "META_ACCESS_TOKEN": send_path.TOKEN,
        "META_APP_SECRET": "meta-app-secret",
        "META_VERIFY_TOKEN": "meta-verify-token",
        "META_WABA_ID": send_path.WABA,
        "META_PHONE_NUMBER_IDS": ",".join(numbers),
        "META_API_URL": url,
        "DATABASE_URL": database,
        "PORT": str(port),
        "ARAUTO_APPROVERS": "U0BRUNO",
        "ARAUTO_APPROVAL_CHANNEL": "C0APPROVALS",
        "ARAUTO_MAX_MPS": str(send_path.GRANTED),
        "ARAUTO_TEMPLATE_WAIT": "0",
    }


async def _until_all_send(url: str, numbers: int) -> None:
    """Wait until the gentle start of every number is over."""
    async with asyncio.timeout(START_SECONDS):
        while await _accepted(url) < numbers * send_path.GRANTED:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(0.2)
    await asyncio.sleep(WARM_UP_SECONDS)


async def _measure(url: str, running: Sequence[Process], seconds: float) -> Measured:
    began, accepted = time.perf_counter(), await _accepted(url)
    cpu, server = _cpu(running), engines.server_cpu_seconds()
    await asyncio.sleep(seconds)
    sent = await _accepted(url) - accepted
    return Measured(
        per_second=sent / (time.perf_counter() - began),
        cpu_ms=1_000 * (_cpu(running) - cpu) / max(sent, 1),
        server_ms=1_000 * (engines.server_cpu_seconds() - server) / max(sent, 1),
    )


def _cpu(running: Sequence[Process]) -> float:
    return sum(process.cpu_seconds() for process in running)


async def _accepted(url: str) -> int:
    async with httpx.AsyncClient(trust_env=False, timeout=START_SECONDS) as client:
        state = (await client.get(f"{url}/_sim/state")).json()
    return int(state["totals"]["accepted"])


async def _check(database: str, campaigns: Sequence[Campaign], accepted: int) -> None:
    """Compare books and ledger: raises RuntimeError unless what Meta accepted is in them, settled or still open."""
    store = open_storage(database, clock=_CLOCK)
    try:
        found = [await _with_meta(store, campaign) for campaign in campaigns]
    finally:
        await store.close()
    settled, unsettled = (sum(part) for part in zip(*found, strict=True))
    if not settled <= accepted <= settled + unsettled:
        raise RuntimeError(f"the books say that Meta has {settled}, and maybe {unsettled} more; Meta says {accepted}")


async def _with_meta(store: Storage, campaign: Campaign) -> tuple[int, int]:
    """Count the messages that Meta has for certain, and those it may have: the processes were told to end just now."""
    tallies, recount = await store.read(
        lambda tx: (dict(tx.campaigns.tallies(campaign.id)), dict(tx.campaigns.recount(campaign.id)))
    )
    if {fact: n for fact, n in tallies.items() if n} != {fact: n for fact, n in recount.items() if n}:
        raise RuntimeError(f"the counters say {tallies}, a recount {recount}")
    return tallies.get("sent", 0), tallies.get("in_doubt", 0) + tallies.get("sending", 0)


async def _compare(given: options.Options) -> list[Figure]:
    found: list[Figure] = []
    for shape in SHAPES:
        runs = [await measure(shape, given) for _ in range(given.runs)]
        engine, count, numbers = shape
        what = f"{engine}, {count} process{'es' if count > 1 else ''}, {numbers} number{'s' if numbers > 1 else ''}"
        found.append(Figure(what=what, unit="messages/s", values=[one.per_second for one in runs]))
        found.append(Figure(what="… CPU of Arauto", unit="ms/message", values=[one.cpu_ms for one in runs]))
        if engine == engines.POSTGRES:
            found.append(Figure(what="… CPU of the server", unit="ms/message", values=[one.server_ms for one in runs]))
    return found


async def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_SHORT)
    show("Several numbers and processes", given, await _compare(given), NOTES)


if __name__ == "__main__":
    run(main())
