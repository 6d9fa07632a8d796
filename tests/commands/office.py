"""The bot at work in a simulated Slack: real listeners, real books, real cards; Meta and the bells are small fakes."""

import copy
import itertools
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.routing import Route

from bot.domain.audience import AudienceRule
from bot.domain.campaign import Campaign, CampaignId
from bot.domain.instants import Millis, to_datetime
from bot.domain.policy import Policy
from bot.domain.rates import default_card
from bot.domain.roles import Roster
from bot.domain.template import Template
from bot.ports.records import AuditEntry
from bot.ports.storage import Storage, Transaction
from bot.runtime.cards import CardRounds
from bot.runtime.notices import NoticeRounds
from bot.services import launching
from bot.services.planning import Planner
from bot.simulator.slack import Message, Outcome, SlackSimulator, running
from bot.simulator.slack.server import Server
from bot.simulator.slack.transport import Envelope
from bot.slack.budget import EditBudget
from bot.slack.chat import SlackChat, web_client
from bot.slack.files import SlackFiles
from bot.slack.people import SlackPeople
from commands import Desk, register
from storage import open_storage
from tests.builders import TestClock, a_template, add_people

MARKETER, APPROVER, ADMIN, STRANGER, GUEST = "U0ANA", "U0BRUNO", "U0CARLA", "U0EVE", "U0GUS"
CHANNEL, APPROVALS = "C0MARKETING", "C0APPROVALS"
TEAM = "T0ARAUTO"
NUMBERS = ("106540352242922", "106540352242923")
PUBLIC_URL = "https://news.example"


class FakeMeta:
    """Meta's management side with the templates a test puts there; `error` is raised by every call."""

    def __init__(self) -> None:
        self.templates_by_id: dict[str, Template] = {}
        self.error: Exception | None = None

    async def template(self, template_id: str) -> Template | None:
        if self.error is not None:
            raise self.error
        return self.templates_by_id.get(template_id)


@dataclass
class Bells:
    """Workers that note which bells rang and draw a card when asked to."""

    cards: CardRounds
    rung: list[str] = field(default_factory=list)

    def plan(self) -> None:
        self.rung.append("plan")

    def launch(self) -> None:
        self.rung.append("launch")

    def send(self) -> None:
        self.rung.append("send")

    def draw(self) -> None:
        self.rung.append("draw")

    async def draw_now(self, campaign_id: CampaignId, kind: str) -> None:
        self.rung.append(f"draw {kind}")
        await self.cards.draw_now(campaign_id, kind)

    async def sync_templates(self) -> None:
        self.rung.append("sync")


def plain_words(code: int) -> tuple[str, str]:
    return f"Meta says {code}", "Ask Meta"


def a_policy(**changes: Any) -> Policy:
    fields: dict[str, Any] = {
        "approval_channel": APPROVALS,
        "phone_number_ids": NUMBERS,
        "public_url": PUBLIC_URL,
        "template_wait_seconds": 0,
    }
    return Policy(**{**fields, **changes})


def a_roster(**changes: Any) -> Roster:
    fields: dict[str, Any] = {"admins": (ADMIN,), "approvers": ("S0MANAGERS", ADMIN), "team": TEAM}
    return Roster(**{**fields, **changes})


