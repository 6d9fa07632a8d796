"""What `/audience` understands: saving a rule, and seeing whom it reaches."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from bot.domain.audience import Audience
from bot.domain.audience_form import AudienceForm, read_audience_form
from bot.domain.errors import ConflictError, InvalidInputError, NotFoundError
from bot.domain.people_sheet import AudienceSheet
from bot.domain.roles import Actor, Role, require
from bot.ports.chat import ChatMessage
from bot.ports.storage import Transaction
from bot.services import choosing, previewing, reporting
from bot.slack import ids
from bot.slack.views.audience_modal import audience_modal
from bot.slack.views.audience_preview import audience_list, audience_preview
from bot.slack.views.parts import context
from bot.slack.views.phrases import safe
from commands.actor import require_any
from commands.desk import Desk
from commands.exchange import Exchange
from commands.grammar import answer_help, answer_unknown, split
from commands.typed import Typed

_LISTED: Final = 20
_FIELDS: Final = (
    *(ids.NAME, ids.TAGS_ANY, ids.TAGS_ALL, ids.TAGS_NONE, ids.COUNTRIES, ids.LANGUAGES, ids.NOT_MESSAGED_DAYS),
)


async def audience(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Do what was typed behind `/audience`."""
    word, rest = split(exchange.text)
    match word:
        case "new":
            await open_new(desk, actor, exchange, rest)
        case "preview":
            await show_preview(desk, actor, exchange, rest)
        case "list":
            await show_list(desk, actor, exchange)
        case "" | "help":
            await answer_help(actor, exchange, ids.COMMAND_AUDIENCE)
        case _:
            await answer_unknown(actor, exchange, ids.COMMAND_AUDIENCE, word)


async def open_new(desk: Desk, actor: Actor, exchange: Exchange, name: str) -> None:
    """Open the modal; its result is shown in the channel it was asked for."""
    require(actor, Role.MARKETER)
    tags = await desk.store.read(lambda tx: tx.people.tags())
    await exchange.open({**audience_modal(known_tags=tags, name=name), "private_metadata": exchange.channel})


async def save(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Save the rule, then show whom it reaches."""
    require(actor, Role.MARKETER)
    typed = Typed(exchange.view)
    known_tags = await desk.store.read(lambda tx: tx.people.tags())
    form = read_audience_form({field: typed.entered(field) for field in _FIELDS}, known_tags)
    if form.complaints:
        await exchange.complain(dict(form.complaints))
        return
    saved = await desk.store.write(partial(_add, form=form, desk=desk, actor=actor))
    await exchange.accept()
    await exchange.tell(await desk.store.read(partial(_preview, desk=desk, found=saved, notes=form.notes)))


async def show_preview(desk: Desk, actor: Actor, exchange: Exchange, name: str) -> None:
    """Show whom an audience reaches and whom not. Acknowledged first: a million people take a moment."""
    require_any(actor)
    found = await desk.store.read(partial(_find, name=name))
    await exchange.accept()
    await exchange.tell(await desk.store.read(partial(_preview, desk=desk, found=found)))


async def show_list(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """List the newest audiences."""
    require_any(actor)
    await exchange.tell(audience_list(await desk.store.read(lambda tx: tx.audiences.search("", _LISTED))))


def _add(tx: Transaction, *, form: AudienceForm, desk: Desk, actor: Actor) -> Audience:
    try:
        return tx.audiences.add(form.name, form.rule, actor.user, desk.now())
    except ConflictError as taken:
        raise InvalidInputError(str(taken), field=ids.NAME) from taken


def _find(tx: Transaction, *, name: str) -> Audience:
    if not name:
        raise InvalidInputError("Which audience? Give its name; `/audience list` shows them.")
    found = tx.audiences.by_name(name)
    if found is not None:
        return found
    alike = tx.audiences.search(name, 2)
    if len(alike) == 1:
        return alike[0]
    raise NotFoundError(f"There is no audience “{name}”. `/audience list` shows the ones there are.")


def _preview(tx: Transaction, *, desk: Desk, found: Audience, notes: Sequence[str] = ()) -> ChatMessage:
    status = reporting.number_status(tx, choosing.choose_number(tx, desk.policy))
    pace = desk.policy.pace_of(status.granted_mps)
    judged = previewing.preview(
        tx,
        found.rule,
        cap=desk.policy.cap,
        card=desk.card,
        messages_per_second=pace,
        messaging_limit=status.messaging_limit,
        now=desk.now(),
    )
    sheet = AudienceSheet(
        audience=found,
        waterfall=judged.waterfall,
        cost_ceiling=judged.estimate.total,
        currency=judged.estimate.currency,
        rate_card=judged.estimate.card,
        duration_seconds=judged.sending_seconds,
        max_mps=pace,
        headroom=judged.headroom,
    )
    drawn = audience_preview(sheet)
    return replace(drawn, blocks=[*drawn.blocks, *(context(safe(note)) for note in notes)])
