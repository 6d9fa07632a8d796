"""What Meta's webhooks tell us, in our words: plain values without effect, one list per kind.

Statuses are `bot.domain.delivery.StatusEvent`. Phone numbers are digits without a plus, as Meta writes them.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from bot.domain.delivery import StatusEvent
from bot.domain.instants import Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaClick:
    """A click on a link of some message from this number; Meta names neither message nor person.

    `key` is the same when Meta repeats the click, `component` is `cta` or `body`, `click_id` reaches the landing page.
    """

    phone_number_id: str
    key: str
    at: Millis
    component: str | None = None
    click_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """A person switched this business's marketing off (`is_stop`) or on again in WhatsApp itself."""

    phone_number_id: str
    digits: str | None
    user_id: str | None
    is_stop: bool
    at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """Something a person sent us. `text` is what was typed, the caption, or the label of the button that was tapped.

    `payload` is what a tapped button carries, `context_id` the id of the message that was answered.
    """

    phone_number_id: str
    message_id: str
    digits: str | None
    user_id: str | None
    at: Millis
    kind: str
    text: str = ""
    payload: str | None = None
    context_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChange:
    """A person moved to another phone number, another user id, or both; unknown parts are None."""

    phone_number_id: str
    at: Millis
    old_digits: str | None = None
    new_digits: str | None = None
    old_user_id: str | None = None
    new_user_id: str | None = None


class TemplateEventKind(StrEnum):
    """What happened to a template."""

    STATUS = "status"
    QUALITY = "quality"
    CATEGORY = "category"
    #: Meta intends to change the category in a day; nothing has changed yet.
    CATEGORY_NOTICE = "category_notice"
    COMPONENTS = "components"


#: Template statuses in which messages still go out (Meta, "Webhook message_template_status_update").
SENDABLE_EVENTS = frozenset({"APPROVED", "REINSTATED", "UNARCHIVED", "FLAGGED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateEvent:
    """News of a template. `value` is the new status, quality or category (for a notice: the one to come)."""

    kind: TemplateEventKind
    template_id: str
    name: str
    language: str
    value: str = ""
    reason: str = ""
    at: Millis | None = None

    @property
    def stops_sending(self) -> bool:
        """Tell whether campaigns with this template must pause. Changed components void the approval."""
        match self.kind:
            case TemplateEventKind.STATUS:
                return self.value not in SENDABLE_EVENTS
            case TemplateEventKind.CATEGORY:
                return self.value != "MARKETING"
            case TemplateEventKind.COMPONENTS:
                return True
            case TemplateEventKind.QUALITY | TemplateEventKind.CATEGORY_NOTICE:
                return False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """News of the whole account: `event` as Meta names it, one `sentence` for people."""

    event: str
    sentence: str
    stops_sending: bool
    at: Millis | None = None


@dataclass(frozen=True, slots=True)
class MessagingLimit:
    """How many people the portfolio may write to in a rolling 24 hours; `people` None is unlimited."""

    people: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberEvent:
    """News of a sender number, or with `display` None of all of them. `limit` None: the event names none.

    `display` is the number's digits; Meta gives no id here.
    """

    display: str | None
    event: str
    limit: MessagingLimit | None = None
    at: Millis | None = None


class Quarantined(NamedTuple):
    """Something we could not understand or may not act on, and why; `body` is its JSON (or the raw body)."""

    reason: str
    body: bytes


@dataclass(slots=True)
class WebhookBatch:
    """Everything one webhook body held; each item of it is in exactly one of the lists.

    `noted` names what was understood and has no effect (a landing page view, a display name).
    """

    statuses: list[StatusEvent] = field(default_factory=list)
    clicks: list[MetaClick] = field(default_factory=list)
    preferences: list[Preference] = field(default_factory=list)
    inbound: list[Inbound] = field(default_factory=list)
    identity_changes: list[IdentityChange] = field(default_factory=list)
    template_events: list[TemplateEvent] = field(default_factory=list)
    account_events: list[AccountEvent] = field(default_factory=list)
    number_events: list[NumberEvent] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)

    @property
    def is_only_statuses(self) -> bool:
        """Tell whether there is nothing else in it that could have an effect or be kept."""
        news = self.template_events or self.account_events or self.number_events
        people = self.clicks or self.preferences or self.inbound or self.identity_changes
        return bool(self.statuses) and not (news or people or self.noted or self.quarantined)
