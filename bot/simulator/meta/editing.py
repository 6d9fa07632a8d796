"""Creating and editing templates: what Meta checks before it takes them, and how often it lets them change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.simulator.meta.errors import GraphError
from bot.simulator.meta.templates import Template

if TYPE_CHECKING:
    from bot.simulator.meta.templates import Catalogue

_NAME = re.compile(r"[a-z0-9_]{1,512}")
_DAY = 86_400.0
_EDITS_A_DAY, _EDITS_A_MONTH = 1, 10
_CREATIONS_AN_HOUR = 100
_BODY_LENGTH = 1024
# Meta, "Time to live", read 2026-02-27: seconds by category; -1 is not for marketing.
_LIFETIMES = {"MARKETING": (43_200, 2_592_000), "UTILITY": (30, 43_200), "AUTHENTICATION": (30, 900)}
_EDITABLE_STATES = frozenset({"APPROVED", "REJECTED", "PAUSED"})
_EXTRA = frozenset({"optimization_spec", "cta_url_link_tracking_opted_out", "degrees_of_freedom_spec", "sub_category"})
_CREATION = frozenset({"name", "language", "category", "components", "parameter_format", "message_send_ttl_seconds"})
_EDIT = frozenset({"category", "components", "message_send_ttl_seconds"})


def create(catalogue: Catalogue, body: dict[str, Any], now: float) -> Template:
    """Put a template into review. Raises 100, 2388024, 2388040, 2388299 and, over 100 in an hour, 80007."""
    _only(body, _CREATION | _EXTRA)
    missing = sorted({"name", "language", "category", "components"} - set(body))
    if missing:
        raise GraphError(100, f"The parameter {missing[0]} is required")
    if not _NAME.fullmatch(str(body["name"])):
        raise GraphError(100, "The parameter name may hold only lower-case letters, digits and underscores")
    if catalogue.find(body["name"], body["language"]):
        raise GraphError(2388024, f"There is already {body['language']} content for {body['name']}")
    _check_pace(catalogue, now)
    _check_category(body["category"])
    _check_components(body["components"])
    _check_lifetime(body["category"], body.get("message_send_ttl_seconds"))
    template = Template(
        id=catalogue.new_id(),
        status="PENDING",
        quality="UNKNOWN",
        approved_at=now,
        updated_at=now,
        extra={key: body[key] for key in _EXTRA & set(body)},
        **{key: body[key] for key in _CREATION & set(body)},
    )
    catalogue.add(template)
    return template


def edit(template: Template, body: dict[str, Any], now: float, *, ignore_ttl: bool) -> None:
    """Change category, components or lifetime. Raises 100 for values, states and the quota (1 in 24 h, 10 in 30 d)."""
    _only(body, _EDIT | _EXTRA)
    if not body:
        raise GraphError(100, "Nothing to edit: give category, components or message_send_ttl_seconds")
    if template.status not in _EDITABLE_STATES:
        raise GraphError(100, f"A template in state {template.status} cannot be edited")
    if "category" in body:
        _check_category(body["category"])
        if template.status == "APPROVED":
            raise GraphError(100, "The category of an approved template cannot be edited")
    if "components" in body:
        _check_components(body["components"])
    _check_lifetime(body.get("category", template.category), body.get("message_send_ttl_seconds"))
    _check_quota(template, now)
    _apply(template, body, now, ignore_ttl=ignore_ttl)


def _apply(template: Template, body: dict[str, Any], now: float, *, ignore_ttl: bool) -> None:
    template.edits.append(now)
    template.updated_at = now
    template.extra.update({key: body[key] for key in _EXTRA & set(body)})
    for key in _EDIT & set(body):
        if key != "message_send_ttl_seconds" or not ignore_ttl:
            setattr(template, key, body[key])


def _only(body: dict[str, Any], known: frozenset[str]) -> None:
    for key in body:
        if key not in known:
            raise GraphError(100, f'Unexpected key "{key}" on param "template"')


def _check_pace(catalogue: Catalogue, now: float) -> None:
    recent = sum(1 for t in catalogue.by_id.values() if t.quality == "UNKNOWN" and now - t.approved_at < _DAY / 24)
    if recent >= _CREATIONS_AN_HOUR:
        raise GraphError(80007, f"No more than {_CREATIONS_AN_HOUR} templates can be created in an hour")


def _check_category(category: object) -> None:
    if category not in _LIFETIMES:
        raise GraphError(100, f"Param category must be one of {', '.join(_LIFETIMES)}")


def _check_lifetime(category: str, ttl: object) -> None:
    if ttl is None:
        return
    lowest, highest = _LIFETIMES[category]
    endless = ttl == -1 and category != "MARKETING"
    if not isinstance(ttl, int) or isinstance(ttl, bool) or not (endless or lowest <= ttl <= highest):
        raise GraphError(
            100, f"Param message_send_ttl_seconds must be from {lowest} to {highest} for {category}, got {ttl}"
        )


def _check_quota(template: Template, now: float) -> None:
    if template.status != "APPROVED":
        return
    for limit, days in ((_EDITS_A_DAY, 1), (_EDITS_A_MONTH, 30)):
        if sum(1 for at in template.edits if now - at < days * _DAY) >= limit:
            raise GraphError(100, f"An approved template can be edited {limit} time(s) in {days} day(s); try later")


def _check_components(components: object) -> None:
    if not isinstance(components, list) or not all(isinstance(part, dict) and "type" in part for part in components):
        raise GraphError(100, "Param components must be a list of objects with a type")
    body = next((part for part in components if part["type"].upper() == "BODY"), None)
    if body is None or not body.get("text"):
        raise GraphError(2388072, "The template needs a BODY with a text")
    text = body["text"]
    if len(text) > _BODY_LENGTH:
        raise GraphError(2388040, f"The BODY has more than {_BODY_LENGTH} characters")
    if text.startswith("{{") or text.endswith("}}"):
        raise GraphError(2388299, "The BODY cannot start or end with a variable")
