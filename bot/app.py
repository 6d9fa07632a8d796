"""The composition root: the only module that knows every concrete class. Builds the bot, runs it, ends it cleanly."""

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager

import httpx
from aiohttp import web
from slack_bolt.async_app import AsyncApp

import commands
from bot.domain.campaign import CampaignId
from bot.ports.clock import Clock
from bot.ports.storage import Storage
from bot.runtime.absorbing import WebhookEndpoint
from bot.runtime.cards import CardRounds
from bot.runtime.clock import SystemClock
from bot.runtime.departures import MOST_UNDER_WAY
from bot.runtime.headroom import Headroom
from bot.runtime.housekeeping import Housekeeping
from bot.runtime.launcher import LaunchingRounds
from bot.runtime.leased import FencedStorage, LeasedChat, LeasedRounds
from bot.runtime.listener import listen
from bot.runtime.measuring import MeasuredSender, MeasuredStorage
from bot.runtime.metrics import Metrics
from bot.runtime.notices import NoticeRounds
from bot.runtime.planner import CancellingRounds, PlanningRounds
from bot.runtime.roles import CARDS, ROLES, SCHEDULER, SENDER, SYNC, WEB, RoleLeases
from bot.runtime.scheduler import Scheduler
from bot.runtime.sender import NumberSender
from bot.runtime.server import create_app
from bot.runtime.sharing import FairShare
from bot.runtime.slacklink import SlackLink
from bot.runtime.syncing import Syncing
from bot.runtime.worker import Rounds, Worker
from bot.services.planning import Planner
from bot.settings import Settings
from bot.slack.budget import EditBudget
from bot.slack.chat import SlackChat, web_client
from bot.slack.files import SlackFiles
from bot.slack.people import SlackPeople
from bot.slack.views.digest import digest
from bot.whatsapp.failures import plain_words
from bot.whatsapp.management import MetaManagementClient
from bot.whatsapp.sending import MetaEndpoint, MetaSender
from bot.whatsapp.transport import sending_transport
from commands.desk import Desk
from storage import exclusive, open_storage

log = logging.getLogger(__name__)

MANAGEMENT_TIMEOUT_SECONDS = 30.0
#: `serve` promises to be gone five seconds after SIGTERM: senders need `DRAIN_SECONDS` and `SETTLE_SECONDS` of them.
STOP_SECONDS = 4.0
#: What a worker gets to end its round.
WORKER_SECONDS = 1.0


def new_token() -> str:
    """Make a click or campaign token that cannot be guessed."""
    return secrets.token_urlsafe(12)


