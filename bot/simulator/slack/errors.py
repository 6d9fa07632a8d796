"""The two ways the simulator says no: to the app, by Slack's error names, and to a person, as the client does."""

from typing import Any


class SlackError(Exception):
    """A Web API call is refused with `{"ok": false, "error": name}` and whatever fields Slack adds to it."""

    def __init__(self, name: str, *, messages: list[str] | None = None, **fields: Any) -> None:
        super().__init__(name)
        self.name = name
        self.fields = fields
        self.messages = messages or []

    def body(self) -> dict[str, Any]:
        """Render the refusal as the JSON object Slack answers with."""
        answer: dict[str, Any] = {"ok": False, "error": self.name, **self.fields}
        if self.messages:
            answer["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
        return answer


class RateLimitedError(Exception):
    """Too many calls of one method: HTTP 429 with `Retry-After` in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"ratelimited, retry after {retry_after} s")
        self.retry_after = retry_after


class PersonRefusedError(Exception):
    """The Slack client would not let this person do that; the app never hears of it."""
