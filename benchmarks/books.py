"""Databases to measure on: people by the hundred thousand, campaigns at any stage, without Slack.

People and accepted messages are written with SQL of their own, because a million of them through the services would
take longer than what is measured. Everything else goes through the services.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from benchmarks import engines
from bot.domain.approval import Shown
from bot.domain.audience import AudienceRule
from bot.domain.campaign import Campaign, CampaignId, CampaignSpec
from bot.domain.instants import Millis
from bot.domain.policy import Policy
from bot.domain.rates import default_card
from bot.domain.roles import Actor, Role
from bot.domain.template import Template, variables
from bot.ports.storage import Storage, Transaction
from bot.services import approving, drafting
from bot.services.planning import Planner

NUMBER = "106540352242922"
TEAM = "T0BENCH"
AUTHOR = Actor(user="U0ANA", team=TEAM, roles=frozenset({Role.MARKETER}))
MANAGER = Actor(user="U0BRUNO", team=TEAM, roles=frozenset({Role.APPROVER}))
POLICY = Policy(approval_channel="C0APPROVALS", phone_number_ids=(NUMBER,), max_mps=1_000, template_wait_seconds=0)

# Numbers are made up in this process: Brazilian mobile numbers, counted up from 11 9 1000 0000.
_ADD_PEOPLE = """
WITH RECURSIVE n (i) AS (SELECT CAST(:first AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :first + :count)
INSERT INTO people
  (phone, identity, country, market, name, language, standing, opted_in_at, created_at, updated_at)
SELECT '+5511' || (910000000 + i), '5511' || (910000000 + i), 'BR', 'Brazil', 'Ada ' || i, 'pt_BR', 1, :now, :now, :now
FROM n
"""
_ADD_CONSENTS = """
INSERT INTO consents (id, person_id, kind, at, source, wording, evidence, actor, recorded_at)
SELECT 1, id, 'opt_in', :now, 'web form', 'Yes, write to me', 'benchmark', 'cli', :now FROM people WHERE id > :after
"""
_ACCEPT = """
UPDATE recipients SET dispatch = 'accepted', sending_at = :now, accepted_at = :now,
  wamid = 'wamid.HBgNNTUxMTkxMDAwMDAwMBUCABEYEkI' || substr(CAST(1000000000 + id AS TEXT), 2)
WHERE campaign_id = :campaign
"""
_COUNT_ACCEPTED = "UPDATE tallies SET fact = 'sent' WHERE campaign_id = :campaign AND fact = 'waiting'"
_COUNT_DELIVERY = """
INSERT INTO tallies (campaign_id, fact, n)
SELECT :campaign, :fact, count(*) FROM recipients WHERE campaign_id = :campaign
"""


def a_template(now: Millis, **changes: object) -> Template:
    """Give an approved template with one variable in its text."""
    given = {
        "id": "900100",
        "name": "spring_offer",
        "language": "pt_BR",
        "status": "APPROVED",
        "category": "MARKETING",
        "components": ({"type": "BODY", "text": "Hello {{1}}, 20% off today."},),
        "last_updated_at": now,
    }
    return Template(**{**given, **changes})  # type: ignore[arg-type]  # the fields of a template, by name


def add_people(database: Path | str, count: int, now: Millis) -> None:
    """Put so many opted-in people on record, behind those who are there."""
    with engines.connected(database) as run:
        known = next(iter(run("SELECT coalesce(max(id), 0) AS last FROM people", {})))["last"]
        run(_ADD_PEOPLE, {"first": known, "count": count, "now": now})
        run(_ADD_CONSENTS, {"after": known, "now": now})
    engines.count_people(database)


def accept_all(database: Path | str, campaign: Campaign, now: Millis) -> None:
    """Let Meta have accepted every message of a planned campaign."""
    with engines.connected(database) as run:
        for sql in (_ACCEPT, _COUNT_ACCEPTED, _COUNT_DELIVERY):
            run(sql, {"campaign": campaign.id, "now": now, "fact": "delivery:none"})
    engines.count_people(database)


def wamid_of(recipient_id: int) -> str:
    """Give the message id that `accept_all` writes, as long as Meta's are."""
    return f"wamid.HBgNNTUxMTkxMDAwMDAwMBUCABEYEkI{recipient_id:09}"


@dataclass(frozen=True, slots=True)
class Author:
    """Takes a campaign to everybody on record as far as approval."""

    store: Storage
    template: Template
    now: Millis
    number: str = NUMBER

    async def submitted(self, name: str = "bench") -> Campaign:
        """Submit one; nothing is planned yet."""
        return await self.store.write(lambda tx: self._submit(tx, name))

    async def planned(self, name: str = "bench") -> Campaign:
        """Submit one and freeze its recipients."""
        campaign = await self.submitted(name)
        planner = Planner(POLICY, default_card(), lambda: f"click-{campaign.token}", secrets.token_bytes)
        while await self.store.write(lambda tx: planner.step(tx, campaign.id, self.now)):
            pass
        return await self.store.read(lambda tx: drafting.require_campaign(tx, campaign.id))

    async def approved(self, name: str = "bench") -> Campaign:
        """Plan one and have it approved."""
        planned = await self.planned(name)
        return await self.store.write(lambda tx: self._approve(tx, planned.id))

    def _submit(self, tx: Transaction, name: str) -> Campaign:
        tx.templates.put(self.template, self.now)
        audience = tx.audiences.by_name("all") or tx.audiences.add("all", AudienceRule(), AUTHOR.user, self.now)
        spec = CampaignSpec(
            name=f"Benchmark {name}",
            template_id=self.template.id,
            audience_id=audience.id,
            channel="C0MARKETING",
            phone_number_id=self.number,
            bindings={variable.key: "{{first_name|friend}}" for variable in variables(self.template)},
        )
        return drafting.submit(tx, spec, AUTHOR, name, self.now)

    def _approve(self, tx: Transaction, campaign_id: CampaignId) -> Campaign:
        campaign = drafting.require_campaign(tx, campaign_id)
        if campaign.digest is None:
            raise RuntimeError(f"planning ended in {campaign.state}: {campaign.reason}")
        shown = Shown(campaign_id=campaign_id, version=campaign.version, digest=campaign.digest)
        return approving.approve(tx, shown, MANAGER, POLICY, self.now)
