"""Describing a campaign: the modal opens, follows the template chosen, and searches templates and audiences."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from bot.domain.instants import Millis
from bot.domain.policy import Policy
from bot.domain.roles import Actor, Role, require
from bot.domain.sheet import CampaignForm
from bot.domain.template import Template
from bot.ports.meta import MetaRefusedError, MetaUnavailableError
from bot.ports.storage import Transaction
from bot.services.choosing import refusal
from bot.services.drafting import editable, find_campaign
from bot.slack import refs
from bot.slack.views.campaign_modal import audience_option, campaign_modal, template_option
from bot.slack.views.parts import Block, option
from commands.actor import require_any
from commands.desk import Desk
from commands.exchange import Exchange
from commands.form import draw_form, editing_id, form_of, read_form
from commands.typed import Typed

_log = logging.getLogger(__name__)

#: Slack takes no more options in one answer.
_OPTIONS: Final = 100
#: Somebody waits for the form to follow their choice.
_META_SECONDS: Final = 5.0


async def open_new(_desk: Desk, actor: Actor, exchange: Exchange, name: str = "") -> None:
    """Open an empty modal, with the name that was typed behind the command."""
    require(actor, Role.MARKETER)
    await exchange.open(campaign_modal(initial=CampaignForm(name=name)))


async def shortcut(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Open an empty modal from Slack's menus."""
    await open_new(desk, actor, exchange)


async def open_edit(desk: Desk, actor: Actor, exchange: Exchange, wanted: str) -> None:
    """Open the modal with what a campaign asks for; `wanted` is its ID or name."""
    require(actor, Role.MARKETER)
    await exchange.open(await desk.store.read(partial(_edit_form, desk=desk, actor=actor, wanted=wanted)))


async def click_edit(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Open the modal from a card's button."""
    await open_edit(desk, actor, exchange, refs.decode(str(exchange.action.get("value"))).id)


async def choose_template(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Redraw the modal with the message, variables and warnings of the template just chosen.

    Drawn before the choice is acknowledged, so that nobody submits a form without its variables; drawn once more if
    Meta says that the template is another by now.
    """
    require(actor, Role.MARKETER)
    form = read_form(Typed(exchange.view))
    chosen = exchange.action.get("selected_option") or {}
    form = replace(form, template_id=str(chosen.get("value") or form.template_id))
    draw = partial(draw_form, form=form, policy=desk.policy, now=desk.now(), editing=editing_id(exchange.view))
    drawn_hash = await exchange.redraw(await desk.store.read(draw))
    await exchange.accept()
    if drawn_hash is not None and await _reread(desk, form.template_id):
        await exchange.redraw(await desk.store.read(draw), drawn_hash=drawn_hash)


async def offer_templates(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """List the templates that match, those that can be sent first; the others say why not."""
    require_any(actor)
    text = str(exchange.body.get("value") or "")
    found = await desk.store.read(lambda tx: _search_templates(tx, text))
    await exchange.offer([_offered(template, desk.policy) for template in found])


async def offer_audiences(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """List the audiences whose name matches."""
    require_any(actor)
    text = str(exchange.body.get("value") or "")
    found = await desk.store.read(lambda tx: tx.audiences.search(text, _OPTIONS))
    await exchange.offer([audience_option(audience.id, audience.name) for audience in found])


async def _reread(desk: Desk, template_id: str) -> bool:
    """Ask Meta for the template as it is now and tell whether it differs from what we knew.

    While Meta is away the last reading has to do; the launch asks again.
    """
    try:
        async with asyncio.timeout(_META_SECONDS):
            template = await desk.meta.template(template_id)
    except (TimeoutError, MetaUnavailableError, MetaRefusedError) as away:
        _log.warning("Template %s is shown as of its last reading: %s", template_id, away)
        return False
    return await desk.store.write(partial(_keep, template_id=template_id, template=template, now=desk.now()))


def _keep(tx: Transaction, *, template_id: str, template: Template | None, now: Millis) -> bool:
    before = tx.templates.get(template_id)
    if template is None:
        tx.templates.set_status(template_id, "DELETED", now)
    else:
        tx.templates.put(template, now)
    return tx.templates.get(template_id) != before


def _edit_form(tx: Transaction, *, desk: Desk, actor: Actor, wanted: str) -> Block:
    campaign = editable(tx, find_campaign(tx, wanted).id, actor)
    form = form_of(tx, campaign)
    return draw_form(tx, form, policy=desk.policy, now=desk.now(), editing=campaign.token)


def _search_templates(tx: Transaction, text: str) -> Sequence[Template]:
    sendable = tx.templates.search(text, _OPTIONS, sendable_only=True)
    known = {template.id for template in sendable}
    others = [template for template in tx.templates.search(text, _OPTIONS) if template.id not in known]
    return [*sendable, *others][:_OPTIONS]


def _offered(template: Template, policy: Policy) -> Block:
    reason = refusal(template, policy.public_url)
    shown = template_option(template)
    return shown if reason is None else option(shown["text"]["text"], shown["value"], f"Cannot be sent: {reason}")
