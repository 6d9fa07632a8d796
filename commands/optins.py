"""What `/optins` understands: importing a file, and one person: what is on record, a stop, a coming back."""

from collections.abc import Callable
from functools import partial
from typing import Final

from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.people_sheet import PersonSheet
from bot.domain.phone import mask
from bot.domain.roles import Actor, Role, require
from bot.ports.chat import ChatMessage
from bot.ports.people import Person
from bot.ports.storage import Transaction
from bot.services import attending
from bot.slack import ids
from bot.slack.views.optins_modal import optins_modal
from bot.slack.views.person import person, person_unknown, resumed, stopped
from bot.slack.views.phrases import code
from commands.desk import Desk
from commands.exchange import Exchange
from commands.grammar import answer_help, answer_unknown, split, split_address

#: Where a stop or a consent that is typed here comes from, in the history.
SOURCE: Final = "told us, noted in Slack"


async def optins(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Do what was typed behind `/optins`."""
    word, rest = split(exchange.text)
    match word:
        case "import":
            await open_import(desk, actor, exchange)
        case "find":
            await find(desk, actor, exchange, rest)
        case "reveal":
            await reveal(desk, actor, exchange, rest)
        case "stop":
            await stop(desk, actor, exchange, rest)
        case "resume":
            await resume(desk, actor, exchange, rest)
        case "" | "help":
            await answer_help(actor, exchange, ids.COMMAND_OPTINS)
        case _:
            await answer_unknown(actor, exchange, ids.COMMAND_OPTINS, word)


async def open_import(_desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Open the modal; the report comes to the channel it was asked for, seen by this person only."""
    require(actor, Role.MARKETER)
    await exchange.open({**optins_modal(), "private_metadata": exchange.channel})


async def find(desk: Desk, actor: Actor, exchange: Exchange, address: str) -> None:
    """Show one person, masked, with the history of their consent."""
    require(actor, Role.MARKETER)
    _check(address)

    def look(tx: Transaction) -> ChatMessage:
        try:
            return person(_sheet(attending.find(tx, address), actor))
        except NotFoundError:
            return person_unknown(mask(address))

    await exchange.tell(await desk.store.read(look))


async def reveal(desk: Desk, actor: Actor, exchange: Exchange, address: str) -> None:
    """Show an admin the full number behind a masked one; the audit chain keeps who looked."""
    require(actor, Role.ADMIN)
    _check(address)
    shown = await desk.store.write(partial(_reveal, desk=desk, actor=actor, address=address))
    await exchange.say(f"👤 {code(shown)}. That you looked is on record.")


async def stop(desk: Desk, actor: Actor, exchange: Exchange, typed: str) -> None:
    """Record that somebody wants nothing more, told to us outside WhatsApp; nothing leaves to them from now on."""
    require(actor, Role.MARKETER)
    address, wording = split_address(typed)
    _check(address)
    people = await _write(desk, actor, attending.stop_address, address, wording)
    await exchange.tell(stopped(_masked(people[0]), people[0].standing))


async def resume(desk: Desk, actor: Actor, exchange: Exchange, typed: str) -> None:
    """Lift our stop of somebody who came back; an approver's to decide, because it is a new consent."""
    require(actor, Role.APPROVER)
    address, wording = split_address(typed)
    _check(address)
    people = await _write(desk, actor, attending.resume_address, address, wording)
    await exchange.tell(resumed(_masked(people[0]), people[0].standing))


async def _write(
    desk: Desk, actor: Actor, act: Callable[..., list[Person]], address: str, wording: str
) -> list[Person]:
    work = partial(act, text=address, source=SOURCE, wording=wording, actor=actor.user, now=desk.now())
    return await desk.store.write(work)


def _check(address: str) -> None:
    if not address:
        raise InvalidInputError("Whose? Give the phone number with + and country code, as in +44 7700 900123.")


def _reveal(tx: Transaction, *, desk: Desk, actor: Actor, address: str) -> str:
    found = attending.find(tx, address)
    return attending.reveal(tx, found.person.id, actor=actor.user, now=desk.now())


def _masked(who: Person) -> str:
    return mask(who.phone or who.bsuid or "")


def _sheet(record: attending.PersonRecord, actor: Actor) -> PersonSheet:
    who = record.person
    return PersonSheet(
        address=_masked(who),
        standing=who.standing,
        country=who.country,
        language=who.language,
        tags=sorted(who.tags),
        opted_in_at=who.opted_in_at,
        failures=who.failures,
        history=record.history,
        timezone=actor.timezone,
    )
