"""Prometheus figures of the running process."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.domain.inbound import WebhookBatch
from bot.ports.meta import Accepted, InDoubt, NotSent, Outcome, Refused
from bot.services.tracking import Absorbed

#: Bounds of the buckets: a commit alone takes a few milliseconds, Meta wants webhooks answered within 250.
WRITE_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """Counters since the start of the process, in a registry of their own; no label holds a person's data."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.webhooks = Counter(
            "arauto_webhooks", "Webhook bodies by what became of them.", ["result"], registry=self.registry
        )
        self.statuses = Counter(
            "arauto_statuses", "Status updates by what became of them.", ["result"], registry=self.registry
        )
        self.requests = Counter(
            "arauto_send_requests",
            "Requests to Meta's marketing endpoint by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        self.writes = Histogram(
            "arauto_write_seconds",
            "From handing a write over until it is durable, the wait for others included.",
            buckets=WRITE_SECONDS,
            registry=self.registry,
        )
        self.pace = Gauge("arauto_pace", "Messages per second aimed at.", ["number"], registry=self.registry)
        self.is_sending = Gauge(
            "arauto_sender_ok",
            "1 while the number's sender works, 0 while something stops it.",
            ["number"],
            registry=self.registry,
        )
        self.is_held = Gauge(
            "arauto_sender_holds", "1 while this process sends for the number.", ["number"], registry=self.registry
        )

        self.channels_closed = Gauge(
            "arauto_channels_closed",
            "Slack channels that take nothing until somebody mends it.",
            registry=self.registry,
        )

    def absorbed(self, batch: WebhookBatch, absorbed: Absorbed, *, bodies: int) -> None:
        """Count what one write took: so many webhook bodies, joined in one batch."""
        self.webhooks.labels("quarantined" if batch.quarantined else "taken").inc(bodies)
        self.statuses.labels("matched").inc(absorbed.matched)
        self.statuses.labels("repeated").inc(absorbed.repeated)
        self.statuses.labels("parked").inc(absorbed.parked)
        self.statuses.labels("quarantined").inc(len(batch.quarantined))

    def answered(self, outcome: Outcome) -> None:
        """Count one answer of Meta's."""
        match outcome:
            case Accepted():
                label = "accepted"
            case Refused():
                label = f"refused {outcome.failure.code}"
            case NotSent():
                label = "not sent"
            case InDoubt():
                label = "in doubt"
        self.requests.labels(label).inc()

    def text(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def sender(self, number: str, pace: float, trouble: str | None, *, is_held: bool) -> None:
        """Show how one number's sender fares, and whether the number is this process's."""
        self.is_held.labels(number).set(is_held)
        self.pace.labels(number).set(pace)
        self.is_sending.labels(number).set(0 if trouble else 1)