@dataclass
class Office:
    """Everything a test looks at. Verbs that people do are the simulator's; the rest is done by hand here."""

    sim: SlackSimulator
    store: Storage
    clock: TestClock
    desk: Desk
    meta: FakeMeta
    bells: Bells
    _cards: CardRounds
    _notices: NoticeRounds

    # What people do.

    async def type(self, line: str, *, user: str = MARKETER, channel: str = CHANNEL) -> Outcome:
        return await self.sim.command(user, channel, line, force=True)

    async def answer(self, line: str, *, user: str = MARKETER, channel: str = CHANNEL) -> str:
        """Type a command and read what only this person sees of it."""
        before = len(self.sim.ephemerals(user))
        await self.type(line, user=user, channel=channel)
        await self.sim.wait_for(lambda: len(self.sim.ephemerals(user)) > before)
        return self.sim.text(self.sim.ephemerals(user)[-1])

    async def click(self, user: str, message: Message, action_id: str, **more: Any) -> Outcome:
        return await self.sim.click(user, message, action_id, **more)

    async def refused_click(self, user: str, message: Message, action_id: str, **more: Any) -> str:
        """Press a button and read the answer that only the clicker sees."""
        before = len(self.sim.ephemerals(user))
        await self.click(user, message, action_id, **more)
        await self.sim.wait_for(lambda: len(self.sim.ephemerals(user)) > before)
        return self.sim.text(self.sim.ephemerals(user)[-1])

    async def modal(self, user: str, callback_id: str) -> str:
        """Wait for a modal and read it."""
        view = await self.sim.wait_for(lambda: self._view(user, callback_id))
        return self.sim.text(view)

    async def fill_campaign(self, user: str = MARKETER, **values: Any) -> None:
        """Open the campaign modal and fill it in; `values` replace or add to what is plausible."""
        template = values.pop("template", "900100")
        if self.sim.view(user) is not None:
            await self.sim.close(user, all_views=True)
        await self.type("/campaign new", user=user)
        await self.modal(user, "campaign_new")
        view = self.sim.view(user)
        assert view is not None
        before = view.hash
        await self.sim.fill(user, {"template": template})
        await self.sim.wait_for(lambda: self.sim.view(user).hash != before)
        form = {"name": "Spring offer", "audience": "1", "channel": CHANNEL, "var:body:1": "{{first_name|friend}}"}
        await self.sim.fill(user, {key: value for key, value in {**form, **values}.items() if value is not None})

    async def submit(self, user: str = MARKETER, **values: Any) -> Outcome:
        """Fill in the campaign modal and submit it past the client's own checks."""
        await self.fill_campaign(user, **values)
        return await self.sim.submit(user, force=True)

    async def send_again(self, outcome: Outcome, **changes: Any) -> Any:
        """Deliver a payload once more as it was, or forged by `changes`; gives the body of the bot's answer."""
        kind = "slash_commands" if "command" in outcome.payload else "interactive"
        answer = await self.sim.transport.deliver(Envelope(kind, {**copy.deepcopy(outcome.payload), **changes}))
        assert answer.status == 200, answer
        return answer.body

    async def told(self, user: str, words: str) -> str:
        """Wait until this person alone was told something with these words, as an ephemeral or a direct message."""
        return await self.sim.wait_for(lambda: next((one for one in self._private(user) if words in one), ""))

    # What goes on behind.

    async def work(self) -> None:
        """Plan what was submitted, then draw every card and post every notice."""
        planner = Planner(self.desk.policy, self.desk.card, self.desk.new_token, secrets.token_bytes)
        for campaign in await self.campaigns():
            while await self.store.write(lambda tx, one=campaign.id: planner.step(tx, one, self.clock.now())):
                pass
        self.clock.instant += 60_000
        await self._cards.round()
        await self._notices.round()

    async def launch(self, campaign: Campaign) -> Campaign:
        """Start an approved campaign as the launcher would, minus the sending."""
        template = self.meta.templates_by_id[campaign.spec.template_id]
        await self.store.write(
            lambda tx: launching.launch(tx, campaign.id, template, self.desk.policy, self.clock.now())
        )
        await self.work()
        return await self.campaign()

    async def campaigns(self) -> list[Campaign]:
        return list(await self.store.read(lambda tx: tx.campaigns.list()))

    async def campaign(self) -> Campaign:
        (one,) = await self.campaigns()
        return one

    async def proposed(self, **values: Any) -> Message:
        """Submit a campaign and give its approval card."""
        outcome = await self.submit(**values)
        assert outcome.is_ok, (outcome.error, outcome.errors, outcome.detail)
        await self.work()
        return self.sim.messages(APPROVALS)[-1]

    async def approved(self, **values: Any) -> Campaign:
        card = await self.proposed(**values)
        await self.click(APPROVER, card, "campaign_approve")
        await self.modal(APPROVER, "campaign_confirm")
        await self.sim.submit(APPROVER)
        await self.work()
        return await self.campaign()

    async def sending(self, **values: Any) -> tuple[Campaign, Message]:
        """Give a campaign that sends, and its live card."""
        campaign = await self.launch(await self.approved(**values))
        return campaign, self.sim.messages(CHANNEL)[0]

    async def audit(self) -> list[AuditEntry]:
        return await self.store.read(lambda tx: [row.entry for row in tx.audit.rows()])

    async def denials(self) -> list[AuditEntry]:
        return [entry for entry in await self.audit() if entry.action == "denied"]

    async def put_template(self, **changes: Any) -> Template:
        template = a_template(**changes)
        self.meta.templates_by_id[template.id] = template
        await self.store.write(lambda tx: tx.templates.put(template, self.clock.now()))
        return template

    async def put_audience(self, name: str, rule: AudienceRule) -> int:
        made = await self.store.write(lambda tx: tx.audiences.add(name, rule, MARKETER, self.clock.now()))
        return made.id

    async def write(self, work: Callable[[Transaction], Any]) -> Any:
        return await self.store.write(work)

    def seconds(self, *, hours: float = 0) -> int:
        """Give an instant from now on as Slack's pickers do."""
        return int((to_datetime(Millis(self.clock.instant)) + timedelta(hours=hours)).timestamp())

    def _private(self, user: str) -> list[str]:
        direct = [one for one in self.sim.workspace.messages if one.channel == f"D{user[1:]}"]
        return [self.sim.text(one) for one in (*self.sim.ephemerals(user), *direct)]

    def _view(self, user: str, callback_id: str) -> Any:
        view = self.sim.view(user)
        return view if view is not None and view.body.get("callback_id") == callback_id else None


