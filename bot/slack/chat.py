"""Posts and edits messages in Slack: the chat port over slack_sdk.

Nothing here repeats a post: Slack has no idempotency key, so a post whose answer was lost may be there already. A mark
in its metadata lets it be found (Slack, "Message metadata", read 2026-11).
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.ports.chat import ChatClosedError, ChatGoneError, ChatMessage
from bot.slack.faults import error_name, translated, unknown_refusal
from bot.slack.limits import MESSAGE_TEXT, clip

_log = logging.getLogger(__name__)

_TIMEOUT_SECONDS: Final = 10
_EVENT: Final = "arauto_message"
#: A look at so many messages at most: whoever looks does so within seconds, or after a restart.
_PAGE: Final = 200
_PAGES: Final = 5
#: How the ids of people begin, in whose place a direct message is posted.
_PERSON: Final = ("U", "W")
_UNSEEN: Final = ("user_not_in_channel", "channel_not_found", "not_in_channel", "is_archived")


def web_client(token: str, base_url: str | None = None) -> AsyncWebClient:
    """Make the client for posting: never repeats a call by itself. `base_url` is SLACK_API_URL."""
    base = base_url or AsyncWebClient.BASE_URL
    return AsyncWebClient(token=token, base_url=base, timeout=_TIMEOUT_SECONDS, retry_handlers=[])


class SlackChat:
    """Implements `bot.ports.chat.Chat`: ChatBusyError (later), ChatClosedError (once mended), ChatGoneError (never)."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def post(
        self, channel: str, message: ChatMessage, *, thread_ts: str | None = None, broadcast: bool = False
    ) -> tuple[str, str]:
        """Post and return (channel id, ts); a user id as channel posts a direct message."""
        where: dict[str, Any] = {"channel": channel, "unfurl_links": False, "unfurl_media": False}
        if message.mark:
            where["metadata"] = {"event_type": _EVENT, "event_payload": {"mark": message.mark}}
        if thread_ts is not None:
            where |= {"thread_ts": thread_ts, "reply_broadcast": broadcast}
        answer = await self._with_recovery(self._client.chat_postMessage, where, message)
        return str(answer["channel"]), str(answer["ts"])

    async def find(self, channel: str, mark: str, *, thread_ts: str | None = None) -> str | None:
        """Look among the newest messages of a channel or thread; None where it is not, or we may not look there.

        Direct messages are not looked at: they would take one more scope.
        """
        if channel.startswith(_PERSON):
            return None
        where: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": _PAGE}
        try:
            for _ in range(_PAGES):
                page = await self._read(where, thread_ts)
                found = next((one for one in page["messages"] if _mark_of(one) == mark), None)
                where["cursor"] = (page.get("response_metadata") or {}).get("next_cursor")
                if found is not None or not where["cursor"]:
                    return None if found is None else str(found["ts"])
        except (ChatClosedError, ChatGoneError) as refused:
            _log.warning("Whether a message is there already cannot be seen in %s: %s", channel, refused)
        return None

    async def _read(self, where: dict[str, Any], thread_ts: str | None) -> AsyncSlackResponse:
        if thread_ts is None:
            return await translated(self._client.conversations_history(**where))
        return await translated(self._client.conversations_replies(**where, ts=thread_ts))

    async def edit(self, channel: str, ts: str, message: ChatMessage) -> None:
        """Replace a message of ours by another."""
        await self._with_recovery(self._client.chat_update, {"channel": channel, "ts": ts}, message)

    async def whisper(self, channel: str, user: str, message: ChatMessage) -> None:
        """Show a message to one person only; falls back to a direct message where the channel does not allow it."""
        where = {"channel": channel, "user": user}
        try:
            await self._with_recovery(self._client.chat_postEphemeral, where, message)
        except (ChatGoneError, ChatClosedError) as closed:
            if not isinstance(closed.__cause__, SlackApiError) or error_name(closed.__cause__) not in _UNSEEN:
                raise
            await self.post(user, message)

    async def permalink(self, channel: str, ts: str) -> str:
        """Ask for the address of a message."""
        answer = await translated(self._client.chat_getPermalink(channel=channel, message_ts=ts))
        return str(answer["permalink"])

    async def _with_recovery(
        self, method: Callable[..., Awaitable[AsyncSlackResponse]], where: dict[str, Any], message: ChatMessage
    ) -> AsyncSlackResponse:
        """Call once; where Slack refuses the blocks, once more with the text alone: the figures still arrive."""
        text = clip(message.text, MESSAGE_TEXT)
        try:
            return await translated(method(**where, text=text, blocks=list(message.blocks)))
        except SlackApiError as refused:
            _log.warning("Slack refused the blocks of a message (%s); it goes as text.", error_name(refused))
        try:
            return await translated(method(**where, text=text, blocks=[]))
        except SlackApiError as refused:
            raise unknown_refusal(f"even the text: {error_name(refused)}") from refused


def _mark_of(message: Mapping[str, Any]) -> str:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return str(payload.get("mark", "")) if metadata.get("event_type") == _EVENT else ""
