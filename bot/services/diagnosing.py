"""Judging whether the set-up can work: facts from the outside in, findings with their mend out; asks nobody itself."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from bot.domain.errors import ConfigurationError
from bot.domain.instants import DAY, SECOND, Millis, from_datetime
from bot.domain.rates import RateCard
from bot.ports.meta import MetaManagement, MetaRefusedError, MetaUnavailableError, NumberFacts

#: The least the bot needs; `manifest.yml` asks for these and those below (docs.slack.dev, "Scopes", read 2026-11).
SCOPES: Final = frozenset({
    "commands", "chat:write", "files:read", "users:read", "usergroups:read", "channels:read", "groups:read",
    "im:write",
})  # fmt: skip
#: What lets the bot see whether a message is there whose answer was lost; it works without.
OPTIONAL_SCOPES: Final = frozenset({"channels:history", "groups:history"})
#: Slack refuses requests 300 s off; Meta's times are compared with ours, so a minute is much already.
CLOCK_TOLERANCE: Final = 60 * SECOND
#: Meta changes prices on the first day of a quarter (Meta, "Pricing", read 2026-09-11): two quarters is old.
CARD_AGES: Final = 184 * DAY
LITTLE_DISK: Final = 1_000_000_000
NO_DISK: Final = 100_000_000
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the diagnosis: what is so, and what to do about it unless it is fine."""

    level: Level
    what: str
    mend: str = ""

    def __str__(self) -> str:
        """Write the line: level, what, mend."""
        return f"{self.level:<4} {self.what} {self.mend}".rstrip()


def ok(what: str) -> Finding:
    """Say that something is fine."""
    return Finding(Level.OK, what)


def warn(what: str, mend: str) -> Finding:
    """Say what works but will hurt."""
    return Finding(Level.WARN, what, mend)


def fail(what: str, mend: str) -> Finding:
    """Say what does not work."""
    return Finding(Level.FAIL, what, mend)


def judge_scopes(granted: Collection[str]) -> Finding:
    """Compare the scopes of the Slack token with those the bot needs."""
    mend = "Add them under OAuth & Permissions (manifest.yml lists all), then install the app again."
    missing, optional = (sorted(wanted.difference(granted)) for wanted in (SCOPES, OPTIONAL_SCOPES))
    if missing:
        return fail(f"Slack scopes: {', '.join(missing)} missing.", mend)
    if optional:
        what = f"Slack scopes: {', '.join(optional)} not granted. A message whose answer is lost may be there twice."
        return warn(what, mend)
    return ok("Slack scopes: all there.")


