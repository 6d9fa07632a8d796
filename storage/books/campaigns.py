"""Campaigns: their fields under an optimistic lock, their counters, Meta's clicks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.domain.campaign import Campaign, CampaignId, CampaignSpec, CampaignState, may_become
from bot.domain.errors import ConflictError, NotFoundError
from bot.domain.funnel import recount
from bot.domain.instants import Millis
from storage.books.book import Book, assignments, insertion
from storage.rows import campaigns as rows
from storage.rows.recipients import MESSAGE, recipient
from storage.rows.values import listed

_SPEC_COLUMNS = (
    *("name", "template_id", "audience_id", "channel", "phone_number_id", "ttl_seconds", "scheduled_at"),
    *("offer_ends_at", "policy", "activity_sharing", "bindings"),
)
_CHANGING_COLUMNS = (
    *_SPEC_COLUMNS,
    *("state", "version", "revision", "template", "plan", "digest", "submitted_at", "approved_by", "approved_at"),
    *("approval_expires_at", "started_at", "sent_at", "reason", "hold_until"),
)
_ADD = insertion(
    "campaigns", (*_SPEC_COLUMNS, "token", "state", "version", "revision", "created_by", "team", "created_at")
)
_BY_ID = "SELECT * FROM campaigns WHERE id = ?"
_BY_PUBLIC_ID = "SELECT * FROM campaigns WHERE token = ?"
_BY_NAME = "SELECT * FROM campaigns WHERE name = ? ORDER BY id DESC"
# An empty list of states, author or template does not restrict.
_LIST = """
SELECT * FROM campaigns
WHERE (state IN (SELECT value FROM json_each(:states)) OR :states IS NULL)
  AND (created_by = :created_by OR :created_by IS NULL)
  AND (template_id = :template_id OR :template_id IS NULL)
ORDER BY id DESC LIMIT :limit
"""
# The optimistic lock: only the revision that was read may be written.
_CHANGE = f"UPDATE campaigns SET {assignments(_CHANGING_COLUMNS)} WHERE id = :id AND revision = :read_revision"
# Walks accepted messages from the newest; CROSS JOIN keeps SQLite to that order.
_LAST_SENDER = """
SELECT r.campaign_id FROM recipients AS r CROSS JOIN campaigns AS c ON c.id = r.campaign_id
WHERE r.dispatch = 'accepted' AND c.phone_number_id = ? ORDER BY r.accepted_at DESC LIMIT 1
"""
_COUNT_META_CLICK = """
INSERT INTO meta_clicks (click_key, campaign_id, component, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_META_CLICKS = "SELECT count(*) AS value FROM meta_clicks WHERE campaign_id = ?"
_TALLIES = "SELECT fact, n FROM tallies WHERE campaign_id = ? AND n > 0"
_MESSAGES = f"SELECT {MESSAGE} FROM recipients WHERE campaign_id = ?"


class CampaignsBook(Book):
    """The port `Campaigns`."""

    def add(self, spec: CampaignSpec, *, token: str, created_by: str, team: str, now: Millis) -> Campaign:
        """Store a new draft."""
        values = {
            **rows.spec_values(spec),
            "token": token,
            "state": CampaignState.DRAFT.value,
            "version": 0,
            "revision": 0,
            "created_by": created_by,
            "team": team,
            "created_at": now,
        }
        return rows.campaign(self._run(f"{_ADD} RETURNING *", values).fetchone())

    def get(self, campaign_id: CampaignId) -> Campaign | None:
        """Give a campaign by id."""
        row = self._one(_BY_ID, (campaign_id,))
        return None if row is None else rows.campaign(row)

    def find(self, name_or_token: str) -> "list[Campaign]":
        """Find by token or else by exact name."""
        found = self._all(_BY_PUBLIC_ID, (name_or_token,)) or self._all(_BY_NAME, (name_or_token,))
        return [rows.campaign(row) for row in found]

    def list(
        self,
        *,
        states: Collection[CampaignState] | None = None,
        created_by: str | None = None,
        template_id: str | None = None,
        limit: int = 20,
    ) -> Sequence[Campaign]:
        """List the newest first."""
        values = {
            "states": None if states is None else listed([state.value for state in states]),
            "created_by": created_by,
            "template_id": template_id,
            "limit": limit,
        }
        return [rows.campaign(row) for row in self._all(_LIST, values)]

    def change(self, campaign: Campaign, **changes: Any) -> Campaign:
        """Write fields under the optimistic lock."""
        after = changes.get("state", campaign.state)
        if "state" in changes and not may_become(campaign.state, after):
            raise ConflictError(
                f"Campaign “{campaign.spec.name}” is {_word(campaign.state)}; it cannot become {after}."
            )
        changed = replace(campaign, **changes, revision=campaign.revision + 1)
        values = {**rows.campaign_values(changed), "id": campaign.id, "read_revision": campaign.revision}
        if not self._run(_CHANGE, values).rowcount:
            raise self._conflict(campaign)
        return changed

    def _conflict(self, campaign: Campaign) -> ConflictError | NotFoundError:
        present = self.get(campaign.id)
        name = campaign.spec.name
        if present is None:
            return NotFoundError(f"Campaign “{name}” is not there any more.")
        return ConflictError(f"Somebody else changed campaign “{name}” first: it is {_word(present.state)} now.")

    def last_sender(self, phone_number_id: str) -> CampaignId | None:
        """Name the campaign that last had a message accepted from this number."""
        row = self._one(_LAST_SENDER, (phone_number_id,))
        return None if row is None else CampaignId(row["campaign_id"])

    def count_meta_click(self, campaign_id: CampaignId, click_key: str, component: str, at: Millis) -> bool:
        """Count one of Meta's click events, once."""
        return bool(self._run(_COUNT_META_CLICK, (click_key, campaign_id, component, at)).rowcount)

    def tallies(self, campaign_id: CampaignId) -> Mapping[str, int]:
        """Give the counters; those at zero are left out."""
        return {row["fact"]: row["n"] for row in self._all(_TALLIES, (campaign_id,))}

    def meta_clicks(self, campaign_id: CampaignId) -> int:
        """Count Meta's clicks."""
        return int(self._value(_META_CLICKS, (campaign_id,)))

    def recount(self, campaign_id: CampaignId) -> Mapping[str, int]:
        """Count every message again from its row."""
        return dict(recount(recipient(row) for row in self._each(_MESSAGES, (campaign_id,))))


def _word(state: CampaignState) -> str:
    return state.value.replace("_", " ")
