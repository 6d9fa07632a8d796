"""The one edge around every listener: who acts, what they see when it goes wrong, and what is written about it."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeAlias

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import ArautoError, ConflictError, InvalidInputError, NotAllowedError
from bot.domain.roles import Actor
from bot.ports.chat import ChatBusyError, ChatClosedError, ChatMessage
from bot.services import recording
from bot.slack import refs
from bot.slack.views.parts import section
from bot.slack.views.phrases import safe
from bot.slack.views.problem import notice_modal, problem, problem_modal
from commands.actor import TryAgainError, actor_of, teams_of, user_of
from commands.desk import Desk
from commands.exchange import Exchange

_log = logging.getLogger(__name__)

#: What a listener of ours looks like; `edge` makes one of Bolt's out of it.
Handler: TypeAlias = Callable[[Desk, Actor, Exchange], Awaitable[None]]
Listener: TypeAlias = Callable[..., Awaitable[None]]

_REFERENCE_BYTES: Final = 4


def edge(desk: Desk, name: str, handler: Handler) -> Listener:
    """Wrap a handler; `name` stands for it in the log and, when somebody is refused, in the audit chain."""

    async def listen(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], client: AsyncWebClient) -> None:
        exchange = Exchange(body, client, desk.chat, ack, respond)
        try:
            await _run(desk, name, handler, exchange)
        except Exception:  # noqa: BLE001 - the last resort: the person could not even be told
            _log.exception("%s failed, and so did saying so.", name)
        finally:
            await exchange.accept()

    return listen


async def _run(desk: Desk, name: str, handler: Handler, exchange: Exchange) -> None:
    try:
        actor = await actor_of(exchange.body, desk.roster, desk.people)
        await handler(desk, actor, exchange)
    except NotAllowedError as denied:
        await _record_denial(desk, name, exchange, denied)
        await _show(exchange, denied)
    except ArautoError as error:
        await _show(exchange, error)
    except ChatBusyError as busy:
        await _show(exchange, TryAgainError(f"{busy} Try again in a moment."))
    except ChatClosedError as closed:
        _log.warning("%s: %s", name, closed)
        await _show(exchange, ConflictError(str(closed)))
    except Exception as error:  # noqa: BLE001 - the edge: nothing of ours is above it
        reference = secrets.token_hex(_REFERENCE_BYTES)
        _log.exception("%s by %s failed, reference %s.", name, user_of(exchange.body), reference)
        await _show(exchange, error, reference)


async def _show(exchange: Exchange, error: Exception, reference: str = "") -> None:
    """Say what went wrong where the person is looking."""
    match exchange.kind:
        case "view_submission" if not exchange.is_answered:
            await _show_in_modal(exchange, error, reference)
        case "block_suggestion":
            await exchange.offer([])
        case "event_callback":
            _log.warning("An event was not handled: %s", error)
        case "block_actions" | "shortcut" if not exchange.body.get("response_url"):
            await exchange.open(_modal(error, reference))
        case _:
            await exchange.tell(_message(error, reference))


async def _show_in_modal(exchange: Exchange, error: Exception, reference: str) -> None:
    field = error.field if isinstance(error, InvalidInputError) else None
    inputs = {block.get("block_id") for block in exchange.view.get("blocks", ()) if block.get("type") == "input"}
    if field in inputs and field is not None:
        await exchange.complain({field: str(error)})
    else:
        await exchange.replace(_modal(error, reference))


def _message(error: Exception, reference: str) -> ChatMessage:
    if not isinstance(error, TryAgainError):
        return problem(error, reference=reference)
    text = _wait(error)
    return ChatMessage(text=text, blocks=[section(text)])


def _modal(error: Exception, reference: str) -> dict[str, Any]:
    if not isinstance(error, TryAgainError):
        return problem_modal(error, reference=reference)
    return notice_modal("Arauto", _wait(error))


def _wait(error: TryAgainError) -> str:
    return f"⏳ {safe(str(error))}"


async def _record_denial(desk: Desk, name: str, exchange: Exchange, denied: NotAllowedError) -> None:
    """Audit a refusal in a write of its own: what the handler wrote is undone with it."""
    user, team = user_of(exchange.body), ", ".join(sorted(teams_of(exchange.body)))
    _log.warning("%s denied to %s of %s: %s", name, user, team, denied)
    record = partial(
        recording.record_denial,
        what=_subject(name, exchange),
        actor=user,
        team=team,
        why=f"{name}: {denied}",
        now=desk.now(),
    )
    try:
        await desk.store.write(record)
    except ArautoError:
        _log.exception("A refusal could not be written down; the line above is all there is of it.")


def _subject(name: str, exchange: Exchange) -> str:
    try:
        ref = refs.decode(str(exchange.action.get("value") or exchange.view.get("private_metadata") or ""))
    except InvalidInputError:
        return name
    return f"campaign {ref.id}"
