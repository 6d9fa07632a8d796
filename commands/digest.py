"""What `/digest` understands: when a channel gets its figures."""

from functools import partial
from typing import Final

from bot.domain.errors import InvalidInputError
from bot.domain.periods import DAILY, WEEKLY, next_due, parse_at, parse_zone
from bot.domain.roles import Actor, Role, require
from bot.ports.records import DigestSchedule
from bot.ports.storage import Transaction
from bot.services import digesting
from bot.slack import ids
from bot.slack.views.digest import digest as digest_view
from bot.slack.views.digest import digest_list
from bot.slack.views.phrases import code, date
from commands import channels
from commands.actor import require_any
from commands.desk import Desk
from commands.exchange import Exchange
from commands.grammar import answer_help, answer_unknown, split

#: The digest of a channel without a schedule covers the running day.
_MIDNIGHT: Final = "00:00"


async def digest(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Do what was typed behind `/digest`."""
    word, rest = split(exchange.text)
    match word:
        case "daily" | "weekly":
            await schedule(desk, actor, exchange, word, rest)
        case "now":
            await post_now(desk, actor, exchange)
        case "off":
            await switch_off(desk, actor, exchange)
        case "list":
            require_any(actor)
            await exchange.tell(digest_list(await desk.store.read(lambda tx: tx.digests.list(exchange.channel))))
        case "" | "help":
            await answer_help(actor, exchange, ids.COMMAND_DIGEST)
        case _:
            await answer_unknown(actor, exchange, ids.COMMAND_DIGEST, word)


async def schedule(desk: Desk, actor: Actor, exchange: Exchange, kind: str, text: str) -> None:
    """Set the channel's daily or weekly digest: `HH:MM [zone]`."""
    require(actor, Role.MARKETER)
    at, zone = _when(text, kind, desk.policy.timezone)
    await _check_channel(exchange)
    made = await desk.store.write(lambda tx: tx.digests.set(exchange.channel, kind, at, zone, actor.user, desk.now()))
    days = "every day" if kind == DAILY else "every Monday"
    first = date(next_due(made.kind, made.at, made.zone, desk.now()), made.zone)
    await exchange.say(f"📊 This channel gets its figures {days} at {code(at)} ({zone}), first on {first}.")


async def post_now(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Post the figures of the running period."""
    require(actor, Role.MARKETER)
    await _check_channel(exchange)
    await desk.store.write(partial(_post_now, desk=desk, actor=actor, channel=exchange.channel))
    await exchange.accept()
    desk.workers.draw()


async def switch_off(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Remove the channel's digests."""
    require(actor, Role.MARKETER)
    removed = await desk.store.write(lambda tx: tx.digests.remove(exchange.channel))
    await exchange.say("This channel gets no digest any more." if removed else "This channel got no digest.")


def _when(text: str, kind: str, default_zone: str) -> tuple[str, str]:
    at, _, zone = text.partition(" ")
    if not at:
        raise InvalidInputError(f"At what time? Write `/digest {kind} 09:00`, with a time zone behind it if you like.")
    return parse_at(at), parse_zone(zone) if zone.strip() else default_zone


async def _check_channel(exchange: Exchange) -> None:
    objection = await channels.objection(exchange.client, exchange.channel)
    if objection is not None:
        raise InvalidInputError(objection)


def _post_now(tx: Transaction, *, desk: Desk, actor: Actor, channel: str) -> None:
    planned = tx.digests.list(channel) or (_unplanned(desk, actor, channel),)
    # Of a daily and a weekly digest the weekly one covers both.
    widest = next((one for one in planned if one.kind == WEEKLY), planned[0])
    digesting.post_now(tx, widest, digest_view, desk.now())


def _unplanned(desk: Desk, actor: Actor, channel: str) -> DigestSchedule:
    return DigestSchedule(
        id=0,
        channel=channel,
        kind=DAILY,
        at=_MIDNIGHT,
        zone=desk.policy.timezone,
        created_by=actor.user,
        created_at=desk.now(),
    )
