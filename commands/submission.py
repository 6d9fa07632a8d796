"""Submitting the campaign modal: every complaint at its field, or a campaign that is being planned."""

from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.binding import check
from bot.domain.campaign import Campaign
from bot.domain.errors import InvalidInputError
from bot.domain.instants import Millis
from bot.domain.policy import Policy
from bot.domain.roles import Actor, Role, require
from bot.domain.schedule import check_schedule
from bot.domain.sheet import CampaignForm
from bot.ports.storage import Transaction
from bot.services import choosing, drafting, narrating
from bot.slack import ids
from bot.slack.views.phrases import line
from commands import channels
from commands.desk import Desk
from commands.exchange import Exchange
from commands.form import draw_form, editing_id, name_complaint, read_form, spec_of
from commands.typed import Typed

_INCOMPLETE: Final = "Please fill in what this template needs, then submit again."


async def submit(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Take the form: written first, then acknowledged, then planned in the background."""
    require(actor, Role.MARKETER)
    typed = Typed(exchange.view)
    form, editing = read_form(typed), editing_id(exchange.view)
    complaints = await _complaints(desk, actor, exchange, form)
    if complaints:
        await _refuse(desk, exchange, typed, form, complaints)
        return
    seed = str(exchange.view.get("id", ""))
    await desk.store.write(partial(_save, desk=desk, actor=actor, form=form, editing=editing, seed=seed))
    await exchange.accept()
    desk.workers.plan()
    desk.workers.draw()


async def _complaints(desk: Desk, actor: Actor, exchange: Exchange, form: CampaignForm) -> Mapping[str, str]:
    judge = partial(_judge, form=form, policy=desk.policy, zone=actor.timezone, now=desk.now())
    found = await desk.store.read(judge)
    if form.channel and ids.CHANNEL not in found:
        objection = await channels.objection(exchange.client, form.channel)
        found |= {ids.CHANNEL: objection} if objection else {}
    return found


def _judge(tx: Transaction, *, form: CampaignForm, policy: Policy, zone: str, now: Millis) -> dict[str, str]:
    """Gather the complaints by field, one for a field."""
    found = dict(_missing(form))
    for field, sentence in (*_audience(tx, form, policy, now), *_template(tx, form, policy, zone, now)):
        found.setdefault(field, sentence)
    return found


def _missing(form: CampaignForm) -> Iterator[tuple[str, str]]:
    if name := name_complaint(form.name):
        yield ids.NAME, name
    if form.audience_id is None:
        yield ids.AUDIENCE, "Pick an audience; /audience new makes one."
    if not form.template_id:
        yield ids.TEMPLATE, "Pick a template."
    if not form.channel:
        yield ids.CHANNEL, "Pick the channel for the live figures."


def _audience(tx: Transaction, form: CampaignForm, policy: Policy, now: Millis) -> list[tuple[str, str]]:
    if form.audience_id is None:
        return []
    audience = tx.audiences.get(form.audience_id)
    if audience is None:
        return [(ids.AUDIENCE, "This audience is gone. Pick another one.")]
    try:
        choosing.require_reach(tx, audience, policy, now)
    except InvalidInputError as nobody:
        return [(ids.AUDIENCE, str(nobody))]
    return []


def _template(tx: Transaction, form: CampaignForm, policy: Policy, zone: str, now: Millis) -> list[tuple[str, str]]:
    """Judge the template, its values, and the times, which depend on its lifetime."""
    if not form.template_id:
        return []
    try:
        template = drafting.require_template(tx, form.template_id)
    except InvalidInputError as unsendable:
        return [(ids.TEMPLATE, str(unsendable))]
    ends_at = form.offer_ends_at
    return [
        *check(template, form.bindings, public_url=policy.public_url, offer_ends_at=ends_at, now=now),
        *check_schedule(
            now=now,
            ttl_seconds=template.lifetime_seconds if form.ttl_seconds is None else form.ttl_seconds,
            scheduled_at=form.scheduled_at,
            offer_ends_at=ends_at,
            zone=_zone(zone),
        ),
    ]


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC  # Slack may know a zone that this machine does not


async def _refuse(
    desk: Desk, exchange: Exchange, typed: Typed, form: CampaignForm, complaints: Mapping[str, str]
) -> None:
    """Complain at the fields; a form that lacks the template's fields (chosen a moment ago) gets them first."""
    shown = {field: sentence for field, sentence in complaints.items() if field in typed.fields}
    if shown:
        await exchange.complain(shown)
        return
    draw = partial(
        draw_form,
        form=form,
        policy=desk.policy,
        now=desk.now(),
        editing=editing_id(exchange.view),
        notice=_INCOMPLETE,
    )
    await exchange.replace(await desk.store.read(draw))


def _save(tx: Transaction, *, desk: Desk, actor: Actor, form: CampaignForm, editing: str | None, seed: str) -> Campaign:
    template = drafting.require_template(tx, form.template_id)
    if editing is not None:
        campaign = drafting.find_campaign(tx, editing)
        spec = spec_of(form, template, _number(tx, desk.policy, campaign))
        return _announce(tx, desk, actor, drafting.resubmit(tx, campaign.id, spec, actor, desk.now()))
    spec = spec_of(form, template, choosing.choose_number(tx, desk.policy))
    token, existing = choosing.choose_token(tx, seed, spec, actor.user)
    return existing or _announce(tx, desk, actor, drafting.submit(tx, spec, actor, token, desk.now()))


def _announce(tx: Transaction, desk: Desk, actor: Actor, campaign: Campaign) -> Campaign:
    """Tell the author what happens next, and the ID."""
    token, channel = campaign.token, desk.policy.approval_channel
    text = (
        f"*{line(campaign.spec.name)}* (`{token}`) is submitted. Arauto counts its recipients, then asks for approval "
        f"in <#{channel}>. `/campaign edit {token}` changes it, `/campaign cancel {token}` calls it off."
    )
    key = f"campaign {campaign.id} v{campaign.version}: submitted"
    narrating.tell_person(tx, actor.user, key, text, desk.now())
    return campaign


def _number(tx: Transaction, policy: Policy, campaign: Campaign) -> str:
    """Keep an edited campaign's number while it is one of ours."""
    mine = campaign.spec.phone_number_id
    return mine if mine in policy.phone_number_ids else choosing.choose_number(tx, policy)
