"""Rows of what is kept beside people and messages."""

from dataclasses import asdict

from bot.domain.campaign import CampaignId
from bot.domain.instants import Millis
from bot.ports.records import AuditEntry, AuditRow, Card, DigestSchedule, Notice, NumberStatus, Trouble
from storage.rows.values import Row, from_json, to_json


def audit_row(row: Row) -> AuditRow:
    """Build a line of the audit chain."""
    entry = AuditEntry(
        at=Millis(row["at"]),
        actor=row["actor"],
        action=row["action"],
        subject=row["subject"],
        detail=from_json(row["detail"]),
    )
    return AuditRow(row["seq"], entry, row["previous_hash"], row["hash"])


def card(row: Row) -> Card:
    """Build a card."""
    return Card(
        campaign_id=CampaignId(row["campaign_id"]),
        kind=row["kind"],
        channel=row["channel"],
        ts=row["ts"],
        wanted=row["wanted"],
        drawn=row["drawn"],
        content_hash=row["content_hash"],
        drawn_at=row["drawn_at"],
        dead=row["dead"],
        posting_at=row["posting_at"],
    )


def notice(row: Row) -> Notice:
    """Build a notice."""
    return Notice(
        key=row["key"],
        channel=row["channel"],
        campaign_id=row["campaign_id"],
        in_thread=bool(row["in_thread"]),
        broadcast=bool(row["broadcast"]),
        text=row["text"],
        blocks=from_json(row["blocks"]),
        asked_by=row["asked_by"],
        posting_at=row["posting_at"],
    )


def notice_values(item: Notice) -> dict[str, object]:
    """Give a notice's columns."""
    return {
        "key": item.key,
        "channel": item.channel,
        "campaign_id": item.campaign_id,
        "in_thread": item.in_thread,
        "broadcast": item.broadcast,
        "text": item.text,
        "blocks": to_json([dict(block) for block in item.blocks]),
        "asked_by": item.asked_by,
    }


def trouble(row: Row) -> Trouble:
    """Build a trouble."""
    return Trouble(
        place=row["place"],
        why=row["why"],
        since=Millis(row["since"]),
        tries=row["tries"],
        retry_at=Millis(row["retry_at"]),
    )


def digest_schedule(row: Row) -> DigestSchedule:
    """Build a digest's schedule."""
    return DigestSchedule(
        id=row["id"],
        channel=row["channel"],
        kind=row["kind"],
        at=row["at"],
        zone=row["zone"],
        created_by=row["created_by"],
        created_at=Millis(row["created_at"]),
    )


def number_status(row: Row) -> NumberStatus:
    """Build a number's status."""
    return NumberStatus(
        phone_number_id=row["phone_number_id"],
        display=row["display"],
        granted_mps=row["granted_mps"],
        messaging_limit=row["messaging_limit"],
        quality=row["quality"],
        pace=row["pace"],
        rests_until=row["rests_until"],
        blocked=row["blocked"],
        checked_at=row["checked_at"],
    )


def number_values(status: NumberStatus) -> dict[str, object]:
    """Give a number's columns."""
    return asdict(status)
