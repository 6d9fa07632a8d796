"""Reads what was typed and chosen in a modal (Slack, "View state", read 2026-11)."""

from collections.abc import Mapping
from typing import Any

from bot.domain.instants import SECOND, Millis


class Typed:
    """The state of a modal. Inputs nobody touched are empty; `fields` are the inputs that are there."""

    def __init__(self, view: Mapping[str, Any]) -> None:
        blocks = view.get("blocks") or ()
        self.fields = frozenset(str(block["block_id"]) for block in blocks if block.get("type") == "input")
        self._values: Mapping[str, Mapping[str, Any]] = (view.get("state") or {}).get("values") or {}

    def text(self, field: str) -> str:
        """Give a text without the spaces around it."""
        return str(self._input(field).get("value") or "").strip()

    def choice(self, field: str) -> str:
        """Give the value of the option chosen."""
        return str(self._option(field).get("value") or "")

    def label(self, field: str) -> str:
        """Give the words of the option chosen."""
        return str((self._option(field).get("text") or {}).get("text") or "")

    def channel(self, field: str) -> str:
        """Give the conversation chosen."""
        return str(self._input(field).get("selected_conversation") or "")

    def moment(self, field: str) -> Millis | None:
        """Give the instant chosen; Slack counts in seconds."""
        seconds = self._input(field).get("selected_date_time")
        return Millis(int(seconds) * SECOND) if seconds else None

    def entered(self, field: str) -> str | list[str] | None:
        """Give a text, or the values of a multi-select; None where nothing was entered."""
        entry = self._input(field)
        if "selected_options" in entry:
            return [str(option["value"]) for option in entry["selected_options"] or ()]
        return self.text(field) or None

    def files(self, field: str) -> list[Mapping[str, Any]]:
        """Give the files handed over."""
        return list(self._input(field).get("files") or ())

    def starting_with(self, prefix: str) -> dict[str, str]:
        """Give every text whose field begins so, by the rest of the field's name."""
        return {field.removeprefix(prefix): self.text(field) for field in self._values if field.startswith(prefix)}

    def _option(self, field: str) -> Mapping[str, Any]:
        return self._input(field).get("selected_option") or {}

    def _input(self, field: str) -> Mapping[str, Any]:
        # Block and action share one name; an outside tool may name the action differently.
        entries = self._values.get(field) or {}
        return entries.get(field) or next(iter(entries.values()), {})
