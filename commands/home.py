"""The App Home: drawn anew from the database each time somebody opens it."""

from functools import partial

from bot.domain.roles import Actor
from bot.ports.storage import Transaction
from bot.services.reporting import home_sheet
from bot.slack.views.home import home
from bot.slack.views.parts import Block
from commands.desk import Desk
from commands.exchange import Exchange


async def opened(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Publish the Home of whoever opened it; people without a role see none."""
    event = exchange.body.get("event") or {}
    if event.get("tab", "home") != "home" or actor.is_outsider or not actor.roles:
        return
    view = await desk.store.read(partial(_draw, desk=desk, actor=actor))
    await exchange.client.views_publish(user_id=actor.user, view=view)


def _draw(tx: Transaction, *, desk: Desk, actor: Actor) -> Block:
    return home(home_sheet(tx, actor.user, actor.roles, policy=desk.policy, now=desk.now()))
