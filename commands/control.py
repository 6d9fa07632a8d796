"""Steering a campaign under way, by button or by command: pause, resume, cancel, refresh, decide what is in doubt."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from bot.domain.campaign import Campaign, CampaignId, CampaignState
from bot.domain.errors import ConflictError, InvalidInputError
from bot.domain.instants import Millis
from bot.domain.roles import Actor, Role, require
from bot.domain.template import Template
from bot.ports.chat import ChatClosedError, ChatGoneError
from bot.ports.meta import MetaRefusedError, MetaUnavailableError
from bot.ports.storage import Transaction
from bot.services import approving, controlling, launching, rescuing
from bot.services.drafting import find_campaign
from bot.slack import ids
from bot.slack.views.in_doubt_modal import in_doubt_modal
from bot.slack.views.parts import Block
from bot.slack.views.phrases import line, people
from commands.actor import TryAgainError, require_any
from commands.approval import clicked, repair, submitted
from commands.desk import Desk
from commands.exchange import Exchange
from commands.typed import Typed

_Change: TypeAlias = Callable[[Transaction, CampaignId, Actor, Millis], Campaign]
_Steer: TypeAlias = Callable[[Desk, Actor, Exchange, str], Awaitable[None]]
_Resolve: TypeAlias = Callable[..., int]

#: Reading one template may take so long; the person waits for the answer.
_META_SECONDS: Final = 15.0


async def pause(desk: Desk, actor: Actor, exchange: Exchange, wanted: str) -> None:
    """Stop a campaign for now."""
    campaign = await _change(desk, actor, controlling.pause, wanted)
    await exchange.say(f"⏸️ *{line(campaign.spec.name)}* is paused. What has left stays sent.")


async def cancel(desk: Desk, actor: Actor, exchange: Exchange, wanted: str) -> None:
    """Call a campaign off for good."""
    campaign = await _change(desk, actor, controlling.cancel, wanted)
    await exchange.say(f"⏹️ *{line(campaign.spec.name)}* is cancelled. Nobody else gets it.")


async def resume(desk: Desk, actor: Actor, exchange: Exchange, wanted: str) -> None:
    """Go on, provided that Meta's template is still the one that was approved.

    Slack is answered before Meta is asked; if the process dies in between, the campaign stays paused.
    """
    require_any(actor)  # which role it takes depends on what stopped the campaign: the service says
    campaign = await desk.store.read(lambda tx: find_campaign(tx, wanted))
    if campaign.is_held:
        await _let_start(desk, actor, exchange, campaign)
        return
    await exchange.accept()
    template = await _template_now(desk, campaign)

    def write(tx: Transaction) -> Campaign:
        objection = launching.resume_check(tx, campaign.id, template)
        if objection is not None:
            raise ConflictError(f"“{campaign.spec.name}” cannot go on. {objection}")
        return controlling.resume(tx, campaign.id, actor, desk.now())

    await desk.store.write(write)
    desk.workers.send()
    desk.workers.draw()
    await exchange.say(f"▶️ *{line(campaign.spec.name)}* goes on. Nobody gets it twice.")


async def _let_start(desk: Desk, actor: Actor, exchange: Exchange, campaign: Campaign) -> None:
    """Start what was held for being late; the launcher makes every check, as for any launch."""
    await desk.store.write(lambda tx: approving.let_start(tx, campaign.id, actor, desk.now()))
    await exchange.accept()
    desk.workers.launch()
    desk.workers.draw()
    await exchange.say(f"▶️ *{line(campaign.spec.name)}* starts in a moment, if everything is still as approved.")


async def stop_all(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Stop everything, in one write."""
    stopped = await desk.store.write(lambda tx: controlling.stop_all(tx, actor, desk.now()))
    desk.workers.send()
    desk.workers.draw()
    names = ", ".join(f"*{line(campaign.spec.name, 60)}*" for campaign in stopped[:20])
    count = "1 campaign" if len(stopped) == 1 else f"{len(stopped):,} campaigns"
    await exchange.say(f"🛑 Stopped {count}: {names}." if stopped else "Nothing was sending or about to.")


