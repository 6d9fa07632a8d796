"""Writing the audit chain: who did what to which campaign or person, refusals included."""

from typing import Any

from bot.domain.campaign import Campaign
from bot.domain.instants import Millis
from bot.ports.records import AuditEntry
from bot.ports.storage import Transaction


def subject(campaign: Campaign) -> str:
    """Name a campaign in the audit chain."""
    return f"campaign {campaign.token}"


def record(tx: Transaction, campaign: Campaign, action: str, actor: str, now: Millis, **detail: Any) -> None:
    """Append one line about a campaign; `detail` must be JSON and hold no phone number."""
    facts = {"version": campaign.version, "digest": campaign.digest, **detail}
    tx.audit.append(AuditEntry(at=now, actor=actor, action=action, subject=subject(campaign), detail=facts))


def record_of_person(tx: Transaction, person_id: int, action: str, actor: str, now: Millis, **detail: str) -> None:
    """Append one line about a person, who is named by the number of their row only."""
    tx.audit.append(AuditEntry(at=now, actor=actor, action=action, subject=f"person {person_id}", detail=detail))


def record_denial(tx: Transaction, what: str, actor: str, team: str, why: str, now: Millis) -> None:
    """Append one line about somebody who was refused."""
    detail = {"team": team, "why": why}
    tx.audit.append(AuditEntry(at=now, actor=actor, action="denied", subject=what, detail=detail))
