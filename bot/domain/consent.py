"""Who may be written to: consent, stops, and the one ordered list of reasons not to send.

Two independent stops: ours (STOP words, imports, a command) and WhatsApp's own (`user_preferences`, error 131050).
WhatsApp's `resume` lifts only its own. Sendable means opted in and neither stop.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntFlag, StrEnum

from bot.domain.instants import Millis


class Standing(IntFlag):
    """What is on record about a person, as bits of one number, so that a million people can be grouped by it."""

    NONE = 0
    OPTED_IN = 1
    STOPPED = 2
    WHATSAPP_STOPPED = 4
    SUPPRESSED = 8
    #: Neither a phone number nor a business-scoped user id to send to.
    NO_ADDRESS = 16


class ConsentKind(StrEnum):
    """One line of the consent history."""

    OPT_IN = "opt_in"
    STOP = "stop"
    #: The person came back to us in words of their own (or an operator recorded that they did).
    RESUME = "resume"
    WHATSAPP_STOP = "whatsapp_stop"
    WHATSAPP_RESUME = "whatsapp_resume"
    SUPPRESS = "suppress"
    ERASE = "erase"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """One line of a person's consent history; append-only.

    `at` is when the person said it, `wording` what they agreed to or wrote, `evidence` where it can be found again
    (`import 12, line 40`, a message id), `actor` who recorded it (a Slack user id, `cli`, `webhook`).
    """

    kind: ConsentKind
    at: Millis
    source: str
    wording: str = ""
    evidence: str = ""
    actor: str = ""


class Exclusion(StrEnum):
    """Why a matched person is not written to, in the order in which the preview tells it."""

    NO_OPT_IN = "no_opt_in"
    STOPPED = "stopped"
    WHATSAPP_STOPPED = "whatsapp_stopped"
    SUPPRESSED = "suppressed"
    UNREACHABLE_COUNTRY = "unreachable_country"
    NOT_ADDRESSABLE = "not_addressable"
    FREQUENCY_CAP = "frequency_cap"
    DUPLICATE = "duplicate"
    #: Only known once a template's variables are bound.
    MISSING_VALUE = "missing_value"
    #: The text filled with this person's values is longer than Meta takes.
    TOO_LONG = "too_long"


#: The reasons in words a marketer understands.
WORDS: Mapping[Exclusion, str] = {
    Exclusion.NO_OPT_IN: "no opt-in on record",
    Exclusion.STOPPED: "asked us to stop",
    Exclusion.WHATSAPP_STOPPED: "stopped marketing in WhatsApp",
    Exclusion.SUPPRESSED: "could not be reached several times in a row",
    Exclusion.UNREACHABLE_COUNTRY: "in a country Meta does not deliver marketing to",
    Exclusion.NOT_ADDRESSABLE: "no usable number or WhatsApp id",
    Exclusion.FREQUENCY_CAP: "already got as many campaigns as allowed",
    Exclusion.DUPLICATE: "the same person as somebody else in the list",
    Exclusion.MISSING_VALUE: "a value is missing and has no fallback",
    Exclusion.TOO_LONG: "the filled-in text would be too long",
}


#: Countries and areas Meta does not deliver marketing templates to (Meta, "Marketing messages: eligibility", 2026-09).
#: US area codes since 2025-04-01. Crimea, Donetsk and Luhansk have no calling code of their own.
UNREACHABLE_COUNTRIES = frozenset({"US", "CU", "IR", "KP", "SY"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What decides whether one person (or a group of people alike) may be written to."""

    standing: Standing
    country: str
    #: Already got as many campaigns as the frequency cap allows.
    is_capped: bool = False
    #: Another matched person is the same human being and comes first.
    is_duplicate: bool = False


def verdict(facts: Facts, unreachable: Collection[str] = UNREACHABLE_COUNTRIES) -> Exclusion | None:
    """Give the first reason not to write to somebody, or None when they may be written to.

    The one rule behind the preview, the plan and the last look before a request leaves.
    """
    if not facts.standing & Standing.OPTED_IN:
        return Exclusion.NO_OPT_IN
    if facts.standing & Standing.STOPPED:
        return Exclusion.STOPPED
    if facts.standing & Standing.WHATSAPP_STOPPED:
        return Exclusion.WHATSAPP_STOPPED
    if facts.standing & Standing.SUPPRESSED:
        return Exclusion.SUPPRESSED
    if facts.country in unreachable:
        return Exclusion.UNREACHABLE_COUNTRY
    if facts.standing & Standing.NO_ADDRESS:
        return Exclusion.NOT_ADDRESSABLE
    if facts.is_capped:
        return Exclusion.FREQUENCY_CAP
    if facts.is_duplicate:
        return Exclusion.DUPLICATE
    return None


def after(standing: Standing, kind: ConsentKind) -> Standing:
    """Say what a line of consent history does to a person's standing.

    An opt-in never lifts a stop: stops survive a re-import. Only the person's own coming back does.
    """
    match kind:
        case ConsentKind.OPT_IN:
            return standing | Standing.OPTED_IN
        case ConsentKind.STOP:
            return standing | Standing.STOPPED
        case ConsentKind.RESUME:
            return standing & ~Standing.STOPPED
        case ConsentKind.WHATSAPP_STOP:
            return standing | Standing.WHATSAPP_STOPPED
        case ConsentKind.WHATSAPP_RESUME:
            return standing & ~Standing.WHATSAPP_STOPPED
        case ConsentKind.SUPPRESS:
            return standing | Standing.SUPPRESSED
        case ConsentKind.ERASE:
            return Standing.NO_ADDRESS


@dataclass(frozen=True, slots=True)
class FrequencyCap:
    """At most `campaigns` campaigns to one person within `span_ms`."""

    campaigns: int
    span_ms: int
