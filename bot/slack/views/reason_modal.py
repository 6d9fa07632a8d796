"""Asks why a campaign is rejected or sent back, so that its author knows what to do."""

from bot.slack import ids
from bot.slack.refs import CampaignRef
from bot.slack.views.parts import Block, field, modal, section, text_field
from bot.slack.views.phrases import line

REASON_LENGTH = 500


def reject_modal(ref: CampaignRef, name: str) -> Block:
    """Ask why a campaign is rejected for good."""
    return _modal(
        "Reject campaign",
        "Reject",
        ids.CAMPAIGN_REJECT_REASON,
        ref,
        f"*{line(name)}* will not be sent. Its author reads your reason.",
        "Why?",
    )


def changes_modal(ref: CampaignRef, name: str) -> Block:
    """Ask what has to change before a campaign can be approved."""
    return _modal(
        "Request changes",
        "Send back",
        ids.CAMPAIGN_CHANGES_REASON,
        ref,
        f"*{line(name)}* goes back to its author, who can change it and ask again.",
        "What should change?",
    )


def _modal(title: str, submit: str, callback_id: str, ref: CampaignRef, text: str, question: str) -> Block:
    box = text_field(max_length=REASON_LENGTH, multiline=True)
    blocks = [section(text), field(ids.REASON, question, box)]
    return modal(title, blocks, callback_id=callback_id, submit=submit, metadata=ref.encode())
