"""Changing a template's lifetime: which other campaigns it touches, and how often Meta allows it."""

from bot.domain.campaign import ACTIVE, Campaign, CampaignState
from bot.domain.instants import DAY, Millis
from bot.ports.storage import Transaction
from bot.services import narrating, pending

#: Edits of an approved template (Meta, "Template management"): once in 24 hours, ten times in 30 days.
EDITS_PER_DAY = 1
EDITS_PER_MONTH = 10


def others_on_template(tx: Transaction, campaign: Campaign, now: Millis) -> list[Campaign]:
    """List other campaigns that a change of this template's lifetime would touch."""
    open_states = {*ACTIVE, CampaignState.APPROVED, CampaignState.SCHEDULED, CampaignState.IN_REVIEW}
    found = tx.campaigns.list(states=open_states, template_id=campaign.spec.template_id, limit=100)
    return [other for other in [*found, *trying_again(tx, campaign.spec.template_id, now)] if other.id != campaign.id]


def trying_again(tx: Transaction, template_id: str, now: Millis) -> list[Campaign]:
    """List the sent campaigns of a template of which somebody still waits for another try."""
    sent = tx.campaigns.list(states={CampaignState.SENT}, template_id=template_id, limit=1000)
    return [campaign for campaign in sent if pending.pending(tx, campaign, now).people]


def must_wait(tx: Transaction, campaign: Campaign, now: Millis) -> bool:
    """Tell whether another campaign sends on the template, so that its lifetime stays; says for which, once."""
    sending = {*ACTIVE, CampaignState.SENT}
    other = next((one for one in others_on_template(tx, campaign, now) if one.state in sending), None)
    if other is None:
        return False
    is_sent = other.state is CampaignState.SENT
    what = "tries some people once more with this template" if is_sent else "is sending on this template"
    text = f"Waiting: *{other.spec.name}* (`{other.token}`) {what}, whose lifetime must change first."
    narrating.tell(tx, campaign, f"v{campaign.version} waits for {other.token}: {other.state}", text, now)
    return True


def has_edit_left(tx: Transaction, template_id: str, wanted: int | None, now: Millis) -> bool:
    """Tell whether Meta's quota allows an edit to the wanted lifetime.

    An edit to that very lifetime which the template does not show did not happen; if it counted, Meta will say so.
    """
    day = tx.templates.edits_since(template_id, Millis(now - DAY), besides=wanted)
    month = tx.templates.edits_since(template_id, Millis(now - 30 * DAY), besides=wanted)
    return day < EDITS_PER_DAY and month < EDITS_PER_MONTH


def note_edit(tx: Transaction, template_id: str, seconds: int, now: Millis) -> None:
    """Note an edit before it is asked for: one whose answer gets lost may count against Meta's quota.

    Of a day's repetitions at most one can have counted, so the last one stands for all.
    """
    tx.templates.forget_edits(template_id, seconds, Millis(now - DAY))
    tx.templates.record_edit(template_id, seconds, now)
