"""One payload from Slack and the ways to answer it where the person is looking."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports.chat import Chat, ChatMessage
from bot.slack.views.parts import Block, section
from commands.actor import TryAgainError, user_of

_log = logging.getLogger(__name__)

_BAD_REQUEST: Final = 400
#: Modals whose result is shown to whoever asked carry the channel they were asked for.
_CHANNEL_ID: Final = re.compile(r"[CDG][A-Z0-9]+")
_VIEW_GONE: Final = frozenset({"not_found", "view_not_found", "hash_conflict"})


@dataclass(slots=True)
class Exchange:
    """A payload and its answer. Slack waits three seconds for the first answer; later ones go other ways."""

    body: Mapping[str, Any]
    client: AsyncWebClient
    chat: Chat
    _ack: AsyncAck
    _respond: AsyncRespond
    is_answered: bool = False

    @property
    def kind(self) -> str:
        """Name the payload: `command`, `event_callback`, `view_submission`, `block_actions`, ..."""
        return str(self.body.get("type") or "command")

    @property
    def text(self) -> str:
        """Give what was typed behind a slash command."""
        return str(self.body.get("text") or "").strip()

    @property
    def channel(self) -> str:
        """Give the channel in which this happened; empty in a modal or on the App Home."""
        channel: Mapping[str, Any] = self.body.get("channel") or {}
        return str(self.body.get("channel_id") or channel.get("id") or "")

    @property
    def origin(self) -> str:
        """Give the channel to answer in: where this happened, or where the submitted modal was asked for."""
        metadata = str(self.view.get("private_metadata") or "")
        return self.channel or (metadata if _CHANNEL_ID.fullmatch(metadata) else "")

    @property
    def action(self) -> Mapping[str, Any]:
        """Give the first action of a click; empty for anything else."""
        found: Sequence[Mapping[str, Any]] = self.body.get("actions") or ({},)
        return found[0]

    @property
    def view(self) -> Mapping[str, Any]:
        """Give the modal or home that was acted on; empty for a message."""
        return self.body.get("view") or {}

    async def accept(self) -> None:
        """Tell Slack that it arrived; a submitted modal closes."""
        if not self.is_answered:
            self.is_answered = True
            await self._ack()

    async def tell(self, message: ChatMessage) -> None:
        """Show a message to this person only."""
        if self.kind == "command" and not self.is_answered:
            self.is_answered = True
            await self._ack(text=message.text, blocks=_dicts(message.blocks), response_type="ephemeral")
            return
        await self.accept()
        if await self._reply(message):
            return
        user, origin = user_of(self.body), self.origin
        if origin:
            await self.chat.whisper(origin, user, message)
        else:
            await self.chat.post(user, message)

    async def say(self, text: str) -> None:
        """Show one formatted sentence to this person only."""
        await self.tell(ChatMessage(text=text, blocks=[section(text)]))

    async def open(self, view: Block) -> None:
        """Open a modal, or lay it over the open one; raises TryAgainError when the moment to do so has passed."""
        await self.accept()
        is_in_modal = self.view.get("type") == "modal"
        method = self.client.views_push if is_in_modal else self.client.views_open
        try:
            await method(trigger_id=str(self.body.get("trigger_id", "")), view=view)
        except SlackApiError as error:
            if "trigger" in str(error.response.get("error", "")):
                raise TryAgainError("That took too long, so Slack could not open the form. Try again.") from error
            raise

    async def redraw(self, view: Block, *, drawn_hash: str | None = None) -> str | None:
        """Replace the open modal unless it has moved on meanwhile; gives the hash of what it shows now, None if not.

        `drawn_hash` is the hash of our own last redrawing; without it the modal must be as it was in the payload.
        """
        known_hash = drawn_hash or self.view.get("hash")
        try:
            answer = await self.client.views_update(view_id=self.view["id"], hash=known_hash, view=view)
        except SlackApiError as error:
            if error.response.get("error") not in _VIEW_GONE:
                raise
            _log.info("A modal moved on before it was redrawn (%s).", error.response.get("error"))
            return None
        return str((answer.get("view") or {}).get("hash") or "") or None

    async def complain(self, errors: Mapping[str, str]) -> None:
        """Show sentences at the fields of the submitted modal, which stays open."""
        self.is_answered = True
        await self._ack(response_action="errors", errors=dict(errors))

    async def replace(self, view: Block) -> None:
        """Answer a submission with another modal in its place."""
        self.is_answered = True
        await self._ack(response_action="update", view=view)

    async def offer(self, options: Sequence[Block]) -> None:
        """Answer a search with what may be chosen."""
        self.is_answered = True
        await self._ack(options=list(options))

    async def _reply(self, message: ChatMessage) -> bool:
        """Answer through the payload's own address; False where there is none or it takes no more."""
        if not self._respond.response_url:
            return False
        try:
            answer = await self._respond(
                text=message.text,
                blocks=_dicts(message.blocks),
                response_type="ephemeral",
                replace_original=False,
            )
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            _log.warning("A response_url could not be reached (%s).", type(error).__name__)
            return False
        return answer.status_code < _BAD_REQUEST


def _dicts(blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(block) for block in blocks]
