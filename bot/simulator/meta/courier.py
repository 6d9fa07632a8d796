"""Carries webhooks out: batches, signs, posts, and retries for up to seven simulated days."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx
import msgspec

from bot.simulator.meta import webhooks
from bot.simulator.meta.errors import GraphError

if TYPE_CHECKING:
    from bot.simulator.meta.webhooks import Update
    from bot.simulator.meta.world import World

_GIVE_UP_SECONDS = 7 * 86_400.0
_LONGEST_WAIT_SECONDS = 3600.0
_SHORTEST_WAIT_REAL = 0.02  # compressed time must not turn a retry into a storm


@dataclass(slots=True)
class Parcel:
    """A body that was not answered with 200 yet."""

    address: str
    body: bytes
    since: float
    tried: int = 0


def loopback_client(timeout: float = 10.0) -> httpx.AsyncClient:
    """Make a client for plain HTTP on this machine: no proxy, and no certificates to load."""
    return httpx.AsyncClient(timeout=timeout, trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


async def verify(address: str, token: str) -> None:
    """Ask a callback to prove itself: 200 and the bare challenge. Raises GraphError 2200."""
    challenge = str(secrets.randbelow(10**9))
    asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": challenge}
    async with loopback_client() as http:
        try:
            answer = await http.get(address, params=asked)
        except (httpx.HTTPError, httpx.InvalidURL) as unreachable:
            raise GraphError(2200, f"The callback URL ({address}) did not answer") from unreachable
    if answer.status_code != HTTPStatus.OK or answer.text != challenge:
        raise GraphError(2200, f"The callback URL {address} answered {answer.status_code} without the challenge")


class Courier:
    """Takes updates at any time; posts them to the account's callback while `run` runs."""

    def __init__(self, world: World) -> None:
        self._account = world.account
        self._knobs = world.knobs
        self._clock = world.clock
        self._agenda = world.agenda
        self._rng = world.rng
        self._queue: asyncio.Queue[Update | Parcel] = asyncio.Queue()
        self._under_way = 0
        self.scheduled = 0  # late by a knob or waiting for a retry
        self._http: httpx.AsyncClient | None = None
        self.counts: Counter[str] = Counter()

    @property
    def idle(self) -> bool:
        """Whether all that was due has been posted and answered."""
        return self._queue.empty() and self._under_way == 0

    def push(self, update: Update) -> None:
        """Send an update on its way, as late, as often and as disordered as the knobs say."""
        knobs = self._knobs
        self.counts["emitted"] += 1
        if not self._account.subscribed or self._address(update) is None:
            self.counts["unsubscribed"] += 1
            return
        if self._rng.random() < knobs.webhook_drop_rate:
            self.counts["dropped"] += 1
            return
        for copy in range(knobs.webhook_copies):
            late = knobs.webhook_delay + self._rng.random() * knobs.webhook_shuffle
            late += self._rng.random() * knobs.webhook_copy_within if copy else 0
            self._enqueue(update, late)

    def _enqueue(self, thing: Update | Parcel, late: float) -> None:
        if late <= 0:
            self._queue.put_nowait(thing)
            return
        self.scheduled += 1

        def arrive(_due: float) -> None:
            self.scheduled -= 1
            self._queue.put_nowait(thing)

        self._agenda.at(self._clock.now() + late, arrive)

    async def run(self) -> None:
        """Post until cancelled."""
        async with loopback_client() as http, asyncio.TaskGroup() as group:
            self._http = http
            for _ in range(self._knobs.webhook_workers):
                group.create_task(self._work())

    async def post_now(self, update: Update) -> None:
        """Post one update before anything else; returns once it was answered or failed."""
        self.counts["emitted"] += 1
        if not self._account.subscribed:
            self.counts["unsubscribed"] += 1
            return
        for parcel in self._pack([update]):
            await self._deliver(parcel)

    async def _work(self) -> None:
        while True:
            first = await self._queue.get()
            self._under_way += 1
            try:
                for parcel in await self._collect(first):
                    await self._deliver(parcel)
            finally:
                self._under_way -= 1

    async def _collect(self, thing: Update | Parcel) -> list[Parcel]:
        parcels: list[Parcel] = []
        batch: list[Update] = []
        if self._knobs.webhook_linger_real:
            await asyncio.sleep(self._knobs.webhook_linger_real)
        while True:
            parcels.append(thing) if isinstance(thing, Parcel) else batch.append(thing)
            if self._queue.empty() or len(batch) >= self._knobs.webhook_batch:
                return parcels + self._pack(batch)
            thing = self._queue.get_nowait()

    def _pack(self, batch: list[Update]) -> list[Parcel]:
        if self._knobs.webhook_shuffle:
            self._rng.shuffle(batch)
        by_address: dict[str, list[Update]] = {}
        for update in batch:
            if address := self._address(update):
                by_address.setdefault(address, []).append(update)
        now, waba = self._clock.now(), self._account.waba_id
        return [
            Parcel(address, msgspec.json.encode(webhooks.envelope(waba, updates, self._rng)), now)
            for address, updates in by_address.items()
        ]

    def _address(self, update: Update) -> str | None:
        # Meta, "Override", read 2025-11-07: template and account fields go to the app's own callback only.
        override = self._account.override_url if update.number else None
        return override or self._account.callback_url

    async def _deliver(self, parcel: Parcel) -> None:
        if await self._answered_200(parcel):
            return
        self.counts["unanswered"] += 1
        wait = min(2.0 ** (parcel.tried - 1), _LONGEST_WAIT_SECONDS) if parcel.tried else 0.0
        wait = max(wait, _SHORTEST_WAIT_REAL * self._clock.speed)
        if self._clock.now() + wait - parcel.since > _GIVE_UP_SECONDS:
            self.counts["abandoned"] += 1
            return
        parcel.tried += 1
        self._enqueue(parcel, wait)

    async def _answered_200(self, parcel: Parcel) -> bool:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": webhooks.signature(self._account.app_secret, parcel.body),
        }
        if self._http is None:
            return False
        self.counts["posts"] += 1
        timeout = self._knobs.webhook_timeout_real
        try:
            answer = await self._http.post(parcel.address, content=parcel.body, headers=headers, timeout=timeout)
        except httpx.HTTPError:
            return False
        return answer.status_code == HTTPStatus.OK
