"""The simulated Meta as a process of its own, asked over HTTP: what it sees does not wait for the test or for Slack."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.demo.world import free_port

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Rate:
    """What one number has asked for so far. The busiest sliding second counts what was refused for its haste too."""

    admitted: int
    busiest_second: int


class MetaProcess:
    """One `arauto simulate meta`."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self.url = url
        self._client = client

    async def rate(self, number: str) -> Rate:
        seen = await self._read("rate")
        return Rate(seen[number]["admitted"], seen[number]["busiest_second"] + seen[number]["refused"])

    async def accepted(self) -> int:
        return int((await self._read("state"))["totals"]["accepted"])

    async def _read(self, what: str) -> Any:
        return (await self._client.get(f"{self.url}/_sim/{what}")).raise_for_status().json()


@asynccontextmanager
async def meta_as_a_process(folder: Path, **knobs: Any) -> AsyncIterator[MetaProcess]:
    """Run it until the block ends; `knobs` are its habits. It sends no webhooks."""
    profile = folder / "meta.json"
    profile.write_text(json.dumps({"knobs": knobs}), "utf-8")
    port = free_port()
    program = ("-m", "bot", "simulate", "meta", "--port", str(port), "--profile", str(profile))
    started = await asyncio.create_subprocess_exec(sys.executable, *program, stdout=asyncio.subprocess.DEVNULL)
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=_PATIENCE) as client:
            meta = MetaProcess(f"http://127.0.0.1:{port}", client)
            await _answering(meta, started)
            yield meta
    finally:
        if started.returncode is None:
            started.terminate()
        await started.wait()


async def _answering(meta: MetaProcess, started: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(_PATIENCE):
        while True:
            assert started.returncode is None, "the simulated Meta ended by itself"
            try:
                await meta.accepted()
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return
