"""Campaigns and the templates they send."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from bot.domain.campaign import Campaign, CampaignId, CampaignSpec, CampaignState
from bot.domain.instants import Millis
from bot.domain.template import Template


class Campaigns(Protocol):
    def add(self, spec: CampaignSpec, *, token: str, created_by: str, team: str, now: Millis) -> Campaign:
        """Store a new draft with version 0."""
        ...

    def get(self, campaign_id: CampaignId) -> Campaign | None: ...
    def find(self, name_or_token: str) -> list[Campaign]:
        """Find by token (exactly one) or else by exact name (all that bear it)."""
        ...

    def list(
        self,
        *,
        states: Collection[CampaignState] | None = None,
        created_by: str | None = None,
        template_id: str | None = None,
        limit: int = 20,
    ) -> Sequence[Campaign]:
        """List the newest first."""
        ...

    def change(self, campaign: Campaign, **changes: object) -> Campaign:
        """Write fields under the optimistic lock (`revision`); whoever comes second gets ConflictError.

        `state=` goes through the transition table: a change it does not allow raises ConflictError as well.
        """
        ...

    def last_sender(self, phone_number_id: str) -> CampaignId | None:
        """Name the campaign that last had a message accepted from this number."""
        ...

    def count_meta_click(self, campaign_id: CampaignId, click_key: str, component: str, at: Millis) -> bool:
        """Count one of Meta's click events unless its key was counted already; tells whether it was new."""
        ...

    def tallies(self, campaign_id: CampaignId) -> Mapping[str, int]: ...
    def meta_clicks(self, campaign_id: CampaignId) -> int: ...
    def recount(self, campaign_id: CampaignId) -> Mapping[str, int]:
        """Count every message again from its row; must equal `tallies`."""
        ...


class Templates(Protocol):
    def replace_all(self, templates: Sequence[Template], now: Millis) -> None:
        """Store what Meta lists; a template no longer listed gets status DELETED. `last_used_at` is kept."""
        ...

    def put(self, template: Template, now: Millis) -> None: ...
    def get(self, template_id: str) -> Template | None: ...
    def search(self, text: str, limit: int, *, sendable_only: bool = False) -> list[Template]:
        """Find by part of name or language, ignoring case, by name."""
        ...

    def set_status(self, template_id: str, status: str, now: Millis) -> None: ...
    def set_quality(self, template_id: str, quality: str, now: Millis) -> None: ...
    def set_category(self, template_id: str, category: str, now: Millis) -> None: ...
    def mark_used(self, template_id: str, now: Millis) -> None: ...
    def record_edit(self, template_id: str, ttl_seconds: int, now: Millis) -> None: ...
    def forget_edits(self, template_id: str, ttl_seconds: int, since: Millis) -> None:
        """Drop the edits to this very lifetime since then: they did not happen."""
        ...

    def edits_since(self, template_id: str, since: Millis, *, besides: int | None = None) -> int:
        """Count edits since then, leaving out those to the lifetime `besides`."""
        ...

    def synced_at(self) -> Millis | None: ...
