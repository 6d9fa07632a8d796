"""The whole send path against a simulated Meta: claim, durable mark, POST, settle, counters; beside a stock client.

Run with `python -m benchmarks.send_path`. The simulator runs in a process of its own and answers after 100 ms. What
stands beside it sends the same messages to the same place with a stock client and keeps no books at all
(`stock_client`); `--pywa PYTHON` adds pywa's async client, run by a Python that has it (`pywa_client`). What the engine
itself can do shows with two numbers, because Meta grants one no more than 1,000 messages a second; a stock client is
the same with any number of them. Afterwards the books are compared with the simulator's ledger.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks import books, options, processes, stock_client
from benchmarks.figures import Figure, Goal, ratio, show
from benchmarks.processes import Process
from benchmarks.stock_client import Measured
from bot.cli.loop import collect_seldom, run
from bot.demo.world import free_port
from bot.domain.campaign import Campaign
from bot.domain.policy import Policy
from bot.domain.template import Template
from bot.ports.records import NumberStatus
from bot.ports.storage import Storage
from bot.runtime.clock import SystemClock
from bot.runtime.headroom import Headroom
from bot.runtime.sender import NumberSender
from bot.services import launching
from bot.whatsapp.management import MetaManagementClient
from bot.whatsapp.sending import MetaEndpoint, MetaSender
from bot.whatsapp.transport import sending_transport
from storage import open_storage

TOKEN, WABA, VERSION = "EAAsimulated", "102290129340398", "v25.0"
GRANTED = 1_000
LATENCY_SECONDS = 0.1
CONCURRENCY = 256
#: The gentle start, and until so many have been answered that the fastest answer is known.
WARM_UP_SECONDS = 5.0
#: The stock client needs no longer to show its rate.
STOCK_SECONDS = 10.0
NUMBERS = (books.NUMBER, str(int(books.NUMBER) + 1))
NOTES = (f"Meta grants a number {GRANTED:,} messages a second; 1 % is for where counting begins.",)
NO_PYWA = "pywa was not measured: it is no dependency of the project; --pywa names a Python that has it."
_FULL = options.Scale(seconds=60, size=75_000)
_SHORT = options.Scale(seconds=4, size=9_000)
_PYWA_CLIENT = Path(__file__).with_name("pywa_client.py")
_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class SimulatedMeta:
    """The simulator of Meta in a process of its own."""

    url: str
    process: Process


@asynccontextmanager
async def simulated_meta(folder: Path) -> AsyncIterator[SimulatedMeta]:
    """Run the simulator until the block ends."""
    profile = folder / "profile.json"
    # Nobody reads, so that no webhook costs the simulator time.
    knobs = {"latency_real": LATENCY_SECONDS, "mps": GRANTED, "messaging_limit": "TIER_UNLIMITED"}
    settings = {"phone_number_ids": NUMBERS}
    profile.write_text(json.dumps({"knobs": {**knobs, "reachable_rate": 0.0}, "settings": settings}), "utf-8")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program = ("-m", "bot", "simulate", "meta", "--port", str(port), "--profile", str(profile))
    async with processes.running(*program, until=f"{url}/_sim/state") as process:
        yield SimulatedMeta(url, process)


async def measure_arauto(
    meta: SimulatedMeta,
    people: int,
    seconds: float,
    *,
    numbers: Sequence[str] = NUMBERS[:1],
    policy: Policy = books.POLICY,
) -> Measured:
    """Send a campaign from each number with the bot's own senders."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "books.db"
        store = open_storage(f"sqlite:///{database}", clock=_CLOCK)
        try:
            campaigns = await launched(store, database, meta.url, people, numbers)
            before = await _accepted_by(meta.url)
            async with _sending(store, meta.url, numbers, policy):
                found = await _measure_books(store, campaigns, seconds, meta.process)
            await _check(store, campaigns, await _accepted_by(meta.url) - before)
        finally:
            await store.close()
    return found


async def launched(store: Storage, database: Path, url: str, people: int, numbers: Sequence[str]) -> list[Campaign]:
    """Plan, approve and launch a campaign from each number to so many people, with a template of the simulated Meta."""
    template, now = await template_of(url), _CLOCK.now()
    books.add_people(database, people, now)
    campaigns = []
    for number in numbers:
        status = NumberStatus(phone_number_id=number, granted_mps=GRANTED)
        await store.write(lambda tx, status=status: tx.numbers.put(status))
        campaign = await books.Author(store, template, now, number).approved(number)
        await store.write(
            lambda tx, campaign=campaign: launching.launch(tx, campaign.id, template, books.POLICY, _CLOCK.now())
        )
        campaigns.append(campaign)
    return campaigns


async def template_of(url: str) -> Template:
    """Read a template with one variable from the simulated Meta."""
    async with httpx.AsyncClient(trust_env=False) as client:
        meta = MetaManagementClient(client, api_url=url, version=VERSION, access_token=TOKEN, waba_id=WABA)
        found = {template.name: template async for template in meta.templates()}
    return found["order_again"]


@asynccontextmanager
async def _sending(store: Storage, url: str, numbers: Sequence[str], policy: Policy) -> AsyncIterator[None]:
    transport = sending_transport(url, concurrency=CONCURRENCY * len(numbers))
    meta = MetaSender(transport, MetaEndpoint(api_url=url, version=VERSION, access_token=TOKEN))
    senders = [
        NumberSender(
            number,
            store=store,
            meta=meta,
            policy=policy,
            clock=_CLOCK,
            holder="benchmark",
            headroom=Headroom(store, _CLOCK),
        )
        for number in numbers
    ]
    tasks = [asyncio.create_task(sender.run()) for sender in senders]
    try:
        yield
    finally:
        for sender in senders:
            sender.stop()
        await asyncio.gather(*tasks)
        await transport.aclose()


