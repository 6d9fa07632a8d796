"""Writing outcomes until the database takes them: losing an answer is the one unforgivable thing."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from bot.domain.errors import ConflictError, StorageFullError
from bot.domain.instants import Millis
from bot.ports.clock import Clock
from bot.ports.meta import Accepted
from bot.ports.storage import Storage, Transaction
from bot.runtime.wakeup import Wakeup
from bot.services.settling import Effects, Settlement, settle

log = logging.getLogger(__name__)

#: Seconds between two tries of a write the database refuses.
RETRY_SECONDS = 0.5
#: Accepted messages of so many seconds share one write: each costs a commit and half a millisecond
#: (benchmarks/send_path.py). Anything else may slow or stop a campaign and is written at once.
GATHER_SECONDS = 0.02


class Settler:
    """Collects outcomes and writes them in batches, in order, again and again until they are durable."""

    def __init__(
        self,
        store: Storage,
        clock: Clock,
        *,
        apply: Callable[[list[Settlement], Effects], None],
        also: Callable[[Transaction, list[Settlement], Millis], None],
        template_wait_seconds: float,
    ) -> None:
        self._store = store
        self._clock = clock
        self._apply = apply
        self._also = also
        self._template_wait_seconds = template_wait_seconds
        self._waiting: list[Settlement] = []
        self._writing: list[Settlement] = []
        self._bell, self._alarm = Wakeup(), Wakeup()
        self._idle = asyncio.Event()
        self._idle.set()
        #: Why outcomes cannot be written at the moment; None while they can.
        self.trouble: str | None = None

    def add(self, settlement: Settlement) -> None:
        """Hand over an outcome."""
        self._idle.clear()
        self._waiting.append(settlement)
        self._bell.ring()
        if not isinstance(settlement.outcome, Accepted):
            self._alarm.ring()

    @property
    def is_idle(self) -> bool:
        """Tell whether every outcome handed over is durable."""
        return not self._waiting and not self._writing

    async def idle(self) -> None:
        """Wait until every outcome handed over is durable."""
        await self._idle.wait()

    async def run(self) -> None:
        """Write whatever arrives, for ever."""
        while True:
            if not self._waiting:
                await self._bell.wait(1.0)
            if self._waiting:
                await self._alarm.wait(GATHER_SECONDS)
            self._writing, self._waiting = self._waiting, []
            if self._writing:
                await self._write(self._writing)
                self._writing = []
            if self.is_idle:
                self._idle.set()

    async def _write(self, batch: list[Settlement]) -> None:
        while True:
            try:
                effects = await self._store.write(partial(self._settle, batch=batch))
            except (StorageFullError, ConflictError) as problem:
                if isinstance(problem, ConflictError) and _is_from_memory(batch):
                    batch = [replace(item, marked=None) for item in batch]  # a webhook was faster: read what it wrote
                    continue
                self._note(problem)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as fault:
                # The edge: an answer must outlive any fault of ours; sending waits, and /readyz says why.
                log.exception("outcomes cannot be written because of a fault in Arauto")
                self._note(fault)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.trouble = None
                self._apply(batch, effects)
                return

    def _settle(self, tx: Transaction, batch: list[Settlement]) -> Effects:
        now = self._clock.now()
        effects = settle(tx, batch, now, template_wait_seconds=self._template_wait_seconds)
        self._also(tx, batch, now)
        return effects

    def _note(self, problem: Exception) -> None:
        if self.trouble is None:
            log.error("outcomes cannot be written and wait: %s", problem)
        self.trouble = str(problem)


def _is_from_memory(batch: list[Settlement]) -> bool:
    return any(item.marked is not None for item in batch)
