"""How slash commands are read: a word, then the rest; and the answers to `help` and to words nobody knows."""

import re
from itertools import takewhile

from bot.domain import phone
from bot.domain.roles import Actor
from bot.slack.views.help import help_message, unknown_subcommand
from commands.actor import require_any
from commands.exchange import Exchange

#: A part of a phone number.
_NUMERIC = re.compile(r"[+＋]?[\d().\-/]+")


def split(text: str) -> tuple[str, str]:
    """Split what was typed into the subcommand, in lower case, and everything behind it."""
    word, _, rest = text.strip().partition(" ")
    return word.lower(), rest.strip()


def split_address(text: str) -> tuple[str, str]:
    """Split what was typed into a phone number, with spaces in it or without, or a user id, and the words behind it.

    Where the words begin with a figure, the longest number that is given out ends before it.
    """
    words = text.split()
    if words and phone.is_bsuid(words[0]):
        return words[0], " ".join(words[1:])
    longest = sum(1 for _ in takewhile(_NUMERIC.fullmatch, words))
    lengths = [length for length in range(longest, 0, -1) if phone.is_number(" ".join(words[:length]))]
    length = lengths[0] if lengths else longest
    return " ".join(words[:length]), " ".join(words[length:])


async def answer_help(actor: Actor, exchange: Exchange, command: str) -> None:
    """Explain a command to anybody of ours."""
    _require_ours(actor)
    await exchange.tell(help_message(command))


async def answer_unknown(actor: Actor, exchange: Exchange, command: str, word: str) -> None:
    """Say that a word is not known, with the closest one that is."""
    _require_ours(actor)
    await exchange.tell(unknown_subcommand(command, word))


def _require_ours(actor: Actor) -> None:
    """Refuse people of another workspace; no role is needed to ask what there is."""
    if actor.is_outsider:
        require_any(actor)
