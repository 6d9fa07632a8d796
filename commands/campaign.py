"""What `/campaign` understands."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias

from bot.domain.roles import Actor
from bot.ports.chat import ChatMessage
from bot.ports.storage import Transaction
from bot.services.drafting import find_campaign
from bot.services.reporting import campaign_line, campaign_sheet
from bot.slack import ids
from bot.slack.views.campaign_list import campaign_list
from bot.slack.views.live_card import live_card
from commands import control, draft
from commands.actor import require_any
from commands.desk import Desk
from commands.exchange import Exchange
from commands.grammar import answer_help, answer_unknown, split

_Subcommand: TypeAlias = Callable[[Desk, Actor, Exchange, str], Awaitable[None]]

_LISTED: Final = 16


async def campaign(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Do what was typed behind `/campaign`."""
    word, rest = split(exchange.text)
    subcommand = _SUBCOMMANDS.get(word)
    if subcommand is not None:
        await subcommand(desk, actor, exchange, rest)
    elif word in ("", "help"):
        await answer_help(actor, exchange, ids.COMMAND_CAMPAIGN)
    else:
        await answer_unknown(actor, exchange, ids.COMMAND_CAMPAIGN, word)


async def status(desk: Desk, actor: Actor, exchange: Exchange, wanted: str) -> None:
    """Show one campaign's figures to whoever asks."""
    require_any(actor)

    def look(tx: Transaction) -> ChatMessage:
        found = find_campaign(tx, wanted)
        return live_card(campaign_sheet(tx, found, policy=desk.policy, words=desk.words, now=desk.now()))

    await exchange.tell(await desk.store.read(look))


async def show_list(desk: Desk, actor: Actor, exchange: Exchange, _rest: str) -> None:
    """List the newest campaigns."""
    require_any(actor)
    await exchange.tell(await desk.store.read(partial(_list, zone=actor.timezone)))


async def stop_all(desk: Desk, actor: Actor, exchange: Exchange, _rest: str) -> None:
    """Stop everything."""
    await control.stop_all(desk, actor, exchange)


def _list(tx: Transaction, *, zone: str) -> ChatMessage:
    return campaign_list([campaign_line(tx, one) for one in tx.campaigns.list(limit=_LISTED)], zone=zone)


_SUBCOMMANDS: dict[str, _Subcommand] = {
    "new": draft.open_new,
    "edit": draft.open_edit,
    "list": show_list,
    "status": status,
    "pause": control.pause,
    "resume": control.resume,
    "cancel": control.cancel,
    "stop-all": stop_all,
}
