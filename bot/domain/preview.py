"""What a marketer sees before anything is planned: whom an audience reaches, and at what price, pace and room."""

from dataclasses import dataclass

from bot.domain.audience import Waterfall
from bot.domain.rates import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """An audience judged as of now.

    `messaging_limit` is people per rolling 24 h for the whole portfolio, None for unlimited; `messaged` is how many of
    them we have used (what other tools sent on the same portfolio we cannot see).
    """

    waterfall: Waterfall
    estimate: Estimate
    sending_seconds: int
    messaging_limit: int | None
    messaged: int

    @property
    def headroom(self) -> int | None:
        """Say how many people may still be written to today; None for any number."""
        return None if self.messaging_limit is None else max(0, self.messaging_limit - self.messaged)

    @property
    def beyond_limit(self) -> int:
        """Say how many of those who will be sent to must wait until there is room again."""
        return 0 if self.headroom is None else max(0, self.waterfall.will_be_sent - self.headroom)
