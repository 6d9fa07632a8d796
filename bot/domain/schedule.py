"""When a campaign may start, when a message has outlived its use, and how long sending takes.

The lifetime (TTL) belongs to the template and starts when Meta accepts a message, so the last safe launch of an offer
is its end minus the lifetime: whatever starts later could still reach a phone after the offer is over.
"""

from datetime import UTC, tzinfo

from bot.domain.campaign import Campaign
from bot.domain.instants import SECOND, Millis, plus_seconds, to_datetime
from bot.domain.template import MAX_TTL_SECONDS, MIN_TTL_SECONDS

#: Webhooks of deliveries made in the last moment may lag; only after this is a silent message called expired.
EXPIRY_BUFFER_SECONDS = 900

Complaint = tuple[str, str]


def last_safe_launch(offer_ends_at: Millis, ttl_seconds: int) -> Millis:
    """Give the last instant at which a message may leave and still not outlive the offer."""
    return plus_seconds(offer_ends_at, -ttl_seconds)


def outlives_offer(starts_at: Millis, offer_ends_at: Millis | None, ttl_seconds: int) -> bool:
    """Tell whether a message that leaves at this instant could arrive after the offer has ended."""
    return offer_ends_at is not None and starts_at > last_safe_launch(offer_ends_at, ttl_seconds)


def expires_at(accepted_at: Millis, ttl_seconds: int, buffer_seconds: int = EXPIRY_BUFFER_SECONDS) -> Millis:
    """Give the instant from which a message without `delivered` counts as expired (our inference, reversible).

    Meta sends nothing at expiry; the clock starts at `sent`, or at acceptance while there is no `sent`.
    """
    return plus_seconds(accepted_at, ttl_seconds + buffer_seconds)


def lateness(campaign: Campaign, now: Millis) -> int:
    """Give the milliseconds since an approved campaign should have started; negative before its time."""
    return now - max(campaign.spec.scheduled_at or 0, campaign.approved_at or 0)


def sending_seconds(recipients: int, per_second: float) -> int:
    """Estimate how long so many messages take at this pace, in whole seconds rounded up."""
    return -int(-recipients // per_second)


def check_schedule(
    *,
    now: Millis,
    ttl_seconds: int,
    scheduled_at: Millis | None = None,
    offer_ends_at: Millis | None = None,
    zone: tzinfo = UTC,
) -> list[Complaint]:
    """List what is wrong with the times of a campaign as (field, sentence), at most one for a field.

    `ttl_seconds` is the lifetime that will hold at launch: the one chosen, or else the template's. No schedule
    means as soon as approved. Times in the sentences are shown in `zone`.
    """
    complaints: list[Complaint] = []
    if not MIN_TTL_SECONDS <= ttl_seconds <= MAX_TTL_SECONDS:
        complaints.append(("ttl", _TTL_RANGE.format(ttl_seconds)))
    if scheduled_at is not None and scheduled_at <= now:
        complaints.append(("schedule", "This time is in the past; choose a later one, or none to send once approved."))
    if offer_ends_at is not None:
        starts_at = max(scheduled_at or now, now)
        complaints.extend(
            ("offer_ends", why) for why in _offer_problem(offer_ends_at, ttl_seconds, starts_at, now, zone)
        )
    return complaints


_TTL_RANGE = "A message may wait 12 hours to 30 days (43,200 to 2,592,000 seconds), not {:,} seconds."


def _offer_problem(ends_at: Millis, ttl_seconds: int, starts_at: Millis, now: Millis, zone: tzinfo) -> list[str]:
    if ends_at <= now:
        return ["The offer has already ended; choose a time in the future."]
    if not outlives_offer(starts_at, ends_at, ttl_seconds):
        return []
    last = last_safe_launch(ends_at, ttl_seconds)
    lifetime = in_words(ttl_seconds)
    if last <= now:
        return [f"A message may arrive up to {lifetime} after it is sent, after the offer: shorten that or end later."]
    by = _show(last, zone)
    return [f"A message may arrive up to {lifetime} after it is sent: schedule it by {by}, or end the offer later."]


def in_words(seconds: int) -> str:
    """Write a lifetime as people say it: the largest two of days, hours and minutes."""
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
    parts: list[str] = []
    for name, size in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return " ".join(parts[:2]) or "0 seconds"


def _show(instant: Millis, zone: tzinfo) -> str:
    # Cut to whole minutes downwards, so that what is shown is itself still safe.
    return f"{to_datetime(Millis(instant - instant % (60 * SECOND))).astimezone(zone):%Y-%m-%d %H:%M %Z}"
