"""A thread that runs what is queued, in groups that share one commit; each engine says how a group is run."""

import asyncio
import queue
import threading
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.ports.storage import Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Work:
    """What somebody wants done in one transaction, and where they wait for it."""

    run: Callable[[Transaction], Any]
    future: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop


#: What became of one work: its result or its error.
Outcome = tuple[Any, BaseException | None]


class GroupWriter(ABC):
    """Owns the writing thread; `write` may be called from any event loop."""

    #: Works that share one commit at most; more would only make the first of them wait.
    group_limit = 512

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._is_closed = False
        self._thread = threading.Thread(target=self._serve, name="arauto-writer", daemon=True)

    async def write(self, run: Callable[[Transaction], T]) -> T:
        """Run a work and return once its commit is durable; a work handed over runs even if nobody waits any more."""
        if self._is_closed:
            raise RuntimeError("the storage is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.put(Work(run, future, loop))
        return await future

    def close(self) -> None:
        """Run what is queued, then end the thread and close the connection; blocks until both are done."""
        if not self._is_closed:
            self._is_closed = True
            self._queue.put(None)
        self._thread.join()

    @abstractmethod
    def _run_group(self, works: Sequence[Work]) -> list[Outcome]:
        """Run works in their order and commit them; raises nothing."""

    @abstractmethod
    def _end(self) -> None:
        """Close the connection; called on the writing thread, after the last group."""

    def _serve(self) -> None:
        while (works := self._next_group()) is not None:
            if works:
                _resolve(works, self._run_group(works))
        self._end()

    def _next_group(self) -> list[Work] | None:
        """Wait for one work and take all that are queued behind it; None once closed and empty."""
        first = self._queue.get()
        if first is None:
            return None
        works = [first]
        while len(works) < self.group_limit:
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                break
            if work is None:
                self._queue.put(None)  # ends the thread after this group; nothing is queued behind it
                break
            works.append(work)
        return works


def _resolve(works: list[Work], outcomes: list[Outcome]) -> None:
    """Tell the callers, one wake-up for each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Outcome]]] = defaultdict(list)
    for work, outcome in zip(works, outcomes, strict=True):
        by_loop[work.loop].append((work.future, outcome))
    for loop, settled in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, settled)


def _settle(settled: list[tuple["asyncio.Future[Any]", Outcome]]) -> None:
    for future, (result, error) in settled:
        if future.done():  # the caller was cancelled meanwhile
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)
