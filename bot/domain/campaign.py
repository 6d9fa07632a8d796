"""A campaign: one approved template sent once to one frozen audience, and the one table of its states."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from bot.domain.instants import Millis
from bot.domain.plan import PlanSummary
from bot.domain.template import Template

CampaignId = NewType("CampaignId", int)


class CampaignState(StrEnum):
    """Where a campaign is in its life."""

    DRAFT = "draft"
    PLANNING = "planning"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CLOSED = "closed"
    REJECTED = "rejected"
    CHANGES_REQUESTED = "changes_requested"
    CANCELLED = "cancelled"
    FAILED = "failed"


_S = CampaignState

TRANSITIONS: Mapping[CampaignState, frozenset[CampaignState]] = {
    _S.DRAFT: frozenset({_S.PLANNING, _S.CANCELLED}),
    # Planning that finds nobody, or a template that cannot be sent any more, goes back to its author.
    _S.PLANNING: frozenset({_S.IN_REVIEW, _S.CHANGES_REQUESTED, _S.CANCELLED}),
    _S.IN_REVIEW: frozenset({_S.APPROVED, _S.REJECTED, _S.CHANGES_REQUESTED, _S.CANCELLED}),
    _S.APPROVED: frozenset({_S.SCHEDULED, _S.SENDING, _S.CHANGES_REQUESTED, _S.CANCELLED, _S.FAILED}),
    _S.SCHEDULED: frozenset({_S.SENDING, _S.CHANGES_REQUESTED, _S.CANCELLED, _S.FAILED}),
    _S.SENDING: frozenset({_S.PAUSED, _S.SENT, _S.CANCELLED, _S.FAILED}),
    _S.PAUSED: frozenset({_S.SENDING, _S.CANCELLED}),
    # Some get another try (Meta's per-user limit 131049, a doubt somebody decided); until then it can be called off.
    _S.SENT: frozenset({_S.SENDING, _S.CLOSED, _S.CANCELLED}),
    _S.CLOSED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.CHANGES_REQUESTED: frozenset({_S.DRAFT, _S.PLANNING, _S.CANCELLED}),
    _S.CANCELLED: frozenset(),
    # After the cause is mended a person resumes it; the launch check runs again.
    _S.FAILED: frozenset({_S.SENDING, _S.CANCELLED}),
}

#: States in which a message may still leave.
ACTIVE = frozenset({_S.SENDING, _S.PAUSED})
#: States in which nothing more will ever be sent.
FINAL = frozenset({_S.CLOSED, _S.REJECTED, _S.CANCELLED})
#: States that have a live card in the campaign's channel.
LIVE = frozenset({_S.APPROVED, _S.SCHEDULED, _S.SENDING, _S.PAUSED, _S.SENT, _S.CLOSED, _S.FAILED, _S.CANCELLED})


def may_become(before: CampaignState, after: CampaignState) -> bool:
    """Tell whether the table allows this change."""
    return after in TRANSITIONS[before]


class ProductPolicy(StrEnum):
    """Which route Meta may take (Meta, "Send marketing messages", `product_policy`)."""

    STRICT = "STRICT"
    CLOUD_API_FALLBACK = "CLOUD_API_FALLBACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSpec:
    """What its author asked for: everything the modal takes."""

    name: str
    template_id: str
    audience_id: int
    channel: str
    phone_number_id: str
    #: Seconds a message may wait for its phone; None means: as the template has it.
    ttl_seconds: int | None = None
    scheduled_at: Millis | None = None
    offer_ends_at: Millis | None = None
    policy: ProductPolicy = ProductPolicy.STRICT
    #: None: as the WhatsApp Business Account has it.
    activity_sharing: bool | None = None
    #: `component:name` (as in `var:body:first_name`) to what was typed, attributes in double braces.
    bindings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign as stored. `version` counts submissions, `revision` counts writes (the optimistic lock)."""

    id: CampaignId
    token: str
    spec: CampaignSpec
    state: CampaignState
    version: int
    revision: int
    created_by: str
    team: str
    created_at: Millis
    #: The template as it was when the plan was frozen; what the approval covers.
    template: Template | None = None
    plan: PlanSummary | None = None
    digest: str | None = None
    submitted_at: Millis | None = None
    approved_by: str | None = None
    approved_at: Millis | None = None
    approval_expires_at: Millis | None = None
    started_at: Millis | None = None
    sent_at: Millis | None = None
    #: Why it is paused, failed, rejected or sent back: one sentence for the card.
    reason: str | None = None
    #: Nothing is sent before this (wake-up of a dormant template, back-off); shown on the card.
    hold_until: Millis | None = None

    @property
    def is_held(self) -> bool:
        """Tell whether it is approved and due, but so late that an approver is asked before it starts."""
        return self.state in (_S.APPROVED, _S.SCHEDULED) and self.reason is not None
