"""Lets a person decide about messages of which nobody knows whether they left; the machine never does."""

from bot.slack import ids
from bot.slack.refs import CampaignRef
from bot.slack.views.parts import Block, field, modal, option, section, select
from bot.slack.views.phrases import line, people


def in_doubt_modal(ref: CampaignRef, name: str, in_doubt: int) -> Block:
    """Build the modal for `in_doubt` people of a campaign."""
    explanation = (
        f"*{line(name)}*: for *{people(in_doubt)}* the request broke off before Meta answered. They may have the "
        "message or not, and no report has come in since."
    )
    choices = [
        option("Assume sent", ids.ASSUME_SENT, "Nobody gets it twice; some may never get it"),
        option("Send again", ids.SEND_AGAIN, "For some this may be the second message"),
    ]
    radios = select(choices, initial=ids.ASSUME_SENT, kind="radio_buttons")
    blocks = [
        section(explanation),
        field(ids.RESOLUTION, "What should Arauto do?", radios, hint="Send again: this may be the second message."),
    ]
    metadata = ref.encode()
    return modal("Messages in doubt", blocks, callback_id=ids.CAMPAIGN_IN_DOUBT, submit="Decide", metadata=metadata)