@asynccontextmanager
async def an_office(
    folder: Path, *, policy: Policy | None = None, roster: Roster | None = None, people: int = 3
) -> AsyncIterator[Office]:
    """Open an office with one template, one audience (“Everybody”) and so many opted-in people."""
    tokens = (f"token{n}" for n in itertools.count())
    sim, clock, policy = SlackSimulator(rate_scale=None), TestClock(), policy or a_policy()
    store = open_storage(f"sqlite:///{folder / 'arauto.db'}", clock=clock)
    async with running(sim) as url:
        client = web_client("xoxb-simulated", f"{url}/api/")
        chat, meta = SlackChat(client), FakeMeta()
        cards = CardRounds(store, chat, policy, clock, words=plain_words, budget=EditBudget(clock.ticks()))
        bells = Bells(cards)
        desk = Desk(
            store=store,
            policy=policy,
            roster=roster or a_roster(),
            card=default_card(),
            clock=clock,
            meta=meta,
            chat=chat,
            people=SlackPeople(client, clock),
            files=SlackFiles(client),
            workers=bells,
            new_token=lambda: next(tokens),
            words=plain_words,
        )
        office = Office(sim, store, clock, desk, meta, bells, cards, NoticeRounds(store, chat, clock))
        app = AsyncApp(signing_secret="slack-signing-secret", client=client)
        register(app, desk)
        handler = AsyncSlackRequestHandler(app)
        server = Server(Starlette(routes=[Route("/slack/events", handler.handle, methods=["POST"])]))
        sim.transport.request_url = f"{await server.start(0)}/slack/events"
        await office.put_template()
        await store.write(lambda tx: add_people(tx, people))
        await office.put_audience("Everybody", AudienceRule())
        try:
            yield office
        finally:
            await server.stop()
            await store.close()
