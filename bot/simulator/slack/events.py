"""Events API callbacks: one delivery at once, and the retries of a failed one in the background."""

import asyncio
from dataclasses import dataclass, field

from bot.simulator.slack import payloads
from bot.simulator.slack.outcomes import Courier, Outcome
from bot.simulator.slack.state import Json, Workspace
from bot.simulator.slack.transport import Answer, Envelope


@dataclass(slots=True)
class Events:
    """Sends events to the app; `retry_delays` are the seconds before each retry."""

    workspace: Workspace
    courier: Courier
    retry_delays: tuple[float, ...]
    _retries: set[asyncio.Task[None]] = field(default_factory=set)

    async def send(self, content: Json, *, user: str = "", event_id: str | None = None) -> Outcome:
        """Send one event and return after the first delivery; give an old `event_id` to deliver a duplicate."""
        payload = payloads.event(event_id or self.workspace.new_id("Ev"), self.workspace.clock(), content)
        outcome = await self.courier.send("events_api", payload, kind=str(content["type"]), user=user)
        if outcome.error:
            task = asyncio.create_task(self._retry(outcome))
            self._retries.add(task)
            task.add_done_callback(self._retries.discard)
        return outcome

    async def settle(self) -> None:
        """Wait until no retry is pending any more."""
        await asyncio.gather(*self._retries, return_exceptions=True)

    async def stop(self) -> None:
        """Give up on every pending retry."""
        for task in tuple(self._retries):
            task.cancel()
        await self.settle()

    async def _retry(self, outcome: Outcome) -> None:
        for number, delay in enumerate(self.retry_delays, start=1):
            last = outcome.attempts[-1]
            if last.failure is None or last.forbids_retry:
                return
            await asyncio.sleep(delay)
            await self._attempt_again(outcome, number, last)

    async def _attempt_again(self, outcome: Outcome, number: int, last: Answer) -> None:
        envelope = Envelope("events_api", outcome.payload, number, last.failure or "unknown_error")
        answer = await self.courier.attempt(outcome, envelope)
        self.workspace.feed.publish("event_retried", number=number, status=answer.status, user=outcome.user)