async def click_pause(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Pause from the card."""
    await _from_card(desk, actor, exchange, pause)


async def click_resume(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Resume from the card."""
    await _from_card(desk, actor, exchange, resume)


async def click_cancel(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Cancel from the card."""
    await _from_card(desk, actor, exchange, cancel)


async def refresh(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Draw the live card from the database now."""
    require_any(actor)
    ref = clicked(exchange)
    campaign = await desk.store.read(lambda tx: find_campaign(tx, ref.id))
    await exchange.accept()
    try:
        await desk.workers.draw_now(campaign.id, "live")
    except ChatGoneError as gone:
        sentence = f"This card can no longer be drawn. /campaign status {campaign.token} shows the figures."
        raise ConflictError(sentence) from gone
    except ChatClosedError as closed:
        raise ConflictError(f"This card cannot be drawn now. {closed} It follows by itself.") from closed


async def ask_in_doubt(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Ask what becomes of the people of whom nobody knows."""
    require(actor, Role.APPROVER)
    ref = clicked(exchange)

    def ask(tx: Transaction) -> Block:
        campaign = find_campaign(tx, ref.id)
        doubts = rescuing.open_doubts(tx, campaign.id, desk.policy, desk.now())
        if not doubts:
            raise ConflictError(rescuing.nothing_open(tx, campaign.id, desk.policy))
        return in_doubt_modal(ref, campaign.spec.name, len(doubts))

    try:
        modal = await desk.store.read(ask)
    except ConflictError:  # the card is behind
        await repair(desk, ref)
        raise
    await exchange.open(modal)


async def resolve_in_doubt(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Do what a person decided about them."""
    ref, choice = submitted(exchange), Typed(exchange.view).choice(ids.RESOLUTION)
    resolve: _Resolve | None = {ids.ASSUME_SENT: rescuing.assume_sent, ids.SEND_AGAIN: rescuing.send_again}.get(choice)
    if resolve is None:
        raise InvalidInputError("Choose what Arauto should do.", field=ids.RESOLUTION)

    def write(tx: Transaction) -> tuple[Campaign, int]:
        campaign = find_campaign(tx, ref.id)
        return campaign, resolve(tx, campaign.id, actor, desk.policy, desk.now())

    campaign, count = await desk.store.write(write)
    await exchange.accept()
    desk.workers.launch()
    desk.workers.send()
    desk.workers.draw()
    await exchange.say(f"*{line(campaign.spec.name)}*: the messages to {people(count)} {_outcome(campaign, choice)}.")


def _outcome(campaign: Campaign, choice: str) -> str:
    if choice == ids.ASSUME_SENT:
        return "count as settled"
    is_checked = campaign.state is CampaignState.SENT
    return "go out again if the template at Meta is still the approved one" if is_checked else "go out again"


async def _from_card(desk: Desk, actor: Actor, exchange: Exchange, steer: _Steer) -> None:
    ref = clicked(exchange)
    try:
        await steer(desk, actor, exchange, ref.id)
    except ConflictError:
        await repair(desk, ref)
        raise


async def _change(desk: Desk, actor: Actor, change: _Change, wanted: str) -> Campaign:
    def write(tx: Transaction) -> Campaign:
        return change(tx, find_campaign(tx, wanted).id, actor, desk.now())

    campaign = await desk.store.write(write)
    desk.workers.send()
    desk.workers.draw()
    return campaign


async def _template_now(desk: Desk, campaign: Campaign) -> Template | None:
    try:
        async with asyncio.timeout(_META_SECONDS):
            return await desk.meta.template(campaign.spec.template_id)
    except (TimeoutError, MetaUnavailableError) as away:
        raise TryAgainError("Meta does not answer, so the template cannot be checked. Try again later.") from away
    except MetaRefusedError as refused:
        if refused.failure.is_passing:
            sentence = f"The template cannot be checked now: {refused.failure.what}. Try again later."
            raise TryAgainError(sentence) from refused
        raise ConflictError(f"The template cannot be checked. Meta refused: {refused}.") from refused
