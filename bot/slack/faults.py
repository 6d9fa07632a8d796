"""Turns what slack_sdk raises into what the chat port promises: wait, or never again."""

from collections.abc import Awaitable
from typing import Final, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.ports.chat import ChatBusyError, ChatGoneError

T = TypeVar("T")

#: Seconds to wait when Slack does not say how long.
_DEFAULT_WAIT: Final = 5.0
#: Seconds to wait after an error we do not know: it may need a person, so it is not asked often.
_UNKNOWN_WAIT: Final = 60.0
_SERVER_ERROR: Final = 500

#: Slack, "chat.postMessage" and "chat.update", errors (read 2026-11): nothing we do later makes these succeed.
GONE: Final = frozenset({
    "message_not_found", "is_archived", "channel_not_found", "not_in_channel", "is_inactive", "account_inactive",
    "token_revoked", "token_expired", "invalid_auth", "not_authed", "org_login_required", "edit_window_closed",
    "cant_update_message", "restricted_action", "restricted_action_read_only_channel", "user_not_found",
    "user_not_in_channel", "users_not_found", "no_such_subteam", "file_not_found", "file_deleted",
    "cannot_dm_bot", "messages_tab_disabled", "missing_scope",
})  # fmt: skip
_BUSY: Final = frozenset({
    "ratelimited", "rate_limited", "message_limit_exceeded", "internal_error", "fatal_error", "service_unavailable",
    "request_timeout", "team_added_to_org",
})  # fmt: skip
#: The blocks, not the message, are refused: it may go once more as text.
BLOCKS_REFUSED: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})


async def translated(call: Awaitable[T]) -> T:
    """Await a Slack call; raises ChatBusyError or ChatGoneError, or SlackApiError where only the blocks are refused."""
    try:
        return await call
    except SlackApiError as error:
        if error_name(error) in BLOCKS_REFUSED:
            raise
        raise _translate(error) from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise ChatBusyError(_DEFAULT_WAIT, f"Slack cannot be reached ({type(error).__name__}).") from error


def error_name(error: SlackApiError) -> str:
    """Give the name Slack gave the error; empty when the answer was no JSON (a proxy, an outage)."""
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def _translate(error: SlackApiError) -> ChatBusyError | ChatGoneError:
    name, status = error_name(error), _status(error)
    if name in GONE:
        return ChatGoneError(f"Slack refuses for good: {name}.")
    if name in _BUSY or status >= _SERVER_ERROR or status == 429:  # noqa: PLR2004 - Too Many Requests
        return ChatBusyError(_retry_after(error), f"Slack asks to wait: {name or status}.")
    return ChatBusyError(_UNKNOWN_WAIT, f"Slack refuses in a way we do not know: {name or status}.")


def _status(error: SlackApiError) -> int:
    # slack_sdk hands over its own response, or aiohttp's when the body was not the JSON it claimed to be.
    response = error.response
    return int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)


def _retry_after(error: SlackApiError) -> float:
    headers = getattr(error.response, "headers", None) or {}
    text = str(headers.get("Retry-After", ""))
    return float(text) if text.isdigit() else _DEFAULT_WAIT
