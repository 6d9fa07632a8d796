"""Counting Meta's answers without the sender knowing."""

from bot.ports.meta import MessageSender, Outcome, OutgoingMessage
from bot.runtime.metrics import Metrics


class MeasuredSender:
    """A message sender that counts what came of each request."""

    def __init__(self, inner: MessageSender, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Send once and count the outcome."""
        outcome = await self._inner.send(message)
        self._metrics.answered(outcome)
        return outcome
