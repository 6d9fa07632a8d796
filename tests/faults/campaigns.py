"""Approved campaigns, written into the database by the same services that people's clicks reach."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bot.domain.approval import Shown
from bot.domain.audience import AudienceRule
from bot.domain.campaign import Campaign, CampaignId, CampaignSpec, CampaignState
from bot.domain.consent import ConsentEvent, ConsentKind
from bot.domain.instants import Millis
from bot.domain.policy import Policy
from bot.domain.rates import default_card
from bot.domain.roles import Actor, Role
from bot.domain.template import Template
from bot.ports.people import NewPerson
from bot.ports.storage import Storage, Transaction
from bot.services import approving, drafting
from bot.services.planning import Planner

TEAM = "T0ARAUTO"
AUTHOR = Actor(user="U0ANA", team=TEAM, roles=frozenset({Role.MARKETER}))
MANAGER = Actor(user="U0BRUNO", team=TEAM, roles=frozenset({Role.APPROVER, Role.MARKETER}))
ADMIN = Actor(user="U0CARLA", team=TEAM, roles=frozenset({Role.ADMIN, Role.MARKETER}))


def a_british_phone(n: int) -> str:
    """Give the n-th number: the thousand reserved for fiction first, then numbers made up for this run."""
    return f"+447700{900_000 + n:06}"


@dataclass(slots=True)
class Author:
    """Writes campaigns to so many fresh people, ready to be launched by whoever serves from the database."""

    store: Storage
    policy: Policy
    template: Template
    now: Millis
    _people: int = field(default=0)
    _campaigns: int = field(default=0)
    _clicks: Iterator[int] = field(default_factory=count)

    async def approved(self, people: int, **spec: Any) -> Campaign:
        """Store people, plan a campaign to exactly them, and have it approved."""
        campaign = await self.store.write(lambda tx: self._submit(tx, people, spec))
        planner = Planner(self.policy, default_card(), lambda: f"click-{next(self._clicks)}", secrets.token_bytes)
        while await self.store.write(lambda tx: planner.step(tx, campaign.id, self.now)):
            pass
        return await self.store.write(lambda tx: self._approve(tx, campaign.id))

    async def audience(self, name: str, people: int) -> None:
        """Store people and an audience of exactly them, for somebody who makes the campaign in Slack."""
        tag = name.lower()

        def work(tx: Transaction) -> None:
            self._enrol(tx, people, tag)
            tx.audiences.add(name, AudienceRule(tags_any=frozenset({tag})), AUTHOR.user, self.now)
            tx.templates.put(self.template, self.now)

        await self.store.write(work)

    def _submit(self, tx: Transaction, people: int, spec: dict[str, Any]) -> Campaign:
        self._campaigns += 1
        name = f"Campaign {self._campaigns}"
        tag = f"wave-{self._campaigns}"
        self._enrol(tx, people, tag)
        audience = tx.audiences.add(name, AudienceRule(tags_any=frozenset({tag})), AUTHOR.user, self.now)
        tx.templates.put(self.template, self.now)
        wanted = CampaignSpec(
            name=name,
            template_id=self.template.id,
            audience_id=audience.id,
            channel="C0MARKETING",
            **{"phone_number_id": self.policy.phone_number_ids[0], **spec},
        )
        return drafting.submit(tx, wanted, AUTHOR, f"tok{self._campaigns}", self.now)

    def _enrol(self, tx: Transaction, people: int, tag: str) -> None:
        phones = [a_british_phone(n) for n in range(self._people, self._people + people)]
        self._people += people
        saved = tx.people.save([_person(phone, tag) for phone in phones], self.now)
        yes = ConsentEvent(kind=ConsentKind.OPT_IN, at=self.now, source="shop", wording="Yes please", actor="test")
        tx.consents.record([(one.person_id, yes) for one in saved], self.now)

    def _approve(self, tx: Transaction, campaign_id: CampaignId) -> Campaign:
        planned = drafting.require_campaign(tx, campaign_id)
        if planned.state is not CampaignState.IN_REVIEW or planned.digest is None:
            raise AssertionError(f"planning ended in {planned.state}: {planned.reason}")
        shown = Shown(campaign_id=campaign_id, version=planned.version, digest=planned.digest)
        return approving.approve(tx, shown, MANAGER, self.policy, self.now)


def _person(phone: str, tag: str) -> NewPerson:
    return NewPerson(
        phone=phone,
        identity=phone.removeprefix("+"),
        country="GB",
        market="United Kingdom",
        name="Ada Lovelace",
        language="en_GB",
        tags=frozenset({tag}),
    )
