"""Whether a campaign's figures may be shown in a channel: ours, alive, and one the bot is in."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports.chat import ChatBusyError, ChatClosedError, ChatError, ChatGoneError
from bot.slack.faults import error_name, translated

_log = logging.getLogger(__name__)

_PATIENCE_SECONDS: Final = 1.0
_UNSEEN: Final = frozenset({"channel_not_found", "not_in_channel"})
_INVITE: Final = "Invite it there first (/invite @Arauto), or pick another channel."
_SILENT: Final = "Slack does not say whether Arauto may post there. Submit again in a moment."


async def objection(client: AsyncWebClient, channel: str) -> str | None:
    """Say in one sentence why a channel cannot take the live card; None when it can, or Slack may not tell."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            answer = await translated(client.conversations_info(channel=channel))
    except (ChatGoneError, ChatClosedError) as unseen:
        return _unseen(channel, unseen)
    except (TimeoutError, ChatBusyError):
        return _SILENT
    return _judge(answer.get("channel") or {})


def _judge(channel: Mapping[str, Any]) -> str | None:
    if channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"):
        return "This channel is shared with another company, which would see the figures. Pick one of your own."
    if channel.get("is_archived"):
        return "This channel is archived. Pick another one."
    if channel.get("is_member") is False:
        return f"Arauto is not in this channel. {_INVITE}"
    return None


def _unseen(channel: str, error: ChatError) -> str | None:
    cause = error.__cause__
    name = error_name(cause) if isinstance(cause, SlackApiError) else ""
    if name in _UNSEEN:
        return f"Arauto cannot see this channel. {_INVITE}"
    # Without channels:read Slack tells nothing of any channel; posting is then the test.
    _log.warning("Nothing is known of channel %s (%s).", channel, name)
    return None
