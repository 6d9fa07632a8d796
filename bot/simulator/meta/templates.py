"""The account's templates: reading and listing them, and whether one may be sent now."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.simulator.meta.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.simulator.meta.behaviour import Knobs

DEFAULT_TTL = 2_592_000
_DEFAULT_FIELDS = ("name", "parameter_format", "components", "language", "status", "category", "id")
_PAGE_SIZE, _LARGEST_PAGE = 25, 1000
_CURSOR_MARK = "tpl:"


@dataclass(slots=True, kw_only=True)
class Template:
    """One translation of one template; instants are simulated unix seconds."""

    id: str
    name: str
    language: str
    category: str
    components: list[dict[str, Any]]
    approved_at: float
    updated_at: float
    status: str = "APPROVED"
    parameter_format: str = "POSITIONAL"
    message_send_ttl_seconds: int | None = None
    quality: str = "GREEN"
    rejected_reason: str = "NONE"
    previous_category: str | None = None
    correct_category: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)  # optimization_spec, cta_url_link_tracking_opted_out, ..
    used_at: float = 0.0
    woken_at: float = 0.0
    edits: list[float] = field(default_factory=list)

    def everything(self) -> dict[str, Any]:
        """Show every field Graph can read; None stands for a field that is absent."""
        return {
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "sub_category": self.extra.get("sub_category"),
            "previous_category": self.previous_category,
            "correct_category": self.correct_category,
            "components": self.components,
            "parameter_format": self.parameter_format,
            "quality_score": {"score": self.quality, "date": int(self.updated_at)},
            "rejected_reason": self.rejected_reason,
            "message_send_ttl_seconds": self.message_send_ttl_seconds,
            "cta_url_link_tracking_opted_out": self.extra.get("cta_url_link_tracking_opted_out", False),
            "last_updated_time": datetime.fromtimestamp(self.updated_at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "health_status": self._health(),
            "library_template_name": self.extra.get("library_template_name"),
            "product_set_id": self.extra.get("product_set_id"),
            "degrees_of_freedom_spec": self.extra.get("degrees_of_freedom_spec"),
            "optimization_spec": self.extra.get("optimization_spec"),
            "ad_id": f"12{self.id}",
            "ad_account_id": "act_4455667788",
            "ad_campaign_id": f"13{self.id}",
            "ad_adset_id": f"14{self.id}",
        }

    def _health(self) -> dict[str, Any]:
        can = "AVAILABLE" if self.status == "APPROVED" else "BLOCKED"
        return {
            "can_send_message": can,
            "entities": [{"entity_type": "MESSAGE_TEMPLATE", "id": self.id, "can_send_message": can}],
        }


def choose(everything: dict[str, Any], fields: str | None, default: Iterable[str]) -> dict[str, Any]:
    """Return exactly the asked-for fields that have a value, and always the id, as Graph does."""
    asked = [name.strip() for name in fields.split(",") if name.strip()] if fields else list(default)
    for name in asked:
        if name not in everything:
            raise GraphError(100, f"Tried accessing nonexisting field ({name})")
    return {name: everything[name] for name in dict.fromkeys([*asked, "id"]) if everything[name] is not None}


class Catalogue:
    """All templates of the account, in a stable order."""

    def __init__(self, templates: Iterable[Template], knobs: Knobs) -> None:
        self._knobs = knobs
        self.by_id: dict[str, Template] = {}
        self._by_name: dict[tuple[str, str], Template] = {}
        for template in templates:
            self.add(template)

    def add(self, template: Template) -> None:
        """Put a new translation in."""
        self.by_id[template.id] = template
        self._by_name[template.name, template.language] = template

    def find(self, name: str, language: str) -> Template | None:
        """Find one translation; the language must match exactly."""
        return self._by_name.get((name, language))

    def named(self, name_or_id: str) -> list[Template]:
        """Find the translations of a name, or the one with this id."""
        return [t for t in self.by_id.values() if name_or_id in {t.name, t.id}]

    def new_id(self) -> str:
        """Return an id nobody has: as long as Meta's, larger than a double holds exactly."""
        return str(1_689_556_908_129_000 + 7 * (len(self.by_id) + 1))

    def page(self, query: dict[str, str]) -> tuple[list[dict[str, Any]], dict[str, str], bool]:
        """List a page: its rows, its cursors, and whether there are more. Raises 100 and 131059."""
        size = _limit(query.get("limit"))
        rows = [t for t in self.by_id.values() if _matches(t, query)]
        start = self._after(rows, query["after"]) if query.get("after") else 0
        shown = rows[start : start + size]
        data = [choose(t.everything(), query.get("fields"), _DEFAULT_FIELDS) for t in shown]
        cursors = {"before": _cursor(shown[0]), "after": _cursor(shown[-1])} if shown else {}
        return data, cursors, start + size < len(rows)

    def _after(self, rows: list[Template], cursor: str) -> int:
        try:
            mark = base64.urlsafe_b64decode(cursor).decode()
        except (binascii.Error, ValueError) as broken:
            raise GraphError(131059, "the cursor is not valid; restart the listing") from broken
        ids = [_CURSOR_MARK + t.id for t in rows]
        if mark not in ids:
            raise GraphError(131059, "the cursor has expired; restart the listing")
        return ids.index(mark) + 1

    def sendable(self, name: str, language: str) -> Template:
        """Return a template that may be sent at all. Raises 132001, 132015, 132016."""
        template = self.find(name, language)
        if template is None:
            raise GraphError(132001, f"template name ({name}) does not exist in {language}")
        if template.status == "PAUSED":
            raise GraphError(132015, f"template ({name}) is paused due to low quality")
        if template.status == "DISABLED":
            raise GraphError(132016, f"template ({name}) is disabled")
        if template.status != "APPROVED":
            raise GraphError(132001, f"template ({name}) in {language} is not approved but {template.status}")
        return template

    def is_syncing(self, template: Template, now: float) -> bool:
        """Tell whether Marketing Messages cannot take it yet: just approved, or just woken after a dormant week.

        The message that finds it dormant is the wake-up message; `use` records it.
        """
        return now - max(template.approved_at, template.woken_at) < self._knobs.sync_seconds

    def use(self, template: Template, now: float) -> None:
        """Record an accepted Marketing Messages send; wakes a dormant template."""
        if now - max(template.used_at, template.updated_at) > self._knobs.dormant_seconds:
            template.woken_at = now
        template.used_at = now


def _limit(text: str | None) -> int:
    if text is None:
        return _PAGE_SIZE
    if not text.isdecimal() or not 0 < int(text) <= _LARGEST_PAGE:
        raise GraphError(100, f"Param limit must be a number from 1 to {_LARGEST_PAGE}")
    return int(text)


def _cursor(template: Template) -> str:
    return base64.urlsafe_b64encode((_CURSOR_MARK + template.id).encode()).decode()


def _matches(template: Template, query: dict[str, str]) -> bool:
    exact = all(query.get(key) in {None, getattr(template, key)} for key in ("status", "category", "language", "name"))
    text = query.get("name_or_content", "").lower()
    return exact and (not text or text in template.name or text in str(template.components).lower())
