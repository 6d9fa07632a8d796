"""How slash commands are read: a word, then the rest; and the answers to `help` and to words nobody knows."""

from bot.domain.roles import Actor
from bot.slack.views.help import help_message, unknown_subcommand
from commands.actor import require_any
from commands.exchange import Exchange


def split(text: str) -> tuple[str, str]:
    """Split what was typed into the subcommand, in lower case, and everything behind it."""
    word, _, rest = text.strip().partition(" ")
    return word.lower(), rest.strip()


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
