"""The bot as a real process: started as an operator starts it, ended by the signals an operator (or a kernel) sends."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from signal import Signals

ROOT = Path(__file__).resolve().parents[2]
#: `serve` promises to be gone this long after SIGTERM.
STOP_SECONDS = 5.0


class BotProcess:
    """One `arauto serve`; its log goes to a file in the folder it runs in."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *arguments: str) -> None:
        self._folder = folder
        self._arguments = arguments
        self._environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), **environment}
        self._process: asyncio.subprocess.Process | None = None
        self.log = folder / "bot.log"

    async def start(self) -> None:
        """Start it; returns at once, long before it is ready."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "serve", *self._arguments),
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise AssertionError("the bot was not started")
        return self._process.pid

    @property
    def environment(self) -> dict[str, str]:
        """Give its environment, for another process beside it."""
        return dict(self._environment)

    def signal(self, number: Signals) -> None:
        """Send it a signal, as an operator would: SIGSTOP freezes it, SIGCONT wakes it."""
        if self._process is None:
            raise AssertionError("the bot was not started")
        self._process.send_signal(number)

    async def kill(self) -> None:
        """Kill it as a kernel out of memory does: no warning, no cleaning up."""
        await self._end(Signals.SIGKILL)

    async def end(self) -> None:
        """Leave nothing running behind a test."""
        if self.is_alive:
            await self.kill()

    async def terminate(self) -> int:
        """Ask it to end; gives the exit status. Raises TimeoutError after twice the time it promises."""
        async with asyncio.timeout(2 * STOP_SECONDS):
            return await self._end(Signals.SIGTERM)

    async def _end(self, number: Signals) -> int:
        if self._process is None:
            raise AssertionError("the bot was not started")
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self._process.wait()
