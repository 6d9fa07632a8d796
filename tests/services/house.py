"""The services at work on real SQLite: a campaign is taken to any stage of its life by the services themselves."""

import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from bot.domain.approval import Shown
from bot.domain.audience import AudienceRule
from bot.domain.campaign import Campaign, CampaignId
from bot.domain.delivery import Status, StatusEvent
from bot.domain.instants import Millis
from bot.domain.message import Dispatch, Recipient, RecipientId
from bot.domain.policy import Policy
from bot.domain.rates import RateCard, default_card
from bot.domain.roles import Actor, Role
from bot.domain.template import Template
from bot.ports.meta import Accepted, ErrorClass, Failure, Outcome, Refused
from bot.ports.recipients import Claim, Fence
from bot.ports.records import AuditEntry
from bot.ports.storage import Storage, Transaction
from bot.services import approving, drafting, launching, sending, settling
from bot.services.launching import Check
from bot.services.planning import Planner
from bot.services.sending import Marked
from bot.services.settling import Effects, Settlement
from storage import open_storage
from tests.builders import NUMBER, TestClock, a_phone, a_spec, a_template, add_people

T = TypeVar("T")

TEAM = "T0TEAM"
ANA = Actor(user="U0ANA", team=TEAM, roles=frozenset({Role.MARKETER}))
BRUNO = Actor(user="U0BRUNO", team=TEAM, roles=frozenset({Role.MARKETER, Role.APPROVER}))
DORA = Actor(user="U0DORA", team=TEAM, roles=frozenset({Role.APPROVER}))
CARLA = Actor(user="U0CARLA", team=TEAM, roles=frozenset({Role.ADMIN, Role.MARKETER}))
GUEST = Actor(user="U0GUS", team=TEAM, is_guest=True)
EVE = Actor(user="U0EVE", team="T0OTHER", roles=frozenset(Role), is_outsider=True)
APPROVALS = "C0APPROVALS"


def a_policy(**changes: Any) -> Policy:
    policy = Policy(approval_channel=APPROVALS, phone_number_ids=(NUMBER,), template_wait_seconds=600)
    return replace(policy, **changes)


def a_failure(kind: ErrorClass, code: int = 1, **changes: Any) -> Failure:
    return replace(Failure(code, kind, "It did not work", "Mend it"), **changes)


def refused(kind: ErrorClass, code: int = 1, **changes: Any) -> Refused:
    return Refused(a_failure(kind, code, **changes))


def a_status(status: Status, wamid: str = "wamid.1", at: int = 0, **changes: Any) -> StatusEvent:
    return StatusEvent(phone_number_id=NUMBER, wamid=wamid, status=status, at=Millis(at))._replace(**changes)


def shown(campaign: Campaign, **changes: Any) -> Shown:
    card = Shown(campaign_id=campaign.id, version=campaign.version, digest=campaign.digest or "")
    return replace(card, **changes)


