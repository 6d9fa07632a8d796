"""Meta's side: sending one message, reading templates and numbers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.campaign import ProductPolicy
from bot.domain.instants import Millis
from bot.domain.template import Template


class ErrorClass(StrEnum):
    """What an error of Meta asks us to do (Meta, "Error codes", read 2026-09-11)."""

    #: This message to this person never goes; others may.
    PERMANENT = "permanent"
    #: The set-up is wrong: stop the campaign, say what to mend.
    CONFIG = "config"
    #: Try this message again soon, a few times.
    TRANSIENT = "transient"
    #: The whole number is too fast.
    RATE = "rate"
    #: This message may be tried again after hours.
    DELAYED = "delayed"
    #: The person stopped marketing: never again until they come back.
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Failure:
    """A Meta error in our words: `what` happened and what to do about it (`mend`), both for people."""

    code: int
    kind: ErrorClass
    what: str
    mend: str
    wait_seconds: float = 0.0
    detail: str = ""
    trace_id: str = ""
    #: The refusal is about `biz_opaque_callback_data` itself, which is unconfirmed on this endpoint.
    is_about_tracker: bool = False
    #: The table explains this code; an unknown one that repeats pauses the campaign.
    is_known: bool = True
    #: By what the wait grows with each further try.
    growth: float = 2.0
    #: Meta objects to this template, its content or its file, not to the account, the app or the moment.
    is_about_template: bool = False

    @property
    def is_passing(self) -> bool:
        """Tell whether the same question may be answered later without anybody mending anything."""
        return self.kind in (ErrorClass.TRANSIENT, ErrorClass.RATE, ErrorClass.DELAYED)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Meta took the message. `is_held`: for quality assessment. `wa_id`, `user_id`: what Meta calls the person."""

    wamid: str
    is_held: bool = False
    wa_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """An error body: nothing was accepted."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the request left (no connection): nothing was accepted.

    `is_held_back`: Arauto itself kept it back before it tried; nothing is wrong with the way to Meta.
    """

    why: str
    is_held_back: bool = False


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The request may have left and no error body came back: nobody knows."""

    why: str


Outcome = Accepted | Refused | NotSent | InDoubt


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One message as it leaves. `address` is E.164 with plus or a BSUID; `components` is ready-made JSON."""

    phone_number_id: str
    address: str
    template_name: str
    language: str
    components: bytes
    policy: ProductPolicy
    activity_sharing: bool | None = None
    tracker: str | None = None


class MessageSender(Protocol):
    async def send(self, message: OutgoingMessage) -> Outcome:
        """Send once. Never repeats a request on its own and never raises for what the network or Meta did."""
        ...


class MetaUnavailableError(Exception):
    """Meta could not be asked (network, 5xx); the question may be repeated later."""


class MetaRefusedError(Exception):
    """Meta answered a management call with an error; `failure` says which."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.what} ({failure.code}). {failure.mend}")
        self.failure = failure


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFacts:
    """What Meta says of a sender number; `messaging_limit` is people per rolling 24 h, None for no limit known."""

    phone_number_id: str
    display: str
    verified_name: str
    granted_mps: int
    messaging_limit: int | None
    quality: str


class MetaManagement(Protocol):
    """Reading and editing at Meta; every method may raise MetaUnavailableError or MetaRefusedError."""

    def templates(self) -> AsyncIterator[Template]: ...
    async def template(self, template_id: str) -> Template | None: ...
    async def set_ttl(self, template_id: str, seconds: int) -> None: ...
    async def number(self, phone_number_id: str) -> NumberFacts: ...
    async def onboarding(self) -> str: ...
    async def has_media(self, media_id: str) -> bool: ...
    async def subscribed_apps(self) -> int: ...
    async def server_time(self) -> Millis | None:
        """Give the Date header of an answer, to judge our own clock."""
        ...
