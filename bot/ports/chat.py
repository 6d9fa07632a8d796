"""The chat's side: posting and editing messages, and asking who somebody is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Blocks = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message as the chat takes it. `text` is the summary for notifications and screen readers.

    `mark`, where there is one, goes along unseen, so that the message can be found again.
    """

    text: str
    blocks: Blocks = ()
    mark: str = ""


class ChatError(Exception):
    """The chat did not do what it was asked; a subclass says what may be done about it."""


class ChatBusyError(ChatError):
    """The chat asks to wait (`retry_after` seconds), or cannot be reached: keep the newest state and try later.

    With `may_be_done` the answer was lost: what was asked may have been done.
    """

    def __init__(self, retry_after: float, why: str, *, may_be_done: bool = False) -> None:
        super().__init__(why)
        self.retry_after = retry_after
        self.may_be_done = may_be_done


class ChatClosedError(ChatError):
    """A channel, or with `is_everywhere` the whole workspace, takes nothing until somebody mends it; says how."""

    def __init__(self, why: str, *, is_everywhere: bool = False) -> None:
        super().__init__(why)
        self.is_everywhere = is_everywhere


class ChatGoneError(ChatError):
    """This one message, or this one account, will never take anything again; others may."""


class ChatMissingError(ChatGoneError):
    """The message to edit is not there any more: somebody deleted it."""


class Chat(Protocol):
    async def post(
        self, channel: str, message: ChatMessage, *, thread_ts: str | None = None, broadcast: bool = False
    ) -> tuple[str, str]:
        """Post and return (channel id, ts)."""
        ...

    async def find(self, channel: str, mark: str, *, thread_ts: str | None = None) -> str | None:
        """Look for a message of ours by its mark and give its ts; None where it is not, or we may not look."""
        ...

    async def edit(self, channel: str, ts: str, message: ChatMessage) -> None: ...
    async def whisper(self, channel: str, user: str, message: ChatMessage) -> None:
        """Show a message to one person only; falls back to a direct message where that is impossible."""
        ...
