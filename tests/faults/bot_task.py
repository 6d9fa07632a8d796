"""The bot inside the test's own process: the same `serve`, for faults that need no signal. Starts a second sooner."""

import asyncio
from pathlib import Path

from bot.app import serve
from bot.settings import Settings


class BotTask:
    """One `serve` as a task."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._settings = settings
        self._stop = asyncio.Event()
        self._task: asyncio.Task[int] | None = None
        #: Never written: pytest shows what a bot in its own process logs.
        self.log = log

    async def start(self) -> None:
        self._stop.clear()
        self._task = asyncio.create_task(serve(self._settings, stop=self._stop))

    @property
    def is_alive(self) -> bool:
        return self._task is not None and not self._task.done()

    async def end(self) -> None:
        """Let it end as SIGTERM does."""
        self._stop.set()
        if self._task is not None:
            await self._task
