"""Sending and statuses at once, with people typing: the whole bot as a process, between simulators.

Run with `python -m benchmarks.both`. A campaign is sent at more than 500 messages a second, statuses of another one
arrive at 2,000 a second, and somebody types a slash command five times a second. Size is the messages of each campaign.
"""

import asyncio
import hashlib
import hmac
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import urlencode

from benchmarks import books, options, posting, send_path, statuses, world
from benchmarks.figures import Figure, Goal, show
from benchmarks.posting import Answers
from benchmarks.world import World
from bot.cli.loop import run
from bot.domain.campaign import Campaign
from bot.domain.instants import SECOND
from bot.ports.storage import Storage
from bot.runtime.clock import SystemClock
from storage import open_storage

MESSAGES_PER_SECOND, STATUSES_PER_SECOND, PER_BODY, COMMANDS_PER_SECOND = 500, 2_000, 10, 5
#: ARAUTO_MAX_MPS is the most that any second may hold, so the mean stays below it (benchmarks/rate.py).
MOST_PER_SECOND = 520
WARM_UP_SECONDS = 30.0
_FULL = options.Scale(seconds=60, size=45_000)
_SHORT = options.Scale(seconds=5, size=8_000)
_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run."""

    messages_per_second: float
    statuses: Answers
    commands: Answers
    card_age_seconds: float
    cpu_share: float
    peak_mib: float


async def measure(given: options.Options) -> Measured:
    """Start everything, let it run, then compare the books with what was sent and posted."""
    with tempfile.TemporaryDirectory() as folder:
        # Meta grants 80 or 1,000 a second; ARAUTO_MAX_MPS bounds what is used of it.
        knobs = {"latency_real": 0.1, "mps": send_path.GRANTED, "messaging_limit": "TIER_UNLIMITED"}
        async with world.simulated(Path(folder), **knobs, reachable_rate=0.0) as simulated:
            store = open_storage(f"sqlite:///{simulated.database}", clock=_CLOCK)
            try:
                return await _measure(simulated, store, given)
            finally:
                await store.close()


async def _measure(simulated: World, store: Storage, given: options.Options) -> Measured:
    done, sending = await _campaigns(simulated, store, given.size)
    requests = list(_status_requests(done, given))
    async with simulated.bot(ARAUTO_MAX_MPS=str(MOST_PER_SECOND)) as process:
        await _warm(store, sending)
        sent, cpu, began = await _sent(store, sending), process.cpu_seconds(), time.perf_counter()
        rate = STATUSES_PER_SECOND / PER_BODY
        taken, typed, age = await asyncio.gather(
            posting.post_at(simulated.port, iter(requests), per_second=rate, seconds=given.seconds),
            posting.post_at(simulated.port, _commands(), per_second=COMMANDS_PER_SECOND, seconds=given.seconds),
            _oldest_card(store, given.seconds),
        )
        elapsed = time.perf_counter() - began
        found = Measured(
            messages_per_second=(await _sent(store, sending) - sent) / elapsed,
            statuses=taken,
            commands=typed,
            card_age_seconds=age,
            cpu_share=(process.cpu_seconds() - cpu) / elapsed,
            peak_mib=process.peak_mib(),
        )
    await _check(store, (done, sending), found)
    return found


async def _warm(store: Storage, campaign: Campaign) -> None:
    """Wait until the gentle start is over; raises TimeoutError if it never is."""
    async with asyncio.timeout(WARM_UP_SECONDS):
        while await _sent(store, campaign) < MESSAGES_PER_SECOND:  # noqa: ASYNC110 - in another process
            await asyncio.sleep(0.1)


async def _campaigns(simulated: World, store: Storage, size: int) -> tuple[Campaign, Campaign]:
    """Prepare a campaign that Meta has taken, and one that is approved and starts with the bot."""
    now, template = _CLOCK.now(), await send_path.template_of(simulated.meta_url)
    books.add_people(simulated.database, size, now)
    author = books.Author(store, template, now)
    done = await author.planned("done")
    books.accept_all(simulated.database, done, now)
    return done, await author.approved("sending")


def _status_requests(done: Campaign, given: options.Options) -> Iterator[bytes]:
    # The first campaign's messages have the first ids.
    recipients = list(range(1, given.size + 1))
    Random(1).shuffle(recipients)
    return statuses.requests(statuses.lives(recipients, done.created_at), PER_BODY)


def _commands() -> Iterator[bytes]:
    """Write `/campaign help` as Slack posts it, signed for the moment it leaves."""
    form = {"command": "/campaign", "text": "help", "user_id": "U0ANA", "user_name": "ana", "team_id": "T0ARAUTO"}
    more = {"channel_id": "C0MARKETING", "trigger_id": "1.2.3", "response_url": "http://127.0.0.1:9/none"}
    content = urlencode(form | more).encode()
    while True:
        stamp = str(_CLOCK.now() // SECOND)
        base = b"v0:" + stamp.encode() + b":" + content
        signature = hmac.new(world.SLACK_SECRET.encode(), base, hashlib.sha256).hexdigest()
        head = (
            f"POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: v0={signature}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        yield head.encode() + content


async def _oldest_card(store: Storage, seconds: float) -> float:
    """Look four times a second which cards show less than is known; give the longest that one did without a draw."""
    worst, ends = 0.0, time.perf_counter() + seconds
    seen: dict[tuple[int, str, int], float] = {}
    while (now := time.perf_counter()) < ends:
        stale = await store.read(lambda tx: tx.cards.stale())
        keys = [(card.campaign_id, card.kind, card.drawn) for card in stale]
        seen = {key: seen.get(key, now) for key in keys}
        worst = max([worst, *(now - since for since in seen.values())])
        await asyncio.sleep(0.25)
    return worst


async def _sent(store: Storage, campaign: Campaign) -> int:
    return await store.read(lambda tx: tx.campaigns.tallies(campaign.id).get("sent", 0))


async def _check(store: Storage, campaigns: tuple[Campaign, ...], found: Measured) -> None:
    for campaign in campaigns:
        counted, again = await store.read(
            lambda tx, campaign=campaign: (  # type: ignore[misc]
                dict(tx.campaigns.tallies(campaign.id)),
                dict(tx.campaigns.recount(campaign.id)),
            )
        )
        if counted != again:
            raise RuntimeError(f"the books of campaign {campaign.token} say {counted}, a recount {again}")
    if found.statuses.refused or found.commands.refused:
        raise RuntimeError(f"{found.statuses.refused} statuses and {found.commands.refused} commands were refused")


def _figures(found: list[Measured]) -> list[Figure]:
    sent = [one.messages_per_second for one in found]
    taken = [one.statuses.per_second * PER_BODY for one in found]
    acks = [one.commands.percentile(0.99) for one in found]
    ages = [one.card_age_seconds for one in found]
    return [
        Figure(what="messages", unit="per second", values=sent, goal=Goal(at_least=MESSAGES_PER_SECOND)),
        Figure(what="statuses", unit="per second", values=taken, goal=Goal(at_least=0.99 * STATUSES_PER_SECOND)),
        Figure(what="statuses, p99", unit="ms", values=[one.statuses.percentile(0.99) for one in found]),
        Figure(what="Slack acknowledged, p99", unit="ms", values=acks, goal=Goal(at_most=300)),
        Figure(what="card, oldest", unit="s", values=ages, goal=Goal(at_most=5)),
        Figure(what="bot, CPU", unit="cores", values=[one.cpu_share for one in found]),
        Figure(what="bot, memory", unit="MiB", values=[one.peak_mib for one in found], goal=Goal(at_most=250)),
    ]


async def main() -> None:
    """Measure and print."""
    given = options.read(str(__doc__), full=_FULL, short=_SHORT)
    found = [await measure(given) for _ in range(given.runs)]
    show("Sending and statuses at once", given, _figures(found), [f"{PER_BODY} statuses in each POST."])


if __name__ == "__main__":
    run(main())
