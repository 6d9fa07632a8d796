"""The world of the demo: simulated Meta and Slack, and the real bot between them, all on loopback."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bot.app import serve
from bot.demo.clock import DemoClock
from bot.settings import Settings, load
from bot.simulator import meta as meta_simulator
from bot.simulator.meta import MetaSimulator
from bot.simulator.slack import SlackSimulator

MARKETING, APPROVALS = "C0MARKETING", "C0APPROVALS"
ANA, BRUNO, CARLA, EVE = "U0ANA", "U0BRUNO", "U0CARLA", "U0EVE"
#: A number reserved for fiction.
TESTER = "+442079460123"
START_SECONDS = 10.0


@dataclass(slots=True)
class World:
    """The three of them, running. `advance` moves the bot's and Meta's time together."""

    slack: SlackSimulator
    meta: MetaSimulator
    clock: DemoClock
    settings: Settings
    slack_url: str
    bot_url: str
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def set_speed(self, speed: float) -> None:
        """Let time run faster for the bot and for Meta; Slack, like people, stays in real time."""
        self.clock.speed = speed
        self.meta.speed = speed

    def advance(self, seconds: float) -> None:
        """Jump forward."""
        self.clock.advance(seconds)
        self.meta.advance(seconds)


@asynccontextmanager
async def running(*, port: int, seed: int, speed: float, cap: str, **settings: str) -> AsyncIterator[World]:
    """Start everything on loopback; leaves nothing running and nothing on the disk.

    `settings` are further settings of the bot, by their names in the environment.
    """
    with tempfile.TemporaryDirectory(prefix="arauto-demo-") as folder:
        bot_port = free_port()
        bot_url = f"http://127.0.0.1:{bot_port}"
        slack = SlackSimulator(request_url=f"{bot_url}/slack/events")
        meta = MetaSimulator(seed=seed, public_url=bot_url, callback_url=f"{bot_url}/meta/webhook", speed=speed)
        async with meta_simulator.running(meta) as meta_url:
            slack_url = await slack.start(port)
            try:
                usual = _environment(slack_url, meta_url, bot_url, Path(folder) / "demo.db", cap)
                loaded = load({**usual, **settings}, dotenv_path=None)
                world = World(slack, meta, DemoClock(speed), loaded, slack_url, bot_url)
                async with _bot(world):
                    yield world
            finally:
                await slack.stop()


@asynccontextmanager
async def _bot(world: World) -> AsyncIterator[None]:
    serving = asyncio.create_task(serve(world.settings, clock=world.clock, stop=world.stop))
    try:
        await _ready(world.bot_url, serving)
        yield
    finally:
        world.stop.set()
        await serving


async def _ready(url: str, serving: "asyncio.Task[int]") -> None:
    """Wait until the bot says that it is ready."""
    async with asyncio.timeout(START_SECONDS), httpx.AsyncClient(trust_env=False) as client:
        while True:
            if serving.done():
                serving.result()
                raise RuntimeError("the bot ended before it was ready")
            try:
                answer = await client.get(f"{url}/readyz")
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                return
            await asyncio.sleep(0.05)


def _environment(slack_url: str, meta_url: str, bot_url: str, database: Path, cap: str) -> dict[str, str]:
    """Set the bot up as an operator would, with the simulators' addresses and their made-up secrets."""
    return {
        "SLACK_BOT_TOKEN": "xoxb-simulated",
        "SLACK_SIGNING_SECRET": "slack-signing-secret",
        "SLACK_API_URL": f"{slack_url}/api/",
        "META_ACCESS_TOKEN": "EAAsimulated",
        "META_APP_SECRET": "meta-app-secret",
        "META_VERIFY_TOKEN": "meta-verify-token",
        "META_WABA_ID": "102290129340398",
        "META_PHONE_NUMBER_IDS": "106540352242922",
        "META_API_URL": meta_url,
        "DATABASE_URL": f"sqlite:///{database}",
        "PUBLIC_URL": bot_url,
        "PORT": bot_url.rpartition(":")[2],
        "ARAUTO_ADMINS": CARLA,
        "ARAUTO_APPROVERS": "S0MANAGERS",
        "ARAUTO_APPROVAL_CHANNEL": APPROVALS,
        "ARAUTO_TIMEZONE": "Europe/Lisbon",
        "ARAUTO_FREQUENCY_CAP": cap,
        "ARAUTO_TESTERS": TESTER,
    }


def free_port() -> int:
    """Find a port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
