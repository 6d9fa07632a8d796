"""Writes webhook batches: those of nothing but statuses that wait at the same moment share one write.

Matching, folding and counting cost as much for one status as for twenty, and Meta mostly posts one at a time. While a
write is under way new batches wait and are then written together; nobody waits for company (benchmarks/webhooks.py).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

from bot.domain.errors import StorageFullError
from bot.domain.inbound import WebhookBatch
from bot.domain.policy import Policy
from bot.ports.clock import Clock
from bot.ports.storage import Storage
from bot.runtime.metrics import Metrics
from bot.services import reacting

log = logging.getLogger(__name__)

#: Statuses in one write at most, unless a single body holds more: the writer has others to serve, who should not wait
#: much more than 50 ms. A status takes 25 to 40 µs; of more together each takes less.
MOST_STATUSES = 1_500

#: Hears what became of a batch: None once everything in it is durable, else what its write raised.
Told = Callable[[Exception | None], None]


class _Waiting(NamedTuple):
    batch: WebhookBatch
    told: Told


class Gathering:
    """Absorbs batches for one event loop."""

    def __init__(self, store: Storage, policy: Policy, clock: Clock, metrics: Metrics) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._metrics = metrics
        self._waiting: deque[_Waiting] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._alone: set[asyncio.Task[None]] = set()

    async def absorb(self, batch: WebhookBatch) -> None:
        """Return once everything in the batch is durable; raises what its write raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.add(batch, partial(_settle, done))
        await done

    def add(self, batch: WebhookBatch, told: Told) -> None:
        """Take a batch; `told` is called on the event loop, never before this returns."""
        waiting = _Waiting(batch, told)
        if not batch.is_only_statuses:
            alone = asyncio.create_task(self._write_group([waiting]))
            self._alone.add(alone)
            alone.add_done_callback(self._alone.discard)
            return
        self._waiting.append(waiting)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_waiting())

    async def _write_waiting(self) -> None:
        try:
            while self._waiting:
                await self._write_group(self._next_group())
        finally:
            self._writing = None

    def _next_group(self) -> list[_Waiting]:
        group = [self._waiting.popleft()]
        statuses = len(group[0].batch.statuses)
        while self._waiting and statuses + len(self._waiting[0].batch.statuses) <= MOST_STATUSES:
            group.append(self._waiting.popleft())
            statuses += len(group[-1].batch.statuses)
        return group

    async def _write_group(self, group: Sequence[_Waiting]) -> None:
        """Write a group and tell each of it; where that fails for another reason than the disk, one by one."""
        try:
            await self._write([one.batch for one in group])
        except Exception as error:  # noqa: BLE001 - the edge: what is wrong with one body must not harm the others
            if len(group) == 1 or isinstance(error, StorageFullError):
                _tell(group, error)
                return
            log.warning("%d webhook bodies could not be written together, trying each: %s", len(group), error)
            for one in group:
                await self._write_group([one])
        else:
            _tell(group, None)

    async def _write(self, batches: Sequence[WebhookBatch]) -> None:
        batch = batches[0] if len(batches) == 1 else _joined(batches)
        absorbed = await self._store.write(lambda tx: reacting.absorb(tx, batch, self._policy, self._clock.now()))
        self._metrics.absorbed(batch, absorbed, bodies=len(batches))


def _joined(batches: Sequence[WebhookBatch]) -> WebhookBatch:
    return WebhookBatch(statuses=list(chain.from_iterable(batch.statuses for batch in batches)))


def _tell(group: Iterable[_Waiting], error: Exception | None) -> None:
    """Tell each soon and not now: the next group goes to the writer first, and one who fails takes nobody along."""
    loop = asyncio.get_running_loop()
    for one in group:
        loop.call_soon(one.told, error)


def _settle(done: "asyncio.Future[None]", error: Exception | None) -> None:
    if done.done():  # the request was given up meanwhile
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
