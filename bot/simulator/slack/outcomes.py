"""What became of one thing a person did: what was sent to the app, what the app answered, what the person saw."""

from dataclasses import dataclass, field
from typing import Any

from bot.simulator.slack.state import Json, Workspace
from bot.simulator.slack.transport import Answer, Envelope, Transport

# What a person reads when the app does not answer in time or not well.
FAILURES = {
    "http_timeout": "operation_timeout",
    "connection_failed": "dispatch_failed",
    "http_error": "dispatch_failed",
}


@dataclass(slots=True)
class Outcome:
    """The record of one action.

    `error` is the failure the person saw (None when all went well), `detail` says why in words, `errors` are the
    complaints under inputs by block_id, `options` what a select offered. `was_sent` is false when the client
    itself stopped the action, so that the app never heard of it.
    """

    kind: str
    user: str
    payload: Json
    status: int | None = None
    body: Any = None
    error: str | None = None
    detail: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    options: list[Json] = field(default_factory=list)
    attempts: list[Answer] = field(default_factory=list)
    was_sent: bool = True

    @property
    def is_ok(self) -> bool:
        """Whether the person saw neither a failure nor a complaint."""
        return self.error is None and not self.errors

    def fail(self, error: str, detail: str) -> None:
        """Note what the person saw go wrong."""
        self.error, self.detail = error, detail

    def as_json(self) -> Json:
        """Render the record for the control interface."""
        return {
            "kind": self.kind,
            "user": self.user,
            "status": self.status,
            "body": self.body,
            "error": self.error,
            "detail": self.detail,
            "errors": self.errors,
            "options": self.options,
            "was_sent": self.was_sent,
            "attempts": len(self.attempts),
        }


@dataclass(slots=True)
class Courier:
    """Sends a payload to the app and keeps the record."""

    workspace: Workspace
    transport: Transport
    outcomes: list[Outcome] = field(default_factory=list)

    async def send(self, envelope_kind: str, payload: Json, *, kind: str, user: str) -> Outcome:
        """Deliver one payload and return its outcome; the person's view of failures is filled in."""
        outcome = Outcome(kind, user, payload)
        await self.attempt(outcome, Envelope(envelope_kind, payload))
        self.outcomes.append(outcome)
        self.workspace.feed.publish("action", type=kind, user=user, status=outcome.status, error=outcome.error)
        return outcome

    async def attempt(self, outcome: Outcome, envelope: Envelope) -> Answer:
        """Deliver once more and note the answer in the outcome."""
        answer = await self.transport.deliver(envelope)
        outcome.attempts.append(answer)
        outcome.status, outcome.body = answer.status, answer.body
        outcome.error = FAILURES[answer.failure] if answer.failure else None
        outcome.detail = answer.failure or ""
        return answer
