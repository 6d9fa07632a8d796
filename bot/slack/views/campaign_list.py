"""The answer to `/campaign list`: the newest campaigns with their IDs."""

from collections.abc import Sequence

from bot.domain.sheet import CampaignLine
from bot.ports.chat import ChatMessage
from bot.slack.views import campaign_lines
from bot.slack.views.parts import context, section
from bot.slack.views.phrases import STATE_WORDS, line

_SHOWN = 15


def campaign_list(lines: Sequence[CampaignLine], *, zone: str = "UTC") -> ChatMessage:
    """List campaigns, the newest first."""
    if not lines:
        text = "There are no campaigns yet. `/campaign new` starts one."
        return ChatMessage(text=text, blocks=[section(text)])
    shown = lines[:_SHOWN]
    blocks = [section(campaign_lines.describe(one, zone)) for one in shown]
    note = f"The newest {len(shown)}. " if len(lines) > _SHOWN else ""
    blocks.append(context(f"{note}`/campaign status ID` shows one campaign's figures as of now."))
    text = "\n".join(f"{one.token} {line(one.name, 100)}: {STATE_WORDS[one.state]}" for one in shown)
    return ChatMessage(text=text, blocks=blocks)
