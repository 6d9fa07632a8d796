"""Keeps what we know of Meta's side fresh: templates and numbers."""

import logging
from dataclasses import replace
from functools import partial

from bot.domain.policy import Policy
from bot.ports.clock import Clock
from bot.ports.meta import MetaManagement, MetaRefusedError, MetaUnavailableError, NumberFacts
from bot.ports.records import NumberStatus
from bot.ports.storage import Storage, Transaction

log = logging.getLogger(__name__)


class Syncing:
    """Reads templates and numbers from Meta into the books."""

    def __init__(self, store: Storage, meta: MetaManagement, policy: Policy, clock: Clock) -> None:
        self._store = store
        self._meta = meta
        self._policy = policy
        self._clock = clock

    async def everything(self) -> None:
        """Read numbers and templates; what cannot be read now keeps its last state."""
        await self.numbers()
        await self.templates()

    async def templates(self) -> None:
        """Read every template, all pages, all languages."""
        try:
            found = [template async for template in self._meta.templates()]
        except (MetaUnavailableError, MetaRefusedError) as problem:
            log.warning("templates could not be read: %s", problem)
            return
        await self._store.write(lambda tx: tx.templates.replace_all(found, self._clock.now()))

    async def numbers(self) -> None:
        """Read throughput, limits and quality of every sender number."""
        for number in self._policy.phone_number_ids:
            try:
                facts = await self._meta.number(number)
            except (MetaUnavailableError, MetaRefusedError) as problem:
                log.warning("number %s could not be read: %s", number, problem)
                continue
            await self._store.write(partial(self._keep, facts))

    def _keep(self, facts: NumberFacts, tx: Transaction) -> None:
        known = tx.numbers.get(facts.phone_number_id) or NumberStatus(phone_number_id=facts.phone_number_id)
        tx.numbers.put(
            replace(
                known,
                display=facts.display,
                granted_mps=facts.granted_mps,
                messaging_limit=facts.messaging_limit,
                quality=facts.quality,
                checked_at=self._clock.now(),
            )
        )
