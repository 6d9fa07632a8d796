"""The house rules an operator sets: handed to the services as one frozen value."""

from dataclasses import dataclass

from bot.domain.consent import FrequencyCap
from bot.domain.instants import DAY, HOUR, MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the settings say, in the domain's words. Spans are milliseconds unless the name says seconds."""

    approval_channel: str
    phone_number_ids: tuple[str, ...]
    public_url: str | None = None
    cap: FrequencyCap | None = None
    #: An upper bound below what Meta grants; None: what Meta grants.
    max_mps: int | None = None
    #: Wait after the wake-up message of a dormant template.
    template_wait_seconds: int = 600
    #: Phones (E.164) of opted-in testers.
    testers: tuple[str, ...] = ()
    timezone: str = "UTC"
    #: An undecided request, and an approval that could not be launched, end after this.
    approval_lifetime: int = 72 * HOUR
    #: A campaign starts by itself up to so long after its time; later a person is asked.
    late_launch: int = HOUR
    #: Statuses may lag behind the end of a lifetime (Meta, "Time to live").
    expiry_buffer: int = 10 * MINUTE
    #: How long webhook bodies nobody could read are kept.
    retention: int = 90 * DAY
    #: How long a webhook may still heal a message in doubt before a person is asked.
    doubt_patience: int = 15 * MINUTE
    #: A person over Meta's per-user limit (131049) is tried once more after this.
    cap_retry_after: int = 24 * HOUR
    #: A sent campaign rests so long before people over that limit are tried, so that they are tried together.
    cap_retry_pause: int = HOUR

    def pace_of(self, granted_mps: int) -> int:
        """Give the bound in force for a number that Meta grants so many messages per second."""
        return granted_mps if self.max_mps is None else min(granted_mps, self.max_mps)
