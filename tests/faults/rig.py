"""The test rig: simulated Meta and Slack inside the test, the real bot as a process beside it, one SQLite file."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

import httpx

from bot.demo.world import free_port
from bot.domain.campaign import Campaign, CampaignState
from bot.ports.storage import Storage
from bot.runtime.clock import SystemClock
from bot.settings import Settings, load
from bot.simulator import meta as meta_simulator
from bot.simulator.meta import MetaSimulator
from bot.simulator.slack import Message, SlackSimulator
from bot.whatsapp.management import MetaManagementClient
from storage import open_storage
from tests.faults.books import Books, read_books
from tests.faults.bot_process import BotProcess
from tests.faults.bot_task import BotTask
from tests.faults.campaigns import Author

NUMBER: Final = "106540352242922"
#: Requests that can be under way at once at 80 a second (`bot.runtime.sender`).
MOST_UNDER_WAY: Final = 80
MARKETING: Final = "C0MARKETING"
#: Real seconds anything may take before a test calls it stuck; generous, because the machine may be busy.
PATIENCE: Final = 100.0
#: How often the database is asked for what is waited for.
POLL_SECONDS: Final = 0.02


class Bot(Protocol):
    """What a rig needs of either bot."""

    log: Path

    async def start(self) -> None: ...
    @property
    def is_alive(self) -> bool: ...
    async def end(self) -> None: ...


B = TypeVar("B", bound=Bot)


@dataclass(slots=True)
class Rig(Generic[B]):
    """All of it, running, except the bot: a test starts that, and ends it as it likes."""

    meta: MetaSimulator
    slack: SlackSimulator
    bot: B
    store: Storage
    author: Author
    url: str

    async def ready(self) -> None:
        """Wait until the bot says that it is ready."""
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient(trust_env=False) as client:
            while True:
                if await self._is_ready(client):
                    return
                await asyncio.sleep(POLL_SECONDS)

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        if not self.bot.is_alive:
            raise AssertionError(f"the bot ended by itself:\n{self._log()}")
        try:
            return (await client.get(f"{self.url}/readyz")).is_success
        except httpx.TransportError:
            return False

    async def books(self, campaign: Campaign) -> Books:
        return await self.store.read(lambda tx: read_books(tx, campaign.id))

    async def until(self, look: Callable[[], bool], what: str, *, patience: float = PATIENCE) -> None:
        """Wait for something of the simulators; raises AssertionError when it does not come about."""
        try:
            async with asyncio.timeout(patience):
                while True:
                    if look():
                        return
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise AssertionError(f"it did not happen that {what}; the bot's log:\n{self._log()}") from None

    async def until_books(self, campaign: Campaign, look: Callable[[Books], bool], what: str) -> Books:
        """Wait for something of the database; gives the books in which it is true."""
        books = await self.books(campaign)
        try:
            async with asyncio.timeout(PATIENCE):
                while not look(books):
                    await asyncio.sleep(5 * POLL_SECONDS)
                    books = await self.books(campaign)
        except TimeoutError:
            seen = f"{books.state}, {dict(books.dispatches())}, {books.campaign.reason}"
            raise AssertionError(f"it did not happen that {what} ({seen}); the bot's log:\n{self._log()}") from None
        return books

    async def until_state(self, campaign: Campaign, *states: CampaignState) -> Books:
        return await self.until_books(campaign, lambda books: books.state in states, f"it is {states}")

    async def until_accepted(self, count: int) -> None:
        await self.until(lambda: self.accepted >= count, f"Meta accepted {count}")

    @property
    def accepted(self) -> int:
        """How many messages Meta has accepted."""
        return len(self.meta.ledger.messages)

    def thread(self) -> list[str]:
        """List everything said in the threads of the campaign channel, oldest first."""
        return [self.slack.text(one) for one in self._messages() if one.thread_ts and one.thread_ts != one.ts]

    def card(self) -> str:
        """Read the live card as it stands."""
        cards = [one for one in self._messages() if not one.thread_ts or one.thread_ts == one.ts]
        return self.slack.text(cards[-1]) if cards else ""

    async def until_said(self, words: str) -> None:
        await self.until(lambda: any(words in text for text in self.thread()), f"the thread says “{words}”")

    def _messages(self) -> list[Message]:
        standing = (one for one in self.slack.workspace.messages if not one.is_deleted)
        return [one for one in standing if one.channel == MARKETING]

    def _log(self) -> str:
        return self.bot.log.read_text()[-6_000:] if self.bot.log.exists() else ""


@asynccontextmanager
async def rigged(
    folder: Path, *, template: str = "plain_hello", mps: int = 80, **settings: str
) -> AsyncIterator[Rig[BotTask]]:
    """Set the rig up with the bot in this process; `settings` are more of its environment."""
    async with _rigged(folder, _as_task, template, mps, settings) as rig:
        yield rig


@asynccontextmanager
async def rigged_with_process(
    folder: Path, *, mps: int = 80, numbers: Sequence[str] = (NUMBER,), **settings: str
) -> AsyncIterator[Rig[BotProcess]]:
    """Set the rig up with the bot as a process of its own, to be killed or asked to end."""
    async with _rigged(folder, BotProcess, "plain_hello", mps, settings, numbers) as rig:
        yield rig


def _as_task(folder: Path, environment: Mapping[str, str]) -> BotTask:
    return BotTask(load(environment, dotenv_path=None), folder / "bot.log")


@asynccontextmanager
async def _rigged(
    folder: Path,
    make_bot: Callable[[Path, Mapping[str, str]], B],
    template: str,
    mps: int,
    settings: Mapping[str, str],
    numbers: Sequence[str] = (NUMBER,),
) -> AsyncIterator[Rig[B]]:
    """Start the simulators and open the database; ends with nothing left running."""
    url = f"http://127.0.0.1:{free_port()}"
    meta = MetaSimulator(mps=mps, public_url=url, callback_url=f"{url}/meta/webhook", phone_number_ids=numbers)
    meta.tune(reachable_rate=1.0, delivered_skipped_rate=0.0, read_rate=0.0)
    meta.tune(sent_after=(0.0, 0.1), delivered_after=(0.0, 0.1))
    slack = SlackSimulator(request_url=f"{url}/slack/events", rate_scale=None)
    async with meta_simulator.running(meta) as meta_url:
        slack_url = await slack.start()
        fixed = an_environment(folder, url, meta_url, slack_url)
        environment = {**fixed, "META_PHONE_NUMBER_IDS": ",".join(numbers), **settings}
        settings_read = load(environment, dotenv_path=None)
        async with an_author(settings_read, meta.catalogue.named(template)[0].id) as author:
            bot = make_bot(folder, environment)
            try:
                yield Rig(meta=meta, slack=slack, bot=bot, store=author.store, author=author, url=url)
            finally:
                meta.faults.pending.clear()
                await bot.end()
                await slack.stop()


@asynccontextmanager
async def an_author(settings: Settings, template_id: str) -> AsyncIterator[Author]:
    """Open the database beside the bot, with the template as Meta describes it."""
    clock = SystemClock()
    store = open_storage(settings.database_url, clock=clock)
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            reader = MetaManagementClient(
                client,
                api_url=settings.meta_api_url,
                version=settings.meta_api_version,
                access_token=settings.meta_access_token,
                waba_id=settings.meta_waba_id,
            )
            found = await reader.template(template_id)
        if found is None:
            raise AssertionError(f"the simulated Meta has no template {template_id}")
        yield Author(store, settings.policy(), found, clock.now())
    finally:
        await store.close()


def an_environment(folder: Path, url: str, meta_url: str, slack_url: str) -> dict[str, Any]:
    return {
        "SLACK_BOT_TOKEN": "xoxb-simulated",
        "SLACK_SIGNING_SECRET": "slack-signing-secret",
        "SLACK_API_URL": f"{slack_url}/api/",
        "META_ACCESS_TOKEN": "EAAsimulated",
        "META_APP_SECRET": "meta-app-secret",
        "META_VERIFY_TOKEN": "meta-verify-token",
        "META_WABA_ID": "102290129340398",
        "META_API_URL": meta_url,
        "DATABASE_URL": f"sqlite:///{folder / 'arauto.db'}",
        "PUBLIC_URL": url,
        "PORT": url.rpartition(":")[2],
        "ARAUTO_ADMINS": "U0CARLA",
        "ARAUTO_APPROVERS": "U0BRUNO",
        "ARAUTO_APPROVAL_CHANNEL": "C0APPROVALS",
        "ARAUTO_TEMPLATE_WAIT": "0",
    }