@dataclass
class House:
    """Storage, clock and house rules; verbs take a campaign one stage on, the way the bot does."""

    store: Storage
    clock: TestClock
    policy: Policy
    tokens: "itertools.count[int]" = field(default_factory=itertools.count)
    card: RateCard = field(default_factory=default_card)
    noise: Random = field(default_factory=lambda: Random(7))  # noqa: S311 - plans of a test are to be alike

    async def write(self, work: Callable[[Transaction], T]) -> T:
        return await self.store.write(work)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self.store.read(work)

    @property
    def now(self) -> Millis:
        return self.clock.now()

    def pass_time(self, milliseconds: int) -> None:
        self.clock.instant += milliseconds

    # Stages of a campaign.

    async def submitted(self, token: str = "7Q2K", *, template: Template | None = None, **spec: Any) -> Campaign:
        """Submit a campaign to everybody on record."""

        def submit(tx: Transaction) -> Campaign:
            known = template or a_template(id=spec.get("template_id", "900100"))
            tx.templates.put(known, self.now)
            rule = AudienceRule()
            audience = tx.audiences.by_name("Everybody") or tx.audiences.add("Everybody", rule, ANA.user, self.now)
            wanted = a_spec(**{"audience_id": audience.id, "template_id": known.id, **spec})
            return drafting.submit(tx, wanted, ANA, token, self.now)

        return await self.write(submit)

    async def planned(self, people: int = 3, **spec: Any) -> Campaign:
        """Submit a campaign to so many opted-in people and plan it."""
        await self.write(lambda tx: add_people(tx, people))
        return await self.plan(await self.submitted(**spec))

    async def plan(self, campaign: Campaign) -> Campaign:
        while await self.write(lambda tx: self.planner.step(tx, campaign.id, self.now)):
            pass
        return await self.campaign(campaign.id)

    @property
    def planner(self) -> Planner:
        return Planner(self.policy, self.card, lambda: f"click{next(self.tokens)}", self.noise.randbytes)

    async def approved(self, people: int = 3, **spec: Any) -> Campaign:
        return await self.approve(await self.planned(people, **spec))

    async def approve(self, campaign: Campaign, actor: Actor = BRUNO) -> Campaign:
        return await self.write(lambda tx: approving.approve(tx, shown(campaign), actor, self.policy, self.now))

    async def launch(self, campaign: Campaign, template: Template | None) -> Check:
        return await self.write(lambda tx: launching.launch(tx, campaign.id, template, self.policy, self.now))

    async def sending(self, people: int = 3, **spec: Any) -> Campaign:
        """Give a campaign that has started; nothing has left."""
        campaign = await self.approved(people, **spec)
        await self.launch(campaign, campaign.template)
        return await self.campaign(campaign.id)

    async def fence(self) -> Fence:
        fence = await self.write(lambda tx: tx.leases.take(f"number {NUMBER}", "worker", self.now, 86_400_000))
        assert fence is not None
        return fence

    async def claim(self, campaign: Campaign, limit: int = 100) -> list[RecipientId]:
        fence = await self.fence()
        return await self.write(lambda tx: sending.claim(tx, campaign.id, limit, fence, self.now))

    async def mark(self, campaign: Campaign, limit: int = 100) -> Marked:
        """Claim and mark what is due."""
        ids, fence = await self.claim(campaign, limit), await self.fence()
        return await self.write(lambda tx: sending.mark(tx, campaign.id, ids, fence, self.policy, self.now))

    async def marked(self, people: int = 3, **spec: Any) -> tuple[Campaign, list[Recipient]]:
        """Give a sending campaign whose messages are all on the wire."""
        campaign = await self.sending(people, **spec)
        marked = await self.mark(campaign)
        return campaign, [claim.recipient for claim in marked.go]

    async def settle(self, *outcomes: tuple[Recipient, Outcome]) -> Effects:
        """Write what came of requests."""
        settlements = [Settlement(row.id, row.attempt, outcome) for row, outcome in outcomes]
        return await self.write(lambda tx: settling.settle(tx, settlements, self.now))

    async def accepted(self, people: int = 3, **spec: Any) -> tuple[Campaign, list[Recipient]]:
        """Give a campaign that Meta took all messages of, as `wamid.1`, `wamid.2` and so on."""
        campaign, rows = await self.marked(people, **spec)
        await self.settle(*((row, Accepted(f"wamid.{n}")) for n, row in enumerate(rows, 1)))
        return await self.campaign(campaign.id), await self.rows(campaign)

    async def sent(self, people: int = 3, **spec: Any) -> tuple[Campaign, list[Recipient]]:
        """Give a campaign of which everything has left."""
        campaign, rows = await self.accepted(people, **spec)
        return await self.finish(campaign), rows

    async def finish(self, campaign: Campaign) -> Campaign:
        await self.write(lambda tx: sending.finish(tx, campaign.id, self.now))
        return await self.campaign(campaign.id)

    # What a test looks at.

    async def campaign(self, campaign_id: CampaignId) -> Campaign:
        found = await self.read(lambda tx: tx.campaigns.get(campaign_id))
        assert found is not None
        return found

    async def rows(self, campaign: Campaign) -> list[Recipient]:
        return await self.read(lambda tx: [row.recipient for row in tx.recipients.rows(campaign.id)])

    async def dispatches(self, campaign: Campaign) -> list[Dispatch]:
        return [row.dispatch for row in await self.rows(campaign)]

    async def tallies(self, campaign: Campaign) -> dict[str, int]:
        """Give the counters, having made sure that they equal a recount."""
        found = await self.read(lambda tx: dict(tx.campaigns.tallies(campaign.id)))
        assert found == await self.read(lambda tx: dict(tx.campaigns.recount(campaign.id)))
        return found

    async def said(self) -> list[str]:
        """Read every notice that waits to be posted."""
        return await self.read(lambda tx: [notice.text for _, notice in tx.notices.waiting(1000)])

    async def audit(self) -> list[AuditEntry]:
        return await self.read(lambda tx: [row.entry for row in tx.audit.rows()])

    async def actions(self) -> Sequence[str]:
        return [entry.action for entry in await self.audit()]

    async def standing(self, n: int) -> Any:
        person = await self.read(lambda tx: tx.people.find(a_phone(n)))
        assert person is not None
        return person.standing


@asynccontextmanager
async def a_house(folder: Path, **policy: Any) -> AsyncIterator[House]:
    clock = TestClock()
    store = open_storage(f"sqlite:///{folder / 'arauto.db'}", clock=clock)
    try:
        yield House(store, clock, a_policy(**policy))
    finally:
        await store.close()


__all__ = ["Claim", "House", "a_failure", "a_house", "a_policy", "a_status", "refused", "shown"]
