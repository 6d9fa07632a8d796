"""Deciding on a campaign: approve after a second look, reject or send back with a reason, or test it first."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeAlias

from bot.domain.approval import Shown
from bot.domain.campaign import Campaign
from bot.domain.errors import ConflictError, NotFoundError
from bot.domain.instants import Millis
from bot.domain.message import Dispatch
from bot.domain.roles import Actor
from bot.ports.storage import Transaction
from bot.services import approving, rehearsing
from bot.services.drafting import find_campaign
from bot.services.reporting import campaign_sheet
from bot.slack import ids, refs
from bot.slack.refs import CampaignRef
from bot.slack.views.confirm_modal import confirm_modal
from bot.slack.views.parts import Block
from bot.slack.views.phrases import code, line, people
from bot.slack.views.reason_modal import changes_modal, reject_modal
from commands.desk import Desk
from commands.exchange import Exchange
from commands.typed import Typed

#: More tests than this never wait for one number.
_TRIALS: Final = 1000

_ReasonModal: TypeAlias = Callable[[CampaignRef, str], Block]
_Decision: TypeAlias = Callable[[Transaction, Shown, Actor, str, Millis], Campaign]


async def click_approve(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Ask once more, with what will be sent, to how many, and at what cost."""

    def confirm(tx: Transaction, shown: Shown) -> Block:
        campaign = approving.review(tx, shown, actor, desk.now())
        approving.check_other_eyes(tx, campaign, actor)
        approving.check_in_time(campaign, desk.policy, desk.now())
        sheet = campaign_sheet(tx, campaign, policy=desk.policy, words=desk.words, now=desk.now())
        return confirm_modal(sheet)

    await exchange.open(await _look(desk, clicked(exchange), confirm))


async def confirm(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Give the approval; everything is checked again, because the question may have stood open for hours."""

    def approve(tx: Transaction, shown: Shown) -> Campaign:
        return approving.approve(tx, shown, actor, desk.policy, desk.now())

    await _decide(desk, submitted(exchange), approve)
    await exchange.accept()
    desk.workers.launch()
    desk.workers.draw()


async def click_reject(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Ask why it is rejected."""
    await _ask_why(desk, actor, exchange, reject_modal)


async def click_request_changes(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Ask what has to change."""
    await _ask_why(desk, actor, exchange, changes_modal)


async def reject(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Turn it down with the reason given."""
    await _decide_with_reason(desk, actor, exchange, approving.reject)


async def request_changes(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Send it back with what has to change."""
    await _decide_with_reason(desk, actor, exchange, approving.request_changes)


async def test_send(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Send it to the testers of the settings, outside every figure."""

    def request(tx: Transaction, shown: Shown) -> tuple[str, rehearsing.Requested]:
        campaign = find_campaign(tx, clicked(exchange).id)
        _refuse_second_test(tx, campaign)
        requested = rehearsing.request(tx, shown, actor, desk.policy, desk.new_token, desk.now())
        return campaign.spec.name, requested

    name, requested = await _decide(desk, clicked(exchange), request)
    await exchange.accept()
    desk.workers.send()
    await exchange.say(_requested(name, requested))


def _requested(name: str, requested: rehearsing.Requested) -> str:
    testers = people(len(requested.trials))
    text = f"🧪 A test of *{line(name)}* is on its way to {testers}. What Meta says comes to you as a message."
    left_out = [f"{code(masked)} ({line(reason)})" for masked, reason in requested.left_out]
    return f"{text} Left out: {', '.join(left_out)}." if left_out else text


def clicked(exchange: Exchange) -> CampaignRef:
    """Read what a button was drawn for."""
    return refs.decode(str(exchange.action.get("value")))


def submitted(exchange: Exchange) -> CampaignRef:
    """Read what a modal was opened for."""
    return refs.decode(str(exchange.view.get("private_metadata")))


async def _ask_why(desk: Desk, actor: Actor, exchange: Exchange, modal: _ReasonModal) -> None:
    ref = clicked(exchange)

    def ask(tx: Transaction, shown: Shown) -> Block:
        return modal(ref, approving.review(tx, shown, actor, desk.now()).spec.name)

    await exchange.open(await _look(desk, ref, ask))


async def _decide_with_reason(desk: Desk, actor: Actor, exchange: Exchange, decide: _Decision) -> None:
    reason = Typed(exchange.view).text(ids.REASON)

    def write(tx: Transaction, shown: Shown) -> Campaign:
        return decide(tx, shown, actor, reason, desk.now())

    await _decide(desk, submitted(exchange), write)
    await exchange.accept()
    desk.workers.draw()


async def _look(desk: Desk, ref: CampaignRef, work: Callable[[Transaction, Shown], Block]) -> Block:
    """Read for a question; a card that is behind is drawn again."""
    try:
        return await desk.store.read(lambda tx: work(tx, _shown(tx, ref)))
    except ConflictError:
        await repair(desk, ref)
        raise


async def _decide(desk: Desk, ref: CampaignRef, work: Callable[[Transaction, Shown], Any]) -> Any:
    """Write a decision; a card that is behind is drawn again."""
    try:
        return await desk.store.write(lambda tx: work(tx, _shown(tx, ref)))
    except ConflictError:
        await repair(desk, ref)
        raise


async def repair(desk: Desk, ref: CampaignRef) -> None:
    """Ask for both cards of a campaign to be drawn anew, because somebody saw an old one."""
    await desk.store.write(partial(_want, ref=ref))
    desk.workers.draw()


def _want(tx: Transaction, *, ref: CampaignRef) -> None:
    try:
        campaign = find_campaign(tx, ref.id)
    except NotFoundError:
        return
    for kind in ("approval", "live"):
        tx.cards.want(campaign.id, kind)


def _refuse_second_test(tx: Transaction, campaign: Campaign) -> None:
    """Keep a doubled click from sending every tester the same message twice."""
    waiting = tx.trials.waiting(campaign.spec.phone_number_id, _TRIALS)
    if any(trial.campaign_id == campaign.id for trial in [*waiting, *tx.trials.with_dispatch(Dispatch.SENDING)]):
        raise ConflictError(f"A test of “{campaign.spec.name}” is on its way already.")


def _shown(tx: Transaction, ref: CampaignRef) -> Shown:
    campaign = find_campaign(tx, ref.id)
    return Shown(campaign_id=campaign.id, version=ref.version, digest=ref.digest)
