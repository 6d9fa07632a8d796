"""Runs a coroutine to its end on the fastest event loop there is."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; Ctrl-C cancels the work and raises KeyboardInterrupt."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(work)


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
