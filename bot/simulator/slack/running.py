"""Starts and stops a simulator: inside a test's event loop, or as a process of its own."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.simulator.slack.simulator import SlackSimulator


@asynccontextmanager
async def running(simulator: SlackSimulator, port: int = 0) -> AsyncIterator[str]:
    """Run a simulator in the current event loop; yields its base URL, so SLACK_API_URL is `url + "/api/"`."""
    url = await simulator.start(port)
    try:
        yield url
    finally:
        await simulator.stop()


async def serve(port: int, simulator: SlackSimulator | None = None) -> None:
    """Run a simulator as this process's whole purpose, until SIGINT or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with running(simulator or SlackSimulator(), port) as url:
        print(f"Simulated Slack at {url}, Web API at {url}/api/", flush=True)  # noqa: T201  the process's only output
        await stopped.wait()
