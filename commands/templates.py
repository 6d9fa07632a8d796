"""What `/templates` understands: a search, or nothing for all."""

import asyncio
import logging
from functools import partial
from typing import Final

from bot.domain.instants import MINUTE
from bot.domain.roles import Actor
from bot.ports.chat import ChatMessage
from bot.ports.meta import MetaRefusedError, MetaUnavailableError
from bot.ports.storage import Transaction
from bot.services.choosing import refusal
from bot.slack import ids
from bot.slack.views.templates_list import templates_list
from commands.actor import require_any
from commands.desk import Desk
from commands.exchange import Exchange
from commands.grammar import answer_help

_log = logging.getLogger(__name__)

#: What was read longer ago is read again before it is shown.
_FRESH_FOR: Final = MINUTE
_SYNC_SECONDS: Final = 10.0
_LISTED: Final = 100


async def templates(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Show what Meta has approved, and why some of it cannot be sent."""
    if exchange.text.lower() == "help":
        await answer_help(actor, exchange, ids.COMMAND_TEMPLATES)
        return
    require_any(actor)
    await exchange.accept()
    await _refresh(desk)
    await exchange.tell(await desk.store.read(partial(_list, desk=desk, actor=actor, search=exchange.text)))


async def _refresh(desk: Desk) -> None:
    """Read the templates again if they are old; while Meta is away the old ones are shown, with their date."""
    synced_at = await desk.store.read(lambda tx: tx.templates.synced_at())
    if synced_at is not None and desk.now() - synced_at < _FRESH_FOR:
        return
    try:
        async with asyncio.timeout(_SYNC_SECONDS):
            await desk.workers.sync_templates()
    except (TimeoutError, MetaUnavailableError, MetaRefusedError) as away:
        _log.warning("Templates are shown as of their last reading: %s", away)


def _list(tx: Transaction, *, desk: Desk, actor: Actor, search: str) -> ChatMessage:
    found = tx.templates.search(search, _LISTED)
    reasons = {template.id: refusal(template, desk.policy.public_url) for template in found}
    return templates_list(
        found,
        search=search,
        synced_at=tx.templates.synced_at(),
        refusals={template_id: reason.rstrip(".") for template_id, reason in reasons.items() if reason},
        zone=actor.timezone,
    )
