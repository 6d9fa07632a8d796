"""The live change feed: every change of the simulated workspace gets a revision number, and anyone can wait for one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened, e.g. `message_changed` with the channel and the timestamp."""

    revision: int
    kind: str
    details: dict[str, Any]


@dataclass(slots=True)
class ChangeFeed:
    """An append-only list of changes that wakes its readers."""

    changes: list[Change] = field(default_factory=list)
    closed: bool = False
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def revision(self) -> int:
        """The number of the newest change; 0 before the first."""
        return len(self.changes)

    def publish(self, kind: str, **details: Any) -> None:
        """Append a change and wake everyone who waits."""
        self.changes.append(Change(self.revision + 1, kind, details))
        self._notify()

    def close(self) -> None:
        """End every running `follow`."""
        self.closed = True
        self._notify()

    async def follow(self, after: int) -> AsyncIterator[Change]:
        """Yield every change with a revision above `after`, then live ones until the feed is closed."""
        while True:
            wake = self._wake
            for change in self.changes[after:]:
                yield change
                after = change.revision
            if self.closed:
                return
            if after == self.revision:
                await wake.wait()

    async def wait_for(self, predicate: Callable[[], T | None], timeout: float) -> T:  # noqa: ASYNC109
        """Return the first true value of `predicate`, asked again after every change.

        Raises TimeoutError after `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            while True:
                wake = self._wake
                if value := predicate():
                    return value
                await wake.wait()

    def _notify(self) -> None:
        wake, self._wake = self._wake, asyncio.Event()
        wake.set()
