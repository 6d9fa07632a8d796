"""Tells the author in a direct message what became of their request, with what to do next."""

from bot.domain.sheet import CampaignSheet, Decision, Outcome
from bot.ports.chat import ChatMessage
from bot.slack import ids
from bot.slack.refs import CampaignRef
from bot.slack.views.approval_card import EDITABLE
from bot.slack.views.parts import actions, button, section
from bot.slack.views.phrases import channel, line, user

_WORDS: dict[Outcome, str] = {
    Outcome.APPROVED: "✅ *{name}* was approved{by}. Its figures appear in {channel}.",
    Outcome.REJECTED: "⛔ *{name}* was rejected{by}.",
    Outcome.CHANGES_REQUESTED: "✏️ *{name}* was sent back{by}. Edit it and ask again.",
    Outcome.EXPIRED: "⌛ Nobody decided on *{name}* in time. Edit it, or ask again as it is.",
    Outcome.VOIDED: "⚠️ *{name}* was approved, but was not launched{by}. Edit it and ask again.",
    Outcome.SUPERSEDED: "🔁 *{name}* has a newer version, which waits for its own decision.",
    Outcome.WITHDRAWN: "🚫 *{name}* was withdrawn{by}.",
}


def decision_notice(sheet: CampaignSheet, decision: Decision) -> ChatMessage:
    """Write the message; a campaign that can be changed comes with the button that opens it."""
    campaign = sheet.campaign
    text = _WORDS[decision.outcome].format(
        name=line(campaign.spec.name, 120),
        by=f" by {user(decision.by)}" if decision.by else "",
        channel=channel(campaign.spec.channel),
    )
    text += f"\n> {line(decision.reason, 500)}" if decision.reason else ""
    edit = [button("Edit", ids.CAMPAIGN_EDIT, CampaignRef.of(campaign).encode(), style="primary")]
    row = actions(edit if decision.outcome in EDITABLE else [], block_id=ids.BLOCK_ACTIONS)
    return ChatMessage(text=text, blocks=[section(text), *row])
