"""Launches what is due: asks Meta what the template is like now, sets its lifetime if that was approved, starts.

What a sent campaign tries again is asked about in the same way.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from bot.domain.campaign import Campaign
from bot.domain.instants import SECOND, Millis
from bot.domain.policy import Policy
from bot.domain.template import Template
from bot.ports.clock import Clock
from bot.ports.meta import Failure, MetaManagement, MetaRefusedError, MetaUnavailableError
from bot.ports.storage import Storage, Transaction
from bot.runtime.patience import Patience
from bot.services import launching, lifetimes, meta_troubles, relaunching
from bot.services.launching import Step

log = logging.getLogger(__name__)

_Launch: TypeAlias = Callable[[Campaign], Awaitable[None]]
_Refuse: TypeAlias = Callable[[Campaign, str], Awaitable[None]]

#: How often sent campaigns are searched for somebody to be written to again.
TRIES_EVERY = 2 * SECOND


class LaunchingRounds:
    """One launch check per due campaign and round; what cannot be asked now is asked again."""

    def __init__(
        self, store: Storage, meta: MetaManagement, policy: Policy, clock: Clock, *, launched: Callable[[], None]
    ) -> None:
        self._store = store
        self._meta = meta
        self._policy = policy
        self._clock = clock
        self._launched = launched
        self._searched_at: Millis | None = None
        self._patience = Patience()

    async def round(self) -> bool:
        """Check every due campaign."""
        due = await self._store.read(lambda tx: launching.due(tx, self._clock.now()))
        again = await self._due_again()
        for campaign in due:
            await self._ask(campaign, self._launch, self._refuse)
        for campaign in again:
            await self._ask(campaign, self._relaunch, self._give_up)
        if due or again:
            self._launched()
        return False

    async def _ask(self, campaign: Campaign, launch: _Launch, refuse: _Refuse) -> None:
        """Launch one campaign; what Meta has against its template ends it, anything else makes it wait."""
        if self._patience.is_resting(campaign.id, self._clock.ticks()):
            return
        try:
            await launch(campaign)
        except MetaUnavailableError as problem:
            await self._wait(campaign, None, problem)
        except MetaRefusedError as problem:
            if not problem.failure.is_about_template:
                await self._wait(campaign, problem.failure, problem)
                return
            await refuse(campaign, f"Meta refused: {problem}.")
        else:
            self._patience.forget(campaign.id)

    async def _wait(self, campaign: Campaign, failure: Failure | None, problem: Exception) -> None:
        log.warning("campaign %s waits for Meta: %s", campaign.token, problem)
        pause = failure.wait_seconds if failure else 0.0
        waited = self._patience.rest(campaign.id, self._clock.ticks(), pause)
        await self._store.write(
            lambda tx: meta_troubles.tell(tx, campaign.id, failure, waited, self._policy, self._clock.now())
        )

    async def _due_again(self) -> list[Campaign]:
        ticks = self._clock.ticks()
        if self._searched_at is not None and ticks - self._searched_at < TRIES_EVERY:
            return []
        self._searched_at = ticks
        return await self._store.read(lambda tx: relaunching.due(tx, self._policy, self._clock.now()))

    async def _relaunch(self, campaign: Campaign) -> None:
        """Make the launch check for people who are tried again."""
        objection = await self._media_objection(campaign)
        template = await self._meta.template(campaign.spec.template_id)
        await self._try_again(campaign, template, objection)

    async def _give_up(self, campaign: Campaign, reason: str) -> None:
        await self._try_again(campaign, None, reason)

    async def _try_again(self, campaign: Campaign, template: Template | None, objection: str | None) -> None:
        def work(tx: Transaction) -> int:
            now = self._clock.now()
            return relaunching.relaunch(tx, campaign.id, template, self._policy, now, objection=objection)

        await self._store.write(work)

    async def _launch(self, campaign: Campaign) -> None:
        objection = await self._store.read(lambda tx: launching.verify_rows(tx, campaign.id))
        objection = objection or await self._media_objection(campaign)
        if objection is not None:
            await self._refuse(campaign, objection)
            return
        template = await self._meta.template(campaign.spec.template_id)
        check = await self._check(campaign, template)
        if check.step is Step.SET_TTL and check.ttl_seconds is not None:
            await self._set_ttl(campaign, check.ttl_seconds)

    async def _check(self, campaign: Campaign, template: Template | None) -> launching.Check:
        return await self._store.write(
            lambda tx: launching.launch(tx, campaign.id, template, self._policy, self._clock.now())
        )

    async def _set_ttl(self, campaign: Campaign, seconds: int) -> None:
        """Set the approved lifetime, read it back, and launch only if it holds."""
        template_id = campaign.spec.template_id
        asked_at = self._clock.now()
        await self._store.write(lambda tx: lifetimes.note_edit(tx, template_id, seconds, asked_at))
        try:
            await self._meta.set_ttl(template_id, seconds)
        except MetaRefusedError:  # an error body proves that nothing was edited
            await self._store.write(lambda tx: tx.templates.forget_edits(template_id, seconds, asked_at))
            raise
        template = await self._meta.template(template_id)
        if template is None or template.lifetime_seconds != seconds:
            await self._refuse(campaign, "Meta did not take the approved lifetime.")
            return
        await self._check(campaign, template)

    async def _media_objection(self, campaign: Campaign) -> str | None:
        """Ask again for an uploaded file: it lives about 30 days at Meta, and the plan may be older."""
        media_id = campaign.spec.bindings.get("header:1", "").strip()
        if not media_id.isdigit() or campaign.template is None or not _has_media_header(campaign.template):
            return None
        if await self._meta.has_media(media_id):
            return None
        return f"The uploaded header file {media_id} is no longer at Meta; upload it again."

    async def _refuse(self, campaign: Campaign, reason: str) -> None:
        await self._store.write(lambda tx: launching.refuse(tx, campaign.id, reason, self._clock.now()))


def _has_media_header(template: Template) -> bool:
    header = template.component("HEADER")
    return header is not None and header.get("format") not in (None, "TEXT")
