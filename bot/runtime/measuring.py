"""Counting Meta's answers and timing writes, without whoever sends or writes knowing."""

from collections.abc import Callable
from typing import TypeVar

from bot.ports.meta import MessageSender, Outcome, OutgoingMessage
from bot.ports.storage import Storage, Transaction
from bot.runtime.metrics import Metrics

T = TypeVar("T")


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


class MeasuredStorage:
    """A storage that times each write: from handing it over until it is durable, the wait for others included."""

    def __init__(self, inner: Storage, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Write and take the time, whether it succeeds or not."""
        with self._metrics.writes.time():
            return await self._inner.write(work)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Read."""
        return await self._inner.read(work)

    async def close(self) -> None:
        """Leave the database to whoever opened it."""
