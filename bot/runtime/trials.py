"""Test sends: one message to each opted-in tester, under the same marks as everybody's, in nobody's figures."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.message import Dispatch
from bot.ports.clock import Clock
from bot.ports.meta import Accepted, InDoubt, NotSent, Outcome, Refused
from bot.ports.recipients import Trial
from bot.ports.storage import Storage, Transaction
from bot.runtime.postman import Postman
from bot.services import rehearsing, settling

log = logging.getLogger(__name__)


class TrialSender:
    """Sends what waits in the book of trials for one number, one after the other."""

    def __init__(self, number: str, *, store: Storage, postman: Postman, clock: Clock) -> None:
        self._number = number
        self._store = store
        self._postman = postman
        self._clock = clock

    async def next(self, room: int) -> Sequence[Trial]:
        """Mark the next trials durably; whoever stopped meanwhile is skipped."""
        if room <= 0:
            return ()
        return await self._store.write(lambda tx: rehearsing.mark(tx, self._number, min(room, 5), self._clock.now()))

    async def put_back(self, trial: Trial) -> None:
        """Let a marked trial wait again: its request has certainly not left."""
        await self._store.write(lambda tx: tx.trials.save(replace(trial, dispatch=Dispatch.PLANNED)))

    async def send(self, trial: Trial) -> None:
        """Post one marked trial and write what came of it."""
        campaign = await self._store.read(lambda tx: tx.campaigns.get(trial.campaign_id))
        if campaign is None:
            return
        outcome = await self._postman.post(campaign, trial.address, trial.parameters, f"trial.{trial.id}.1")
        after = _after(trial, outcome)

        def write(tx: Transaction) -> None:
            tx.trials.save(after)
            if after.dispatch is Dispatch.PLANNED:
                settling.refuse_tracker(tx, self._number, self._clock.now())
            else:
                rehearsing.tell(tx, campaign, after, outcome, self._clock.now())

        await self._store.write(write)


def _after(trial: Trial, outcome: Outcome) -> Trial:
    match outcome:
        case Accepted():
            return replace(trial, dispatch=Dispatch.ACCEPTED, wamid=outcome.wamid)
        case Refused() if outcome.failure.is_about_tracker:
            return replace(trial, dispatch=Dispatch.PLANNED)
        case Refused():
            return replace(trial, dispatch=Dispatch.REFUSED, code=outcome.failure.code)
        case NotSent():
            return replace(trial, dispatch=Dispatch.REFUSED)
        case InDoubt():
            return replace(trial, dispatch=Dispatch.IN_DOUBT)