class Bot:
    """The running bot: every worker, wired once."""

    def __init__(
        self, settings: Settings, store: Storage, clock: Clock, clients: "Clients", roles: Collection[str] = ROLES
    ) -> None:
        self._settings, self._clock, self._roles = settings, clock, roles
        self._metrics = Metrics()
        self._store = store = MeasuredStorage(store, self._metrics)
        self._holder = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
        self._leases = RoleLeases(roles, store=store, clock=clock, holder=self._holder)
        self._policy, self._card = settings.policy(), settings.prices()
        self._slack = web_client(settings.slack_bot_token, settings.slack_api_url)
        self._chat = SlackChat(self._slack)
        self._meta = clients.meta(settings)
        self._sender = MeasuredSender(clients.sender(settings), self._metrics)
        numbers = len(self._policy.phone_number_ids)
        self._share = FairShare(numbers, store=store, clock=clock, holder=self._holder)
        self.senders = self._build_senders()
        self._syncing = Syncing(store, self._meta, self._policy, clock)
        self._build_workers()
        housekeeping = Housekeeping(self._fenced(SCHEDULER), self._policy, clock, draw_digest=digest)
        self._timed_syncing = Syncing(self._fenced(SYNC), self._meta, self._policy, clock)
        self._scheduler = Scheduler(store, housekeeping, self._timed_syncing, self._leases)
        app_token = settings.slack_app_token or None
        self._link = SlackLink(self._slack, self._build_bolt, app_token=app_token)

    def _build_senders(self) -> list[NumberSender]:
        headroom = Headroom(self._store, self._clock, self._share)
        return [
            NumberSender(
                number,
                store=self._store,
                meta=self._sender,
                policy=self._policy,
                clock=self._clock,
                holder=self._holder,
                headroom=headroom,
                share=self._share,
            )
            for number in (self._policy.phone_number_ids if SENDER in self._roles else ())
        ]

    def _fenced(self, role: str) -> FencedStorage:
        return FencedStorage(self._store, self._leases, role)

    def _build_workers(self) -> None:
        store, clock, policy = self._fenced(SCHEDULER), self._clock, self._policy
        planning = PlanningRounds(store, Planner(policy, self._card, new_token), clock, planned=self.draw)
        launching = LaunchingRounds(store, self._meta, policy, clock, launched=self.send)
        self._planning = self._worker("planner", planning, SCHEDULER, every_seconds=1.0)
        self._cancelling = self._worker("canceller", CancellingRounds(store), SCHEDULER, every_seconds=1.0)
        self._launching = self._worker("launcher", launching, SCHEDULER, every_seconds=1.0)
        told, chat = self._fenced(CARDS), LeasedChat(self._chat, self._leases, CARDS)
        budget = EditBudget(clock.ticks())
        self._cards = CardRounds(told, chat, policy, clock, words=plain_words, budget=budget)
        self._drawing = self._worker("cards", self._cards, CARDS, every_seconds=0.5)
        self._noticing = self._worker("notices", NoticeRounds(told, chat, clock), CARDS, every_seconds=0.5)
        self._workers = (self._planning, self._cancelling, self._launching, self._drawing, self._noticing)

    def _worker(self, name: str, rounds: Rounds, role: str, *, every_seconds: float) -> Worker:
        return Worker(name, LeasedRounds(rounds, self._leases, role), every_seconds=every_seconds)

    def _build_bolt(self, team: str) -> AsyncApp:
        """Build the Slack side once it is known whose workspace this is."""
        desk = Desk(
            store=self._store,
            policy=self._policy,
            roster=self._settings.roster(team),
            card=self._card,
            clock=self._clock,
            meta=self._meta,
            chat=self._chat,
            people=SlackPeople(self._slack, self._clock),
            files=SlackFiles(self._slack),
            workers=self,
            new_token=new_token,
            words=plain_words,
        )
        app = AsyncApp(client=self._slack, signing_secret=self._settings.slack_signing_secret)
        commands.register(app, desk)
        return app

    # The bells that commands ring (`commands.desk.Workers`).

    def plan(self) -> None:
        """Wake the planner."""
        self._planning.bell.ring()

    def launch(self) -> None:
        """Wake the launcher."""
        self._launching.bell.ring()

    def send(self) -> None:
        """Wake the senders, and whoever cleans up after a cancel."""
        for sender in self.senders:
            sender.bell.ring()
        self._cancelling.bell.ring()
        self.draw()

    def draw(self) -> None:
        """Wake whoever draws cards and posts notices."""
        self._drawing.bell.ring()
        self._noticing.bell.ring()

    async def draw_now(self, campaign_id: CampaignId, kind: str) -> None:
        """Draw one card at once; where another process draws the cards, it is asked to and does so within a second."""
        if self._leases.holds(CARDS):
            await self._cards.draw_now(campaign_id, kind)
        else:
            await self._store.write(lambda tx: tx.cards.want(campaign_id, kind))

    async def sync_templates(self) -> None:
        """Read every template from Meta."""
        await self._syncing.templates()

    # Life.

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run every worker for as long as the context lasts; ends with requests under way answered or in doubt."""
        await self._leases.renew()
        keeping = asyncio.create_task(self._leases.run())
        working = [asyncio.create_task(one.run()) for one in self._workers]
        sending = [asyncio.create_task(one.run()) for one in self.senders]
        self._scheduler.start()
        syncing = asyncio.create_task(self._scheduler.sync_now())
        async with self._link.connected() if WEB in self._roles else contextlib.nullcontext():
            try:
                yield
            finally:
                self._scheduler.stop()
                syncing.cancel()
                self.stop()
                # A round that still waits for Meta or Slack may be repeated any time; an answer may not be lost.
                await asyncio.gather(_ended(working, WORKER_SECONDS), _ended(sending, STOP_SECONDS))
                await self._share.leave()
                await asyncio.gather(syncing, return_exceptions=True)
                self._leases.stop()  # last of all: what the workers still write stands under their leases
                await keeping

    def stop(self) -> None:
        """Ask every worker to end its round and every sender to send nothing new; more than once does no harm."""
        for one in self._all():
            one.stop()

    def _all(self) -> tuple[Worker | NumberSender, ...]:
        return (*self._workers, *self.senders)

    def routes(self) -> web.Application:
        """Build the public routes."""
        settings = self._settings
        webhook = WebhookEndpoint(
            store=self._store,
            clock=self._clock,
            metrics=self._metrics,
            app_secret=settings.meta_app_secret,
            verify_token=settings.meta_verify_token,
            waba_id=settings.meta_waba_id,
            numbers=settings.meta_phone_number_ids,
        )
        return create_app(
            store=self._store,
            clock=self._clock,
            webhook=webhook if WEB in self._roles else None,
            slack=self._link.handle if WEB in self._roles and not self._link.is_socket else None,
            readiness=self._readiness,
            metrics=self._metrics,
        )

    async def _readiness(self) -> dict[str, str]:
        """Say what keeps the bot from working. Meta being away is not ours to report here."""
        reasons = {}
        try:
            await self._store.read(lambda tx: tx.switches.get("ready"))
        except Exception as problem:
            # The edge: whatever is wrong with the database, the answer is a reason and not a traceback.
            log.exception("the database does not answer")
            reasons["database"] = str(problem)
        for sender in self.senders:
            if sender.trouble is not None:
                reasons[f"sender {sender.number}"] = sender.trouble
            self._metrics.sender(sender.number, sender.pace, sender.trouble, is_held=sender.holds)
        if self._link.trouble is not None and WEB in self._roles:
            reasons["slack"] = self._link.trouble
        return reasons


async def _ended(tasks: Collection["asyncio.Task[None]"], seconds: float) -> None:
    """Wait for tasks that were asked to stop; the ones still running after so long are cancelled."""
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Clients:
    """The two ways to Meta: a fast one for sending, a stock one for management."""

    def __init__(self, settings: Settings) -> None:
        # Never fewer slots than requests: one that waited for a slot would leave long after its person's last check.
        slots = MOST_UNDER_WAY * len(settings.meta_phone_number_ids)
        self.sending = sending_transport(settings.meta_api_url, concurrency=slots)
        self.management = httpx.AsyncClient(timeout=MANAGEMENT_TIMEOUT_SECONDS, trust_env=False)

    def meta(self, settings: Settings) -> MetaManagementClient:
        """Make the management side."""
        return MetaManagementClient(
            self.management,
            api_url=settings.meta_api_url,
            version=settings.meta_api_version,
            access_token=settings.meta_access_token,
            waba_id=settings.meta_waba_id,
        )

    def sender(self, settings: Settings) -> MetaSender:
        """Make the sending side."""
        token = settings.meta_access_token
        return MetaSender(
            self.sending,
            MetaEndpoint(api_url=settings.meta_api_url, version=settings.meta_api_version, access_token=token),
        )

    async def close(self) -> None:
        """Close every connection."""
        await self.sending.aclose()
        await self.management.aclose()


async def serve(
    settings: Settings,
    *,
    clock: Clock | None = None,
    stop: asyncio.Event | None = None,
    roles: Collection[str] = ROLES,
) -> int:
    """Play the roles until SIGTERM, SIGINT or `stop`; returns the exit status."""
    stop = stop or asyncio.Event()
    clock = clock or SystemClock()
    url = settings.database_url
    with exclusive(url) as is_alone, _stopping_on_signals(stop):
        store, clients = open_storage(url, clock=clock), Clients(settings)
        try:
            if is_alone:  # no other process serves from here: what a dead one held is free at once
                await store.write(lambda tx: tx.leases.clear())
            bot = Bot(settings, store, clock, clients, roles)
            async with bot.running():
                await listen(bot.routes(), host=settings.host, port=settings.port, stop=stop)
        finally:
            await clients.close()
            await store.close()
    return 0


@contextlib.contextmanager
def _stopping_on_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
