"""Another try of a sent campaign: the launch check is made once more before anything leaves.

An approval shows one template; a day later it may be another one. So the template is read again at Meta, as it is at a
launch and when somebody resumes, and what differs ends the tries (docs/decisions/0007-one-more-try-after-a-day.md).
"""

from collections.abc import Sequence

from bot.domain.campaign import Campaign, CampaignId, CampaignState
from bot.domain.instants import Millis
from bot.domain.message import Recipient
from bot.domain.policy import Policy
from bot.domain.template import Template
from bot.ports.storage import Transaction
from bot.services import narrating, recording
from bot.services.launching import resume_check
from bot.services.pending import UNSENT, WANTED, as_planned, capped_due, drop, marked
from bot.services.rescuing import next_attempt
from bot.services.sending import is_lapsed

#: People planned again per transaction.
CHUNK = 2_000


def due(tx: Transaction, policy: Policy, now: Millis) -> list[Campaign]:
    """List the sent campaigns of which somebody is to be written to again now."""
    sent = tx.campaigns.list(states={CampaignState.SENT}, limit=1000)
    return [campaign for campaign in sent if marked(tx, campaign) or capped_due(tx, campaign, policy, now, 1)]


def relaunch(
    tx: Transaction,
    campaign_id: CampaignId,
    template: Template | None,
    policy: Policy,
    now: Millis,
    *,
    objection: str | None = None,
) -> int:
    """Plan everybody who is due once more if everything is as approved, else try nobody again; returns how many.

    `template` is what Meta says now (None: gone), `objection` what speaks against it otherwise. The approval covers
    these people: they are in its plan, and their first message never arrived or somebody took the risk.
    """
    campaign = tx.campaigns.get(campaign_id)
    if campaign is None or campaign.state is not CampaignState.SENT:
        return 0
    capped = capped_due(tx, campaign, policy, now, CHUNK)
    doubted = marked(tx, campaign)
    if not capped and not doubted:
        return 0
    objection = objection or resume_check(tx, campaign_id, template) or _too_late(campaign, now)
    if objection is not None:
        _give_up(tx, campaign, objection, now)
        return 0
    _plan(tx, capped, doubted)
    _tell(tx, campaign, capped, doubted, now)
    return len(capped) + len(doubted)


def _too_late(campaign: Campaign, now: Millis) -> str | None:
    return "Messages could arrive after the offer has ended." if is_lapsed(campaign, now) else None


def _plan(tx: Transaction, capped: Sequence[Recipient], doubted: Sequence[Recipient]) -> None:
    for row in capped:
        tx.recipients.archive_attempt(row)
    tx.recipients.save([(row, next_attempt(row)) for row in capped])
    tx.recipients.save([(row, as_planned(row) if row.reason == UNSENT else next_attempt(row)) for row in doubted])


def _tell(
    tx: Transaction, campaign: Campaign, capped: Sequence[Recipient], doubted: Sequence[Recipient], now: Millis
) -> None:
    changed = tx.campaigns.change(campaign, state=CampaignState.SENDING)
    wanted = sum(row.reason == WANTED for row in doubted)
    unsent = len(doubted) - wanted
    recording.record(tx, changed, "tried_again", "arauto", now, capped=len(capped), doubts=wanted, unsent=unsent)
    sentences = (
        (len(capped), "A day has passed: one more try for {} over Meta’s limit."),
        (wanted, "Sending again to {} in doubt; for some it may be the second message."),
        (unsent, "Sending now to {} whose message had never left."),
    )
    text = " ".join(sentence.format(_people(count)) for count, sentence in sentences if count)
    narrating.tell(tx, changed, f"retry {now}", text, now)
    narrating.redraw(tx, changed)


def _give_up(tx: Transaction, campaign: Campaign, objection: str, now: Millis) -> None:
    count = drop(tx, campaign, now)
    recording.record(tx, campaign, "tries_dropped", "arauto", now, people=count, reason=objection)
    text = f"No other try for {_people(count)} who waited for one: {objection}"
    narrating.tell(tx, campaign, f"no more tries {now}", text, now, broadcast=True)


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"
