"""What each command can do: the one table behind `help`, and the message that shows it."""

from dataclasses import dataclass
from difflib import get_close_matches

from bot.ports.chat import ChatMessage
from bot.slack import ids
from bot.slack.views.parts import context, section
from bot.slack.views.phrases import code


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One thing a command does. `word` is what is typed first (empty for none), `usage` the whole text after it."""

    word: str
    usage: str
    does: str


_HELP = Subcommand("help", "help", "Show this list.")

HELP: dict[str, tuple[Subcommand, ...]] = {
    ids.COMMAND_CAMPAIGN: (
        Subcommand("new", "new [name]", "Describe a campaign and ask for its approval."),
        Subcommand("list", "list", "Show the newest campaigns with their IDs."),
        Subcommand("status", "status ID", "Show one campaign's figures, as of now."),
        Subcommand("edit", "edit ID", "Open a campaign again that waits, or was sent back."),
        Subcommand("pause", "pause ID", "Stop sending for now. What has left stays sent."),
        Subcommand("resume", "resume ID", "Go on sending where it stopped. Nobody gets it twice."),
        Subcommand("cancel", "cancel ID", "Stop for good. Nobody else gets the message."),
        Subcommand("stop-all", "stop-all", "Stop every campaign within a second (admins only)."),
        _HELP,
    ),
    ids.COMMAND_AUDIENCE: (
        Subcommand("new", "new", "Save a rule that says who belongs to an audience."),
        Subcommand("preview", "preview NAME", "See whom it reaches, whom it leaves out and why, and the cost."),
        Subcommand("list", "list", "Show the saved audiences."),
        _HELP,
    ),
    ids.COMMAND_TEMPLATES: (
        Subcommand("", "[search]", "Show templates with status, quality and lifetime, and why some cannot be sent."),
        _HELP,
    ),
    ids.COMMAND_OPTINS: (
        Subcommand("import", "import", "Bring in people who agreed to get messages, from a CSV file."),
        Subcommand("find", "find PHONE", "Show what is on record about one person's consent."),
        Subcommand("stop", "stop PHONE [wording]", "Record that somebody wants nothing more. No import lifts it."),
        Subcommand("resume", "resume PHONE WORDING", "Lift our stop after a new consent in these words (approvers)."),
        Subcommand("reveal", "reveal PHONE", "Show one person's full number (admins only; it is written down)."),
        _HELP,
    ),
    ids.COMMAND_DIGEST: (
        Subcommand("daily", "daily HH:MM [zone]", "Post this channel's figures every day at that time."),
        Subcommand("weekly", "weekly HH:MM [zone]", "Post them every Monday at that time."),
        Subcommand("now", "now", "Post them now."),
        Subcommand("list", "list", "Show this channel's digests."),
        Subcommand("off", "off", "Stop this channel's digests."),
        _HELP,
    ),
}

_TITLES = {
    ids.COMMAND_CAMPAIGN: "Plan, approve and follow WhatsApp campaigns",
    ids.COMMAND_AUDIENCE: "Choose who gets a campaign",
    ids.COMMAND_TEMPLATES: "See the messages Meta has approved",
    ids.COMMAND_OPTINS: "Keep the record of who agreed to be written to",
    ids.COMMAND_DIGEST: "Get figures in this channel on a schedule",
}

_ID_NOTE = "ID is the short code on a campaign's card and in `/campaign list`; its exact name works too."


def help_message(command: str) -> ChatMessage:
    """Explain a command."""
    lines = [f"{code(f'{command} {sub.usage}')}  {sub.does}" for sub in HELP[command]]
    blocks = [section(f"*{_TITLES[command]}*\n" + "\n".join(lines))]
    if command == ids.COMMAND_CAMPAIGN:
        blocks.append(context(_ID_NOTE))
    return ChatMessage(text=f"{_TITLES[command]}\n" + "\n".join(lines), blocks=blocks)


def unknown_subcommand(command: str, word: str) -> ChatMessage:
    """Answer a word the command does not know, with the nearest one it does."""
    near = get_close_matches(word.lower(), [sub.word for sub in HELP[command] if sub.word], n=1)
    advice = (
        f"Did you mean {code(f'{command} {near[0]}')}?" if near else f"Type {code(f'{command} help')} for the list."
    )
    text = f"{code(command)} does not know {code(word)}. {advice}"
    return ChatMessage(text=text, blocks=[section(text)])
