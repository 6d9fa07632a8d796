"""Turns what slack_sdk raises into what the chat port promises: wait, wait for somebody to mend it, or never again."""

from collections.abc import Awaitable
from typing import Final, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.ports.chat import ChatBusyError, ChatClosedError, ChatError, ChatGoneError, ChatMissingError

T = TypeVar("T")

#: Seconds to wait when Slack does not say how long.
_DEFAULT_WAIT: Final = 5.0
_SERVER_ERROR: Final = 500

# Slack, "chat.postMessage" and "chat.update", errors (read 2026-11).

_MISSING: Final = "message_not_found"
#: What is wrong with this one message or account: nothing we do later makes it succeed.
GONE: Final = frozenset({
    "cant_update_message", "edit_window_closed", "msg_too_long", "no_text", "user_not_found", "users_not_found",
    "user_not_in_channel", "no_such_subteam", "file_not_found", "file_deleted", "cannot_dm_bot",
})  # fmt: skip
#: Of these Slack says that some of what was asked may have been done.
_HALF_DONE: Final = frozenset({"internal_error", "fatal_error"})
_BUSY: Final = frozenset({
    "ratelimited", "rate_limited", "message_limit_exceeded", "internal_error", "fatal_error", "service_unavailable",
    "request_timeout", "team_added_to_org",
})  # fmt: skip

_INVITE: Final = "Type `/invite @Arauto` there."
_ARCHIVED: Final = "It is archived. Unarchive it, and invite Arauto again."
_RULE: Final = "A rule of the workspace keeps Arauto from posting there. An admin of the workspace can allow it."
#: What keeps us out of one channel, and what to do: a person can mend each.
_CHANNEL: Final = {
    "not_in_channel": f"Arauto is not in it. {_INVITE}",
    "channel_not_found": f"Arauto does not see it: it was deleted, or it is private. {_INVITE}",
    "is_archived": _ARCHIVED,
    "is_inactive": _ARCHIVED,
    "restricted_action": _RULE,
    "restricted_action_read_only_channel": _RULE,
    "restricted_action_thread_only_channel": _RULE,
    "messages_tab_disabled": "The Messages tab of the app is off. Switch it on in the settings of the app.",
}
_REFUSED: Final = "Slack does not take SLACK_BOT_TOKEN. Set a valid one and restart."
#: What keeps us out of the whole workspace.
_EVERYWHERE: Final = {
    **dict.fromkeys(("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"), _REFUSED),
    "missing_scope": "The token lacks a scope, which `arauto doctor` names. Install the app again from manifest.yml.",
    "org_login_required": "The workspace is being moved to another organisation. Wait, or ask its owner.",
}
#: The blocks, not the message, are refused: it may go once more as text.
BLOCKS_REFUSED: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})


async def translated(call: Awaitable[T]) -> T:
    """Await a Slack call; raises one of the chat's errors, or SlackApiError where only the blocks are refused."""
    try:
        return await call
    except SlackApiError as error:
        if error_name(error) in BLOCKS_REFUSED:
            raise
        raise _translate(error) from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        why = f"Slack cannot be reached ({type(error).__name__})."
        # Where no connection was made, nothing was asked.
        may_be_done = not isinstance(error, aiohttp.ClientConnectorError)
        raise ChatBusyError(_DEFAULT_WAIT, why, may_be_done=may_be_done) from error


def error_name(error: SlackApiError) -> str:
    """Give the name Slack gave the error; empty when the answer was no JSON (a proxy, an outage)."""
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def unknown_refusal(name: str) -> ChatClosedError:
    """Wait at the place of an error we do not know: it may need a person, and must not hold up other channels."""
    return ChatClosedError(f"Slack refuses in a way Arauto does not know ({name}). `arauto doctor` may tell more.")


def _translate(error: SlackApiError) -> ChatError:
    name, status = error_name(error), _status(error)
    if name == _MISSING:
        return ChatMissingError(f"Slack refuses for good: {name}.")
    if name in GONE:
        return ChatGoneError(f"Slack refuses for good: {name}.")
    if name in _CHANNEL:
        return ChatClosedError(f"{_CHANNEL[name]} (Slack says {name}.)")
    if name in _EVERYWHERE:
        return ChatClosedError(f"{_EVERYWHERE[name]} (Slack says {name}.)", is_everywhere=True)
    if name in _BUSY or not name or status >= _SERVER_ERROR or status == 429:  # noqa: PLR2004 - Too Many Requests
        # An answer without a name is a proxy's: Slack's own may have been lost behind it.
        may_be_done = name in _HALF_DONE or (not name and status != 429)  # noqa: PLR2004
        return ChatBusyError(_retry_after(error), f"Slack asks to wait: {name or status}.", may_be_done=may_be_done)
    return unknown_refusal(name)


def _status(error: SlackApiError) -> int:
    # slack_sdk hands over its own response, or aiohttp's when the body was not the JSON it claimed to be.
    response = error.response
    return int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)


def _retry_after(error: SlackApiError) -> float:
    headers = getattr(error.response, "headers", None) or {}
    text = str(headers.get("Retry-After", ""))
    return float(text) if text.isdigit() else _DEFAULT_WAIT