async def _measure_books(store: Storage, campaigns: Sequence[Campaign], seconds: float, simulator: Process) -> Measured:
    """Count what is settled between two moments, once the gentle start is over."""
    await asyncio.sleep(WARM_UP_SECONDS)
    sent, cpu, theirs = await _sent(store, campaigns), time.process_time(), simulator.cpu_seconds()
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    sent = max(1, await _sent(store, campaigns) - sent)
    return Measured(
        per_second=sent / (time.perf_counter() - began),
        cpu_ms=1_000 * (time.process_time() - cpu) / sent,
        meta_cpu_ms=1_000 * (simulator.cpu_seconds() - theirs) / sent,
    )


async def _sent(store: Storage, campaigns: Sequence[Campaign]) -> int:
    return await store.read(lambda tx: sum(tx.campaigns.tallies(one.id).get("sent", 0) for one in campaigns))


async def _check(store: Storage, campaigns: Sequence[Campaign], accepted: int) -> None:
    """Compare books and ledger: raises RuntimeError unless each accepted message is counted exactly once."""
    tallies, recounts = await store.read(
        lambda tx: (
            [dict(tx.campaigns.tallies(one.id)) for one in campaigns],
            [dict(tx.campaigns.recount(one.id)) for one in campaigns],
        )
    )
    if tallies != recounts or sum(one.get("sent", 0) for one in tallies) != accepted:
        raise RuntimeError(f"the books say {tallies}, a recount {recounts}, and Meta accepted {accepted}")


async def _accepted_by(url: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        state = (await client.get(f"{url}/_sim/state")).json()
    return int(state["totals"]["accepted"])


async def measure_stock(url: str, seconds: float) -> Measured:
    """Send with a stock client, a moment after whatever was sent before."""
    await asyncio.sleep(1)
    address = f"{url}/{VERSION}/{books.NUMBER}/marketing_messages"
    return await stock_client.measure(address, TOKEN, await template_of(url), seconds)


async def measure_pywa(url: str, python: str, seconds: float) -> Measured:
    """Send with pywa, in another Python; raises RuntimeError if it fails."""
    await asyncio.sleep(1)
    template = await template_of(url)
    asked = {"url": f"{url}/{VERSION}", "token": TOKEN, "number": books.NUMBER, "template": template.name}
    more = {"language": template.language, "seconds": seconds, "concurrency": stock_client.CONCURRENCY}
    program = (python, str(_PYWA_CLIENT), json.dumps(asked | more))
    started = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
    printed, _ = await started.communicate()
    if started.returncode:
        raise RuntimeError(f"{_PYWA_CLIENT.name} ended with status {started.returncode}")
    return Measured(**json.loads(printed))


async def _compare(meta: SimulatedMeta, given: options.Options) -> list[Figure]:
    ours, double, stock, pywa = [], [], [], []
    for _ in range(given.runs):
        ours.append(await measure_arauto(meta, given.size, given.seconds))
        double.append(await measure_arauto(meta, given.size, given.seconds, numbers=NUMBERS))
        brief = min(given.seconds, STOCK_SECONDS)
        stock.append(await measure_stock(meta.url, brief))
        if given.pywa:
            pywa.append(await measure_pywa(meta.url, given.pywa, brief))
    others = [("stock httpx, gathered", stock), *([("pywa, gathered", pywa)] if pywa else [])]
    rate = Figure(
        what="Arauto", unit="messages/s", values=[one.per_second for one in ours], goal=Goal(at_least=0.99 * GRANTED)
    )
    both = Figure(what="Arauto, two numbers", unit="messages/s", values=[one.per_second for one in double])
    return [
        rate,
        both,
        *(figure for name, measured in others for figure in _beside(rate, both, name, measured)),
        Figure(what="Arauto, CPU", unit="ms/message", values=[one.cpu_ms for one in ours], goal=Goal(at_most=0.9)),
        Figure(what="Arauto, two numbers, CPU", unit="ms/message", values=[one.cpu_ms for one in double]),
        Figure(what="simulated Meta, CPU", unit="ms/message", values=[one.meta_cpu_ms for one in ours]),
    ]


def _beside(ours: Figure, double: Figure, name: str, measured: list[Measured]) -> tuple[Figure, ...]:
    theirs = Figure(what=name, unit="messages/s", values=[one.per_second for one in measured])
    cpu = Figure(what=f"{name}, CPU", unit="ms/message", values=[one.cpu_ms for one in measured])
    return (
        theirs,
        ratio(f"Arauto against {name}", ours, theirs, Goal(at_least=4)),
        ratio(f"Arauto, two numbers, against {name}", double, theirs, Goal(at_least=4)),
        cpu,
    )


async def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_SHORT, takes_pywa=True)
    with tempfile.TemporaryDirectory() as folder:
        async with simulated_meta(Path(folder)) as meta:
            found = await _compare(meta, given)
    show("Send path", given, found, NOTES if given.pywa else (*NOTES, NO_PYWA))


if __name__ == "__main__":
    collect_seldom()  # as `arauto serve` does
    run(main())
