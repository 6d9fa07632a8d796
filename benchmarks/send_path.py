"""The whole send path against a simulated Meta: claim, durable mark, POST, settle, counters; beside a stock client.

Run with `python -m benchmarks.send_path`. The simulator runs in a process of its own and answers after 100 ms. What
stands beside it sends the same messages to the same place with a stock client and keeps no books at all
(`stock_client`). Afterwards the books are compared with the simulator's ledger.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from benchmarks import books, options, processes, stock_client
from benchmarks.figures import Figure, Goal, ratio, show
from benchmarks.stock_client import Measured
from bot.cli.loop import run
from bot.demo.world import free_port
from bot.domain.campaign import Campaign
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
WARM_UP_SECONDS = 3.0
#: The stock client needs no longer to show its rate.
STOCK_SECONDS = 10.0
NOTES = (
    f"Meta grants {GRANTED:,} messages a second, so more cannot be measured; 1 % is for where counting begins.",
    "pywa is no dependency of the project, is not installed with it and was not measured.",
)
_FULL = options.Scale(seconds=60, size=75_000)
_SHORT = options.Scale(seconds=4, size=9_000)
_CLOCK = SystemClock()


@asynccontextmanager
async def simulated_meta(folder: Path) -> AsyncIterator[str]:
    """Run the simulator of Meta in a process of its own; yields its address."""
    profile = folder / "profile.json"
    # Nobody reads, so that no webhook costs the simulator time.
    knobs = {"latency_real": LATENCY_SECONDS, "mps": GRANTED, "messaging_limit": "TIER_UNLIMITED"}
    profile.write_text(json.dumps({"knobs": {**knobs, "reachable_rate": 0.0}}), "utf-8")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program = ("-m", "bot", "simulate", "meta", "--port", str(port), "--profile", str(profile))
    async with processes.running(*program, until=f"{url}/_sim/state"):
        yield url


async def measure_arauto(url: str, people: int, seconds: float) -> Measured:
    """Send a campaign with the bot's own sender."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "books.db"
        store = open_storage(f"sqlite:///{database}", clock=_CLOCK)
        try:
            campaign = await launched(store, database, url, people)
            before = await _accepted_by(url)
            async with _sending(store, url):
                found = await _measure_books(store, campaign, seconds)
            await _check(store, campaign, await _accepted_by(url) - before)
        finally:
            await store.close()
    return found


async def launched(store: Storage, database: Path, url: str, people: int) -> Campaign:
    """Plan, approve and launch a campaign to so many people, with a template of the simulated Meta."""
    template, now = await template_of(url), _CLOCK.now()
    books.add_people(database, people, now)
    await store.write(lambda tx: tx.numbers.put(NumberStatus(phone_number_id=books.NUMBER, granted_mps=GRANTED)))
    campaign = await books.Author(store, template, now).approved()
    await store.write(lambda tx: launching.launch(tx, campaign.id, template, books.POLICY, _CLOCK.now()))
    return campaign


async def template_of(url: str) -> Template:
    """Read a template with one variable from the simulated Meta."""
    async with httpx.AsyncClient(trust_env=False) as client:
        meta = MetaManagementClient(client, api_url=url, version=VERSION, access_token=TOKEN, waba_id=WABA)
        found = {template.name: template async for template in meta.templates()}
    return found["order_again"]


@asynccontextmanager
async def _sending(store: Storage, url: str) -> AsyncIterator[None]:
    transport = sending_transport(url, concurrency=CONCURRENCY)
    sender = NumberSender(
        books.NUMBER,
        store=store,
        meta=MetaSender(transport, MetaEndpoint(api_url=url, version=VERSION, access_token=TOKEN)),
        policy=books.POLICY,
        clock=_CLOCK,
        holder="benchmark",
        headroom=Headroom(store, _CLOCK),
    )
    task = asyncio.create_task(sender.run())
    try:
        yield
    finally:
        sender.stop()
        await task
        await transport.aclose()


async def _measure_books(store: Storage, campaign: Campaign, seconds: float) -> Measured:
    """Count what is settled between two moments, once the gentle start is over."""
    await asyncio.sleep(WARM_UP_SECONDS)
    sent, cpu, began = await _sent(store, campaign), time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    sent = await _sent(store, campaign) - sent
    return Measured(
        per_second=sent / (time.perf_counter() - began), cpu_ms=1_000 * (time.process_time() - cpu) / max(sent, 1)
    )


async def _sent(store: Storage, campaign: Campaign) -> int:
    return await store.read(lambda tx: tx.campaigns.tallies(campaign.id).get("sent", 0))


async def _check(store: Storage, campaign: Campaign, accepted: int) -> None:
    """Compare books and ledger: raises RuntimeError unless each accepted message is counted exactly once."""
    tallies, recount = await store.read(
        lambda tx: (dict(tx.campaigns.tallies(campaign.id)), dict(tx.campaigns.recount(campaign.id)))
    )
    if tallies != recount or tallies.get("sent", 0) != accepted:
        raise RuntimeError(f"the books say {tallies}, a recount {recount}, and Meta accepted {accepted}")


async def _accepted_by(url: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        state = (await client.get(f"{url}/_sim/state")).json()
    return int(state["totals"]["accepted"])


async def measure_stock(url: str, seconds: float) -> Measured:
    """Send with a stock client, a moment after whatever was sent before."""
    await asyncio.sleep(1)
    address = f"{url}/{VERSION}/{books.NUMBER}/marketing_messages"
    return await stock_client.measure(address, TOKEN, await template_of(url), seconds)


async def _compare(url: str, given: options.Options) -> list[Figure]:
    ours, stock = [], []
    for _ in range(given.runs):
        ours.append(await measure_arauto(url, given.size, given.seconds))
        stock.append(await measure_stock(url, min(given.seconds, STOCK_SECONDS)))
    rate = Figure(
        what="Arauto", unit="messages/s", values=[one.per_second for one in ours], goal=Goal(at_least=0.99 * GRANTED)
    )
    beside = Figure(what="stock httpx, gathered", unit="messages/s", values=[one.per_second for one in stock])
    return [
        rate,
        beside,
        ratio("ratio", rate, beside, Goal(at_least=4)),
        Figure(what="Arauto, CPU", unit="ms/message", values=[one.cpu_ms for one in ours], goal=Goal(at_most=0.9)),
        Figure(what="stock httpx, CPU", unit="ms/message", values=[one.cpu_ms for one in stock]),
    ]


async def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_SHORT)
    with tempfile.TemporaryDirectory() as folder:
        async with simulated_meta(Path(folder)) as url:
            found = await _compare(url, given)
    show("Send path", given, found, NOTES)


if __name__ == "__main__":
    run(main())