def judge_public_url(public_url: str | None, *, is_socket_mode: bool) -> Finding:
    """Judge where Meta, Slack and people's browsers find the bot."""
    if public_url is None and not is_socket_mode:
        return fail(
            "PUBLIC_URL is not set, and without SLACK_APP_TOKEN Slack has to reach the bot.",
            "Set PUBLIC_URL, or SLACK_APP_TOKEN for Socket Mode.",
        )
    if public_url is None:
        return warn(
            "PUBLIC_URL is not set: no click redirects.",
            "Set it to the https address under which Meta reaches /meta/webhook.",
        )
    parts = urlsplit(public_url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        return warn(f"PUBLIC_URL is {public_url}, but Meta calls https only.", "Put a TLS proxy in front of the bot.")
    return ok(f"PUBLIC_URL: {public_url}.")


def judge_approvers(approvers: Collection[str]) -> Finding:
    """Say whether anybody can approve."""
    if not approvers:
        return fail(
            "ARAUTO_APPROVERS is not set: nobody can approve, so nothing is sent.",
            "Set it to ids of Slack users or user groups.",
        )
    return ok(f"Approvers: {len(approvers)} listed.")


def judge_clock(ours: Millis, theirs: Millis | None) -> Finding:
    """Compare our clock with the one behind Meta's answers."""
    if theirs is None:
        return warn("Clock: Meta named no time to compare with.", "Check that this machine's clock is synchronised.")
    seconds = abs(ours - theirs) // SECOND
    if abs(ours - theirs) <= CLOCK_TOLERANCE:
        return ok(f"Clock: {seconds} s from Meta's.")
    way = "ahead of" if ours > theirs else "behind"
    return warn(f"Clock: {seconds} s {way} Meta's.", "Synchronise this machine's clock (NTP).")


def judge_disk(free_bytes: int) -> Finding:
    """Judge the room left where the database is."""
    free = f"Disk: {free_bytes / 1e9:.1f} GB free beside the database."
    if free_bytes < NO_DISK:
        return fail(free, "Free some space: a full disk stops all sending.")
    if free_bytes < LITTLE_DISK:
        return warn(free, "Free some space before the next campaign.")
    return ok(free)


def judge_rate_card(card: RateCard, now: Millis) -> Finding:
    """Judge how old the newest prices are."""
    newest = card.newest
    if now - from_datetime(datetime.combine(newest, time(), UTC)) > CARD_AGES:
        return warn(
            f"Rate card {card.name}: its newest prices are of {newest}.",
            "Set ARAUTO_RATE_CARD to a newer one; estimates are only as good as the card.",
        )
    return ok(f"Rate card {card.name}: prices of {newest}, in {card.currency}.")


def judge_onboarding(status: str) -> Finding:
    """Say what Meta's onboarding status means (Meta, "Get started" and "Onboarding", read 2026-09-11)."""
    level, meaning, mend = _ONBOARDING.get(status, _UNKNOWN_ONBOARDING)
    return Finding(level, f"Onboarding to Marketing Messages: {status}{meaning}.", mend)


_ELSEWHERE = "Use a WhatsApp Business Account that may use Marketing Messages, and set META_WABA_ID."
_ONBOARDING: Final = {
    "ONBOARDED": (Level.OK, "", ""),
    "ELIGIBLE": (
        Level.FAIL,
        ", the terms are not accepted yet",
        "Accept them in the App Dashboard under WhatsApp, Quickstart, or in WhatsApp Manager.",
    ),
    "PENDING_VALID_PAYMENT_METHOD": (
        Level.FAIL,
        ", there is no valid payment method",
        "Add one to the account in WhatsApp Manager.",
    ),
    "PENDING_INTERNAL_SETUP": (Level.FAIL, ", Meta is still setting it up", "Wait, then run this again."),
    "INELIGIBLE_INACTIVE_OR_RESTRICTED": (
        Level.FAIL,
        ", the account is inactive or restricted",
        "See why in WhatsApp Manager, and appeal there.",
    ),
    "INELIGIBLE_COUNTRY_NOT_SUPPORTED": (Level.FAIL, ", not offered in the account's country", _ELSEWHERE),
    "INELIGIBLE_ON_BEHALF_OF_WABA": (Level.FAIL, ", the account is held on behalf of somebody else", _ELSEWHERE),
    "INELIGIBLE_USING_WHATSAPP_BUSINESS_APP": (
        Level.FAIL,
        ", the number is used in the WhatsApp Business app",
        "Use a number that is on the platform alone.",
    ),
}
_UNKNOWN_ONBOARDING: Final = (
    Level.WARN,
    ", which this Arauto does not know",
    "Look the account up in WhatsApp Manager.",
)


async def examine_meta(meta: MetaManagement, numbers: Collection[str], now: Millis) -> list[Finding]:
    """Ask Meta everything that matters; once the token is refused, or nobody answers, nothing more is asked."""
    try:
        theirs = await meta.server_time()
        status = await meta.onboarding()
    except MetaRefusedError as refused:
        failure = refused.failure
        return [fail(f"Meta token or META_WABA_ID: {failure.what} ({failure.code}).", failure.mend)]
    except MetaUnavailableError as problem:
        return [fail(f"Meta cannot be asked: {problem}", "Check the network and META_API_URL, then run this again.")]
    found = [ok("Meta token: accepted."), judge_clock(now, theirs), judge_onboarding(status)]
    found += [await _examine_number(meta, number) for number in numbers]
    return [*found, await _examine_webhook(meta)]


async def _examine_number(meta: MetaManagement, phone_number_id: str) -> Finding:
    try:
        return judge_number(await meta.number(phone_number_id))
    except (MetaRefusedError, MetaUnavailableError) as problem:
        return fail(f"Number {phone_number_id}: {problem}", "Check META_PHONE_NUMBER_IDS.")


def judge_number(number: NumberFacts) -> Finding:
    """Judge a sender number by its quality."""
    limit = "unlimited" if number.messaging_limit is None else f"{number.messaging_limit} people"
    what = (
        f"Number {number.phone_number_id} ({number.verified_name or 'no name'}): {number.granted_mps} messages a "
        f"second, {limit} in 24 hours, quality {number.quality}."
    )
    if number.quality == "RED":
        return warn(what, "Send less, to people who expect it; Meta may restrict the number.")
    return ok(what)


async def _examine_webhook(meta: MetaManagement) -> Finding:
    try:
        apps = await meta.subscribed_apps()
    except (MetaRefusedError, MetaUnavailableError) as problem:
        return fail(f"Webhook: {problem}", "Check that the token has whatsapp_business_management.")
    if apps:
        return ok("Webhook: an app is subscribed to the account.")
    return fail(
        "Webhook: no app is subscribed to the account, so no status would ever arrive.",
        "POST /{META_WABA_ID}/subscribed_apps with your token, and set the callback to PUBLIC_URL/meta/webhook.",
    )


def failures(findings: Collection[Finding]) -> int:
    """Count what does not work."""
    return sum(finding.level is Level.FAIL for finding in findings)


def from_configuration(error: ConfigurationError) -> list[Finding]:
    """Make a finding of every fault in the settings; each sentence names its own mend."""
    return [fail(line, "") for line in str(error).splitlines()]
