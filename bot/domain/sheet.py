"""What a view shows, gathered into plain values: services fill these sheets, views only read them.

What is shown of people, their audiences and imports is in `bot.domain.people_sheet`.

Everything here is frozen and holds no full phone number: addresses arrive masked. Names and texts are as people typed
them; escaping is the view's business. Money is in units of its currency, instants are `Millis`, spans are in seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from bot.domain.campaign import Campaign, CampaignState, ProductPolicy
from bot.domain.funnel import Funnel
from bot.domain.instants import Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignForm:
    """What the campaign modal is opened with; empty fields are left for the author.

    `template_label` and `audience_label` are what the chosen options show. `bindings` is keyed like `CampaignSpec`'s.
    """

    name: str = ""
    template_id: str = ""
    template_label: str = ""
    audience_id: int | None = None
    audience_label: str = ""
    ttl_seconds: int | None = None
    scheduled_at: Millis | None = None
    offer_ends_at: Millis | None = None
    policy: ProductPolicy = ProductPolicy.STRICT
    #: Empty: the channel the command was typed in.
    channel: str = ""
    bindings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why messages failed or were refused, in plain words: what happened, to how many, and what to do about it."""

    label: str
    count: int
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changed since an earlier card: its name for people, and both values as texts."""

    what: str
    before: str
    after: str


class Outcome(StrEnum):
    """What became of a request for approval."""

    APPROVED = "approved"
    REJECTED = "rejected"
    CHANGES_REQUESTED = "changes_requested"
    EXPIRED = "expired"
    #: It was approved, and the approval no longer holds: something changed before the launch, or all was stopped.
    VOIDED = "voided"
    #: A newer version has a card of its own.
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who decided what and when. `by` is a Slack user id, None when the machine did (expired, superseded).

    `at` is None where nobody remembers.
    """

    outcome: Outcome
    at: Millis | None
    by: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """Of the messages in doubt: how many nobody has decided, a person assumed sent, and wait to be sent again."""

    open: int = 0
    assumed: int = 0
    again: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSheet:
    """Everything both cards of a campaign show, as of `now`.

    `campaign.template`, `campaign.plan` and `campaign.spec` carry the content; the rest is what only a service knows.
    """

    campaign: Campaign
    funnel: Funnel
    now: Millis
    audience_name: str
    #: The sender number as people know it (`+1 202-555-0100, Feira Norte`).
    number: str
    #: IANA zone for the dates of clients that cannot show local time.
    timezone: str = "UTC"
    market_names: Mapping[str, str] = field(default_factory=dict)

    #: How long sending takes at the allowed pace; None while unknown.
    duration_seconds: float | None = None
    #: Messages per second allowed for the number.
    max_mps: float | None = None
    #: How many more people may be messaged in the running 24 h; None when Meta sets no limit.
    headroom: int | None = None
    #: Offer end minus lifetime; None when there is no offer end.
    last_safe_launch: Millis | None = None
    #: The template sleeps in Meta's ad system: one message first, then `template_wait_seconds` of waiting.
    needs_wakeup: bool = False
    template_wait_seconds: int = 600
    #: Names of other campaigns on the same template that are not over; they feel a change of its lifetime.
    other_campaigns: Sequence[str] = ()
    #: Further sentences an approver must see.
    warnings: Sequence[str] = ()
    #: What became of the request; None while it waits, or to let the card read it off the campaign's state.
    decision: Decision | None = None
    #: What differs from the version shown before.
    changes: Sequence[Difference] = ()

    #: Why messages failed or were refused, largest first.
    failures: Sequence[Reason] = ()
    #: What the delivered messages cost by the rate card.
    cost_so_far: Decimal = Decimal(0)
    doubts: Doubts = Doubts()
    #: How many of a sent campaign wait for another try: then it can still be called off.
    trying_again: int = 0
    #: When the last message is expected to leave; None when nothing is leaving.
    eta: Millis | None = None

    @property
    def changes_ttl(self) -> bool:
        """Tell whether launching sets another lifetime on the template."""
        wanted, template = self.campaign.spec.ttl_seconds, self.campaign.template
        return wanted is not None and template is not None and wanted != template.lifetime_seconds

    @property
    def lifetime_seconds(self) -> int | None:
        """Give the lifetime the messages will have on the MM route; None while there is no template."""
        if self.campaign.spec.ttl_seconds is not None:
            return self.campaign.spec.ttl_seconds
        return self.campaign.template.lifetime_seconds if self.campaign.template else None


class Milestone(StrEnum):
    """What is said once in a campaign's thread."""

    STARTED = "started"
    HALF = "half"
    ALL_SENT = "all_sent"
    PAUSED = "paused"
    RESUMED = "resumed"
    RESTARTED = "restarted"
    FAILED = "failed"
    TEMPLATE_PAUSED = "template_paused"
    CANCELLED = "cancelled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignLine:
    """One campaign in a list, a digest or on the App Home. `link` opens its card."""

    token: str
    name: str
    state: CampaignState
    created_by: str
    channel: str
    recipients: int = 0
    figures: Mapping[str, int] = field(default_factory=dict)
    scheduled_at: Millis | None = None
    cost: Decimal = Decimal(0)
    currency: str = "USD"
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSheet:
    """What became known of a channel's campaigns between two instants; each line's `figures` and `cost` are the span's.

    A figure is negative where it takes back what an earlier digest counted.
    """

    kind: str
    since: Millis
    until: Millis
    zone: str
    campaigns: Sequence[CampaignLine]
    #: Posted after its hour, because the bot was away.
    is_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberHealth:
    """A sender number as an operator wants to see it. `messaging_limit` None is unlimited."""

    display: str
    granted_mps: int
    pace: float
    quality: str
    messaging_limit: int | None = None
    messaged_24h: int = 0
    in_doubt: int = 0
    rests_until: Millis | None = None
    blocked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSheet:
    """The App Home of one person. `waiting` is empty for people who may not approve."""

    now: Millis
    mine: Sequence[CampaignLine] = ()
    waiting: Sequence[CampaignLine] = ()
    numbers: Sequence[NumberHealth] = ()
    timezone: str = "UTC"
