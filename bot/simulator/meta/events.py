"""What Meta does by itself: templates, the account and its numbers change state, and webhooks say so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.simulator.meta.webhooks import Update

if TYPE_CHECKING:
    from bot.simulator.meta.courier import Courier
    from bot.simulator.meta.templates import Template
    from bot.simulator.meta.world import World

# The state an event leads to; events that change none (FLAGGED, LOCKED) are told all the same.
_STATES = {
    "APPROVED": "APPROVED",
    "REINSTATED": "APPROVED",
    "UNPAUSE": "APPROVED",
    "UNARCHIVED": "APPROVED",
    "PAUSED": "PAUSED",
    "DISABLED": "DISABLED",
    "REJECTED": "REJECTED",
    "PENDING": "PENDING",
    "IN_APPEAL": "IN_APPEAL",
    "ARCHIVED": "ARCHIVED",
    "DELETED": "DELETED",
    "PENDING_DELETION": "PENDING_DELETION",
    "LIMIT_EXCEEDED": "LIMIT_EXCEEDED",
}
_RESTRICTED, _LOCKED = 368, 131031
_UPGRADED_MPS = 1000


class Events:
    """Changes state and tells it. Templates are named by name (all translations) or id; unknown ones raise KeyError."""

    def __init__(self, world: World, courier: Courier) -> None:
        self._account = world.account
        self._knobs = world.knobs
        self._clock = world.clock
        self._agenda = world.agenda
        self._catalogue = world.catalogue
        self._courier = courier

    def emit(self, field: str, value: dict[str, Any]) -> None:
        """Post any value of an account-level field, and change nothing."""
        self._courier.push(Update(field, value, self._clock.now()))

    def review(self, template: Template) -> None:
        """Approve a new template once the review time has passed."""

        def approve(at: float) -> None:
            if template.status == "PENDING":
                template.approved_at = at
                self.template_status(template.id, "APPROVED")

        self._agenda.at(self._clock.now() + self._knobs.review_seconds, approve)

    def template_status(self, name_or_id: str, event: str, reason: str = "NONE") -> None:
        """Move templates to the state an event names."""
        for template in self._find(name_or_id):
            template.status = _STATES.get(event, template.status)
            told = "APPROVED" if event == "UNPAUSE" else event
            value = {"event": told, **_identity(template), "reason": reason}
            value["message_template_category"] = template.category
            self.emit("message_template_status_update", value | self._details(event, reason))

    def _details(self, event: str, reason: str) -> dict[str, Any]:
        if event == "DISABLED":
            day = datetime.fromtimestamp(self._clock.now(), UTC).strftime("%Y-%m-%d")
            return {"disable_info": {"disable_date": day}, "other_info": {"title": "DISABLED", "description": ""}}
        if event == "PAUSED":
            return {"other_info": {"title": "FIRST_PAUSE", "description": "Low quality; paused for 3 hours."}}
        if event == "UNPAUSE":
            return {"other_info": {"title": "UNPAUSE", "description": "Sendable again."}}
        if event == "REJECTED":
            return {"rejection_info": {"reason": reason, "recommendation": "Mend it and submit it again."}}
        return {}

    def template_quality(self, name_or_id: str, score: str) -> None:
        """Give templates a new quality score: GREEN, YELLOW, RED or UNKNOWN."""
        for template in self._find(name_or_id):
            scores = {"previous_quality_score": template.quality, "new_quality_score": score}
            template.quality = score
            self.emit("message_template_quality_update", scores | _identity(template))

    def template_category(self, name_or_id: str, category: str, *, notice: bool = False) -> None:
        """Move templates to another category, or (notice) only announce it: then `new_category` is the present one."""
        for template in self._find(name_or_id):
            if notice:
                template.correct_category = category
                when = int(self._clock.now()) + 86_400
                change = {"correct_category": category, "new_category": template.category}
                value = _identity(template) | change | {"category_update_timestamp": when}
            else:
                template.previous_category, template.category = template.category, category
                template.message_send_ttl_seconds = None  # Meta, "Time to live": a category change resets it
                value = _identity(template) | {
                    "previous_category": template.previous_category,
                    "new_category": category,
                }
            self.emit("template_category_update", value)

    def account_update(self, event: str, **info: Any) -> None:
        """Tell an account event; restrictions and bans refuse every send from then on (368, 131031)."""
        ban = info.get("ban_info", {}).get("waba_ban_state")
        if event == "ACCOUNT_RESTRICTION":
            self._account.restriction = _RESTRICTED
        elif ban == "DISABLE":
            self._account.restriction = _LOCKED
        elif ban == "REINSTATE":
            self._account.restriction = None
        self.emit("account_update", {"event": event, **info})

    def number_quality(self, number_id: str, event: str, limit: str) -> None:
        """Tell a number event; THROUGHPUT_UPGRADE grants 1,000 requests a second."""
        if event == "THROUGHPUT_UPGRADE":
            self._knobs.mps = _UPGRADED_MPS
        self._knobs.messaging_limit = limit
        number = self._account.numbers[number_id]
        value = {"display_phone_number": number.display, "event": event, "max_daily_conversations_per_business": limit}
        self.emit("phone_number_quality_update", value)

    def capability(self, limit: str | int) -> None:
        """Tell a new portfolio messaging limit."""
        self._knobs.messaging_limit = limit if isinstance(limit, str) else self._knobs.messaging_limit
        value = {"max_daily_conversations_per_business": limit, "max_phone_numbers_per_business": 20}
        self.emit("business_capability_update", value)

    def _find(self, name_or_id: str) -> list[Template]:
        found = self._catalogue.named(name_or_id)
        if not found:
            raise KeyError(f"No template is called {name_or_id}; see GET /_sim/state")
        return found


def _identity(template: Template) -> dict[str, Any]:
    # Webhooks write the id as a number and the language with a hyphen; the API does neither.
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language.replace("_", "-"),
    }
