"""The card that keeps itself true: one campaign's figures in its channel, and the buttons that steer it."""

from bot.domain.campaign import CampaignState
from bot.domain.sheet import CampaignSheet
from bot.ports.chat import ChatMessage
from bot.slack import ids
from bot.slack.refs import CampaignRef
from bot.slack.views import live_parts
from bot.slack.views.parts import Block, actions, button, confirm_dialog, context, fields, header, section
from bot.slack.views.phrases import STATE_WORDS, code, date, escape, headline

_S = CampaignState
_CANCELLABLE = frozenset({_S.APPROVED, _S.SCHEDULED, _S.SENDING, _S.PAUSED, _S.FAILED})
_RESUMABLE = {_S.PAUSED: "Resume", _S.FAILED: "Try again"}


def live_card(sheet: CampaignSheet) -> ChatMessage:
    """Draw the card from what is known now; the same facts always give the same card but for its `updated` line."""
    campaign = sheet.campaign
    blocks: list[Block] = [
        header(headline(campaign.state, campaign.spec.name)),
        section(live_parts.status(sheet)),
        *fields(live_parts.figures(sheet.funnel)),
        *live_parts.troubles(sheet),
        *fields(live_parts.money_and_route(sheet)),
        context(*live_parts.NOTES),
        context(
            f"Updated {date(sheet.now, sheet.timezone)}. ID {code(campaign.token)}",
            block_id=ids.BLOCK_UPDATED,
        ),
        *actions(_buttons(sheet), block_id=ids.BLOCK_ACTIONS),
    ]
    return ChatMessage(text=summary(sheet), blocks=blocks)


def summary(sheet: CampaignSheet) -> str:
    """Write name, state and figures in one paragraph, for notifications, screen readers and `/campaign status`."""
    figures = ", ".join(f"{label} {value}" for label, value in live_parts.figures(sheet.funnel))
    return f"{escape(sheet.campaign.spec.name)}: {STATE_WORDS[sheet.campaign.state]}. {figures}."


def _buttons(sheet: CampaignSheet) -> list[Block]:
    state, value = sheet.campaign.state, CampaignRef.of(sheet.campaign).encode()
    buttons = []
    if state is _S.SENDING:
        buttons.append(button("Pause", ids.CAMPAIGN_PAUSE, value))
    if state in _RESUMABLE:
        buttons.append(button(_RESUMABLE[state], ids.CAMPAIGN_RESUME, value, style="primary"))
    if sheet.campaign.is_held:
        buttons.append(button("Start now", ids.CAMPAIGN_RESUME, value, style="primary"))
    if sheet.doubts.open:
        buttons.append(button("Decide what is in doubt", ids.CAMPAIGN_RESOLVE_IN_DOUBT, value))
    buttons.append(button("Refresh", ids.CAMPAIGN_REFRESH, value))
    if state in _CANCELLABLE or sheet.trying_again:
        buttons.append(button("Cancel", ids.CAMPAIGN_CANCEL, value, style="danger", confirm=_CANCEL_DIALOG))
    return buttons


_CANCEL_DIALOG = confirm_dialog(
    "Cancel this campaign?",
    "Everyone who has not got the message yet never will. What has left stays sent. This cannot be undone.",
    yes="Cancel the campaign",
    no="Keep it",
)
