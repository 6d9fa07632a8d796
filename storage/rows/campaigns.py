"""Rows of campaigns and templates, and the snapshots a campaign freezes."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from bot.domain.campaign import Campaign, CampaignId, CampaignSpec, CampaignState, ProductPolicy
from bot.domain.instants import Millis
from bot.domain.plan import PlanSummary
from bot.domain.template import Template
from storage.rows.values import Row, from_json, optional_bool, to_json


def campaign(row: Row) -> Campaign:
    """Build a campaign."""
    return Campaign(
        id=CampaignId(row["id"]),
        token=row["token"],
        spec=_spec(row),
        state=CampaignState(row["state"]),
        version=row["version"],
        revision=row["revision"],
        created_by=row["created_by"],
        team=row["team"],
        created_at=Millis(row["created_at"]),
        template=template_snapshot(row["template"]),
        plan=plan_snapshot(row["plan"]),
        digest=row["digest"],
        submitted_at=row["submitted_at"],
        approved_by=row["approved_by"],
        approved_at=row["approved_at"],
        approval_expires_at=row["approval_expires_at"],
        started_at=row["started_at"],
        sent_at=row["sent_at"],
        reason=row["reason"],
        hold_until=row["hold_until"],
    )


def campaign_values(item: Campaign) -> dict[str, object]:
    """Give every column that may change, the specification included."""
    return {
        **spec_values(item.spec),
        "state": item.state.value,
        "version": item.version,
        "revision": item.revision,
        "template": None if item.template is None else to_json(asdict(item.template)),
        "plan": None if item.plan is None else _plan_json(item.plan),
        "digest": item.digest,
        "submitted_at": item.submitted_at,
        "approved_by": item.approved_by,
        "approved_at": item.approved_at,
        "approval_expires_at": item.approval_expires_at,
        "started_at": item.started_at,
        "sent_at": item.sent_at,
        "reason": item.reason,
        "hold_until": item.hold_until,
    }


def spec_values(spec: CampaignSpec) -> dict[str, object]:
    """Give the columns of what the author asked for."""
    return {
        "name": spec.name,
        "template_id": spec.template_id,
        "audience_id": spec.audience_id,
        "channel": spec.channel,
        "phone_number_id": spec.phone_number_id,
        "ttl_seconds": spec.ttl_seconds,
        "scheduled_at": spec.scheduled_at,
        "offer_ends_at": spec.offer_ends_at,
        "policy": spec.policy.value,
        "activity_sharing": spec.activity_sharing,
        "bindings": to_json(dict(spec.bindings)),
    }


def _spec(row: Row) -> CampaignSpec:
    return CampaignSpec(
        name=row["name"],
        template_id=row["template_id"],
        audience_id=row["audience_id"],
        channel=row["channel"],
        phone_number_id=row["phone_number_id"],
        ttl_seconds=row["ttl_seconds"],
        scheduled_at=row["scheduled_at"],
        offer_ends_at=row["offer_ends_at"],
        policy=ProductPolicy(row["policy"]),
        activity_sharing=optional_bool(row["activity_sharing"]),
        bindings=from_json(row["bindings"]),
    )


def template(row: Row) -> Template:
    """Build a template."""
    return _template(
        {
            **{field: row[field] for field in _TEMPLATE_TEXTS},
            "components": from_json(row["components"]),
            "has_bid": bool(row["has_bid"]),
        }
    )


def template_values(item: Template) -> dict[str, object]:
    """Give a template's columns."""
    return {
        **{field: getattr(item, field) for field in _TEMPLATE_TEXTS},
        "components": to_json([dict(component) for component in item.components]),
        "has_bid": item.has_bid,
    }


_TEMPLATE_TEXTS = (
    "id",
    "name",
    "language",
    "status",
    "category",
    "parameter_format",
    "ttl_seconds",
    "quality",
    "last_updated_at",
    "last_used_at",
)


def template_snapshot(text: str | None) -> Template | None:
    """Read the template a campaign froze."""
    return None if text is None else _template(from_json(text))


def _template(stored: Mapping[str, Any]) -> Template:
    return Template(**{**stored, "components": tuple(stored["components"])})


def plan_snapshot(text: str | None) -> PlanSummary | None:
    """Read the plan a campaign froze."""
    if text is None:
        return None
    stored = from_json(text)
    stored["cost_ceiling"] = Decimal(stored["cost_ceiling"])
    stored["rates"] = {market: Decimal(rate) for market, rate in stored["rates"].items()}
    stored["samples"] = {reason: tuple(shown) for reason, shown in stored["samples"].items()}
    stored["examples"] = tuple(stored["examples"])
    return PlanSummary(**stored)


def _plan_json(plan: PlanSummary) -> str:
    """Write a plan as JSON text; money as text, because a binary fraction would not come back as it went."""
    stored = {field: getattr(plan, field) for field in PlanSummary.__slots__}
    stored["cost_ceiling"] = str(plan.cost_ceiling)
    stored["rates"] = {market: str(rate) for market, rate in plan.rates.items()}
    stored["samples"] = {reason: list(shown) for reason, shown in plan.samples.items()}
    for field in ("excluded", "by_country", "by_market", "fallbacks", "missing"):
        stored[field] = dict(stored[field])
    stored["examples"] = list(plan.examples)
    return to_json(stored)
