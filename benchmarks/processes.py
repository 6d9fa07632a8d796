"""Programs that a benchmark starts beside itself: begun, waited for, measured from outside, and always ended."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 1024.0
START_SECONDS = 60.0
STOP_SECONDS = 10.0
#: Of /proc/PID/stat, counted behind the name of the program: time in user and in kernel mode.
_USER, _KERNEL = 11, 12


@dataclass(frozen=True, slots=True)
class Process:
    """One running program."""

    pid: int

    def cpu_seconds(self) -> float:
        """Give the processor time it has taken so far, all threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[_USER]) + int(fields[_KERNEL])) / _TICKS

    def peak_mib(self) -> float:
        """Give the most memory it has held so far."""
        return self._status("VmHWM")

    def resident_mib(self) -> float:
        """Give the memory it holds now."""
        return self._status("VmRSS")

    def _status(self, name: str) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text("utf-8").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / _MIB
        raise LookupError(f"/proc/{self.pid}/status has no {name}")


def myself() -> Process:
    """Give the process that asks."""
    return Process(os.getpid())


@asynccontextmanager
async def running(
    *arguments: str, until: str, environment: Mapping[str, str] | None = None, log: Path | None = None
) -> AsyncIterator[Process]:
    """Run `python ARGUMENTS` until the block ends; waits first until the address `until` answers anything."""
    with (log or Path(os.devnull)).open("ab") as output:
        started = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env={**os.environ, **(environment or {})}, stdout=output, stderr=output
        )
    try:
        await answering(until, started)
        yield Process(started.pid)
    finally:
        await _end(started)


async def answering(url: str, started: asyncio.subprocess.Process) -> None:
    """Wait until an address answers with success; raises RuntimeError if the program ends before."""
    async with asyncio.timeout(START_SECONDS), httpx.AsyncClient(trust_env=False) as client:
        while True:
            if started.returncode is not None:
                raise RuntimeError(f"the program ended with status {started.returncode} before {url} answered")
            try:
                if (await client.get(url)).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.02)


async def _end(started: asyncio.subprocess.Process) -> None:
    if started.returncode is None:
        started.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await started.wait()
    except TimeoutError:
        started.kill()
        await started.wait()
