"""The running bot: its parts wired together, its readiness, and its life from start to a clean end."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.async_app import AsyncApp

import commands
from bot.app.background import Background, new_token
from bot.app.clients import Clients
from bot.domain.errors import ArautoError
from bot.ports.clock import Clock
from bot.ports.records import EVERYWHERE, Trouble
from bot.ports.storage import Storage
from bot.runtime.absorbing import WebhookEndpoint
from bot.runtime.headroom import Headroom
from bot.runtime.measuring import MeasuredSender, MeasuredStorage
from bot.runtime.metrics import Metrics
from bot.runtime.roles import ROLES, SENDER, WEB, RoleLeases
from bot.runtime.sender import NumberSender
from bot.runtime.server import create_app
from bot.runtime.sharing import FairShare
from bot.runtime.slacklink import SlackLink
from bot.runtime.worker import Worker
from bot.settings import Settings
from bot.slack.chat import SlackChat, web_client
from bot.slack.files import SlackFiles
from bot.slack.people import SlackPeople
from bot.whatsapp.failures import plain_words
from commands.desk import Desk

log = logging.getLogger(__name__)

#: `serve` promises to be gone five seconds after SIGTERM; a sender takes `bot.runtime.sender.STOP_SECONDS` of them.
STOP_SECONDS = 4.2
#: What a worker gets to end its round.
WORKER_SECONDS = 1.0


class Bot:
    """Every part of the bot, wired once."""

    def __init__(
        self, settings: Settings, store: Storage, clock: Clock, clients: Clients, roles: Collection[str] = ROLES
    ) -> None:
        self._settings, self._clock, self._roles = settings, clock, roles
        self._metrics = Metrics()
        self._store = MeasuredStorage(store, self._metrics)
        self._policy, self._card = settings.policy(), settings.prices()
        self._holder = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
        self._leases = RoleLeases(roles, store=self._store, clock=clock, holder=self._holder)
        self._slack = web_client(settings.slack_bot_token, settings.slack_api_url)
        self._chat = SlackChat(self._slack)
        self._meta = clients.meta(settings)
        numbers = len(self._policy.phone_number_ids)
        self._share = FairShare(numbers, store=self._store, clock=clock, holder=self._holder)
        self.senders = self._build_senders(clients)
        self._background = self._build_background()
        app_token = settings.slack_app_token or None
        self._link = SlackLink(self._slack, self._build_bolt, app_token=app_token)
        self._stopped_at: float | None = None

    def _build_senders(self, clients: Clients) -> list[NumberSender]:
        meta = MeasuredSender(clients.sender(self._settings), self._metrics)
        headroom = Headroom(self._store, self._clock, self._share)
        return [
            NumberSender(
                number,
                store=self._store,
                meta=meta,
                policy=self._policy,
                clock=self._clock,
                holder=self._holder,
                headroom=headroom,
                share=self._share,
            )
            for number in (self._policy.phone_number_ids if SENDER in self._roles else ())
        ]

    def _build_background(self) -> Background:
        return Background(
            store=self._store,
            clock=self._clock,
            policy=self._policy,
            card=self._card,
            chat=self._chat,
            meta=self._meta,
            leases=self._leases,
            senders=self.senders,
        )

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
            workers=self._background,
            new_token=new_token,
            words=plain_words,
        )
        app = AsyncApp(client=self._slack, signing_secret=self._settings.slack_signing_secret)
        commands.register(app, desk)
        return app

    # Life.

    @asynccontextmanager
    async def running(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """Run every worker for as long as the context lasts; ends with requests under way answered or in doubt.

        Senders and workers are told as soon as `stop` is set, while the listener still ends its own requests.
        """
        await self._leases.renew()
        keeping = asyncio.create_task(self._leases.run())
        working = [asyncio.create_task(one.run()) for one in self._background.workers]
        sending = [asyncio.create_task(one.run()) for one in self.senders]
        scheduler = self._background.scheduler
        scheduler.start()
        syncing = asyncio.create_task(scheduler.sync_now())
        stopping = asyncio.create_task(self._stop_with(stop))
        async with self._link.connected() if WEB in self._roles else contextlib.nullcontext():
            try:
                yield
            finally:
                scheduler.stop()
                syncing.cancel()
                stopping.cancel()
                stopped_at = self.stop()
                # A round that still waits for Meta or Slack may be repeated any time; an answer may not be lost.
                left = stopped_at + STOP_SECONDS - asyncio.get_running_loop().time()
                await asyncio.gather(_ended(working, WORKER_SECONDS), _ended(sending, max(0.0, left)))
                await self._share.leave()
                await asyncio.gather(syncing, return_exceptions=True)
                self._leases.stop()  # last of all: what the workers still write stands under their leases
                await keeping

    def stop(self) -> float:
        """Ask every worker to end its round and every sender to send nothing new; gives the time of the first asking.

        More than once does no harm.
        """
        if self._stopped_at is None:
            self._stopped_at = asyncio.get_running_loop().time()
        for one in self._all():
            one.stop()
        return self._stopped_at

    async def _stop_with(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.stop()

    def _all(self) -> tuple[Worker | NumberSender, ...]:
        return (*self._background.workers, *self.senders)

    def routes(self) -> web.Application:
        """Build the public routes."""
        settings = self._settings
        webhook = WebhookEndpoint(
            store=self._store,
            policy=self._policy,
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
            troubles=self._channel_troubles,
        )

    async def _readiness(self) -> dict[str, str]:
        """Say what keeps the bot from working. Meta being away is not ours to report here."""
        reasons: dict[str, str] = {}
        troubles: Sequence[Trouble] = ()
        try:
            troubles = await self._store.read(lambda tx: tx.troubles.list())
        except Exception as problem:
            # The edge: whatever is wrong with the database, the answer is a reason and not a traceback.
            log.exception("the database does not answer")
            reasons["database"] = str(problem)
        for sender in self.senders:
            if sender.trouble is not None:
                reasons[f"sender {sender.number}"] = sender.trouble
            self._metrics.sender(sender.number, sender.pace, sender.trouble, is_held=sender.holds)
        self._metrics.channels_closed.set(sum(trouble.place != EVERYWHERE for trouble in troubles))
        for trouble in troubles:
            if trouble.place == EVERYWHERE:
                reasons["slack"] = trouble.why
        if self._link.trouble is not None and WEB in self._roles:
            reasons["slack"] = self._link.trouble
        return reasons

    async def _channel_troubles(self) -> dict[str, str]:
        """Say which channels take nothing, and what to do about each; none while the database does not answer."""
        try:
            troubles = await self._store.read(lambda tx: tx.troubles.list())
        except ArautoError:
            return {}
        return {f"slack channel {trouble.place}": trouble.why for trouble in troubles if trouble.place != EVERYWHERE}


async def _ended(tasks: Collection["asyncio.Task[None]"], seconds: float) -> None:
    """Wait for tasks that were asked to stop; the ones still running after so long are cancelled."""
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
