"""Runs a coroutine to its end on the fastest event loop there is."""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_OBJECTS_BETWEEN_COLLECTIONS = 10_000
_NEW_OBJECTS, _NEVER = 1_000, 1_000_000
#: Seconds after which a thread that computes lets the next one run; Python's 5 ms are longer than a request takes. In
#: turn with them, one webhook after the other was answered a quarter more often, and answers came half a millisecond
#: sooner (benchmarks/webhooks.py, benchmarks/rate.py).
_TURN_SECONDS = 0.001


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; Ctrl-C cancels the work and raises KeyboardInterrupt."""
    sys.setswitchinterval(_TURN_SECONDS)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(work)


def collect_seldom() -> None:
    """Let the garbage collector run seldom, and leave alone what is loaded by now, which stays for ever anyway.

    A batch of statuses makes thousands of tuples, and each time the collector went through the whole program for them:
    a twentieth of all time, in pauses that requests waited for (benchmarks/webhooks.py).
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)


def collect_the_newest() -> None:
    """Let the garbage collector look at new objects only, a few at a time, in a program that keeps nearly all it makes.

    The simulated Meta remembers every message. Each look through them took 15 to 150 ms and found nothing, and what is
    answered late because of one costs the sender that is measured against it (benchmarks/rate.py). The price is what
    outlives its first look and is dropped then: some of what httpx leaves behind for each webhook.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _NEVER, _NEVER)


async def until_stopped(work: Coroutine[Any, Any, object]) -> None:
    """Run work that has no end of its own until SIGINT or SIGTERM."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":  # uvloop does not exist there
        return None
    import uvloop

    return uvloop.new_event_loop
