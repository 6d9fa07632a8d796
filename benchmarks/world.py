"""The whole bot as a process between simulated Slack and Meta, which run in a process of their own each."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.books import NUMBER
from benchmarks.processes import Process
from benchmarks.statuses import SECRET, WABA
from bot.demo.world import free_port

SLACK_SECRET = "slack-signing-secret"  # noqa: S105 - of the simulator
META_TOKEN = "EAAsimulated"  # noqa: S105 - of the simulator


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where everything is; the bot itself is started by the benchmark."""

    database: Path
    port: int
    meta_url: str
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        """Give the bot's public address."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def bot(self, **settings: str) -> AsyncIterator[Process]:
        """Run `arauto serve` until the block ends; begins once it says that it is ready."""
        log = self.database.with_suffix(".log")
        async with processes.running(
            "-m", "bot", "serve", until=f"{self.url}/readyz", environment={**self.environment, **settings}, log=log
        ) as process:
            yield process


@asynccontextmanager
async def simulated(folder: Path, **knobs: Any) -> AsyncIterator[World]:
    """Run both simulators; `knobs` are Meta's."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    profile = folder / "profile.json"
    profile.write_text(json.dumps({"knobs": knobs}), "utf-8")
    async with AsyncExitStack() as stack:
        meta = await _simulator(stack, "meta", "/_sim/state", "--profile", str(profile))
        slack = await _simulator(stack, "slack", "/_sim/state")
        database = folder / "arauto.db"
        environment = _environment(database, url, meta, slack)
        yield World(database=database, port=port, meta_url=meta, environment=environment)


async def _simulator(stack: AsyncExitStack, name: str, path: str, *more: str) -> str:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program = ("-m", "bot", "simulate", name, "--port", str(port), *more)
    await stack.enter_async_context(processes.running(*program, until=f"{url}{path}"))
    return url


def _environment(database: Path, url: str, meta_url: str, slack_url: str) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": "xoxb-simulated",
        "SLACK_SIGNING_SECRET": SLACK_SECRET,
        "SLACK_API_URL": f"{slack_url}/api/",
        "META_ACCESS_TOKEN": META_TOKEN,
        "META_APP_SECRET": SECRET,
        "META_VERIFY_TOKEN": "meta-verify-token",
        "META_WABA_ID": WABA,
        "META_PHONE_NUMBER_IDS": NUMBER,
        "META_API_URL": meta_url,
        "DATABASE_URL": f"sqlite:///{database}",
        "PUBLIC_URL": url,
        "PORT": url.rpartition(":")[2],
        "ARAUTO_ADMINS": "U0CARLA",
        "ARAUTO_APPROVERS": "U0BRUNO",
        "ARAUTO_APPROVAL_CHANNEL": "C0APPROVALS",
        "ARAUTO_TEMPLATE_WAIT": "0",
    }
