"""A loop that does its round, waits, and survives what goes wrong outside: the edge around every background worker."""

import asyncio
import logging
from typing import Protocol

from bot.runtime.wakeup import Wakeup

log = logging.getLogger(__name__)

#: Seconds to wait after a round that failed.
CALM_SECONDS = 2.0


class Rounds(Protocol):
    """Work done again and again."""

    async def round(self) -> bool:
        """Do one round; True when there is more to do at once."""
        ...


class Worker:
    """Runs rounds: at once while there is more to do, else when its bell rings or so many seconds have passed."""

    def __init__(self, name: str, rounds: Rounds, *, every_seconds: float) -> None:
        self.name = name
        self.bell = Wakeup()
        self._rounds = rounds
        self._every = every_seconds
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask to stop after the round under way."""
        self._stopping.set()
        self.bell.ring()

    async def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping.is_set():
            if not await self._one_round():
                await self.bell.wait(self._every)

    async def _one_round(self) -> bool:
        try:
            return await self._rounds.round()
        except Exception:
            # The edge: a worker that dies would stop the bot's work silently. It is logged and tried again.
            log.exception("%s: a round failed and will be tried again", self.name)
            await asyncio.sleep(CALM_SECONDS)
            return False
