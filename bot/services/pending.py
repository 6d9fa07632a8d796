"""Who of a sent campaign waits for another try, and how that is called off.

While a campaign is `sent`, nothing of it is planned. Whoever gets another try keeps the outcome they have until the
template was read again at Meta and found to be the approved one (`relaunching`): people over Meta's per-user limit, a
day later; people in doubt whom an approver wants written to again; people whose late answer proves that nothing left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.campaign import Campaign, CampaignId, CampaignState
from bot.domain.instants import Millis
from bot.domain.message import Dispatch, Recipient
from bot.domain.policy import Policy
from bot.ports.storage import Transaction
from bot.services import narrating
from bot.services.sending import is_lapsed

#: Meta keeps this person below a limit of theirs (Meta, "Per-user limits"): wait a day, try at most once more.
PER_USER_LIMIT = 131049
#: Remembers when somebody last stopped everything.
STOPPED_ALL = "stopped all at"
#: What a person, or a late answer, made of a message in doubt; kept as its reason.
ASSUMED_SENT = "assumed sent"
WANTED = "to be sent again"
UNSENT = "never left, to be sent"
DECIDED = frozenset({ASSUMED_SENT, WANTED, UNSENT})
_MOST_DOUBTS = 100_000


@dataclass(frozen=True, slots=True)
class Pending:
    """How many wait for another try: for Meta's per-user limit, and in doubt until now."""

    capped: int = 0
    doubts: int = 0

    @property
    def people(self) -> int:
        """Everybody who waits."""
        return self.capped + self.doubts


def pending(tx: Transaction, campaign: Campaign, now: Millis) -> Pending:
    """Count who of a sent campaign waits for another try; nobody in any other state."""
    if campaign.state is not CampaignState.SENT:
        return Pending()
    limit = 0 if _is_given_up(tx, campaign, now) else tx.recipients.capped_codes_pending(campaign.id, PER_USER_LIMIT)
    return Pending(limit, len(marked(tx, campaign)))


def capped_due(tx: Transaction, campaign: Campaign, policy: Policy, now: Millis, limit: int) -> Sequence[Recipient]:
    """List people over Meta's limit whose day has passed.

    Failures come in over hours, so they are taken together: not before the campaign has rested for a while.
    """
    rested_at = (campaign.sent_at or 0) + policy.cap_retry_pause
    if campaign.state is not CampaignState.SENT or now < rested_at or _is_given_up(tx, campaign, now):
        return ()
    before = Millis(now - policy.cap_retry_after)
    capped = tx.recipients.failed_with(campaign.id, PER_USER_LIMIT, before, limit)
    return [row for row in capped if row.attempt == 1]


def doubts(tx: Transaction, campaign: Campaign) -> Sequence[Recipient]:
    """List a campaign's messages in doubt, decided or not."""
    if not tx.campaigns.tallies(campaign.id).get("in_doubt", 0):
        return ()
    return tx.recipients.with_dispatch(Dispatch.IN_DOUBT, campaign_id=campaign.id, limit=_MOST_DOUBTS)


def marked(tx: Transaction, campaign: Campaign) -> Sequence[Recipient]:
    """List the messages in doubt that are to be sent."""
    return [row for row in doubts(tx, campaign) if row.reason in (WANTED, UNSENT)]


def drop(tx: Transaction, campaign: Campaign, now: Millis) -> int:
    """Try nobody again who waits for it; says how many waited. They keep the outcome they have.

    What a person wanted sent again is in doubt as before; what never left is skipped.
    """
    count = pending(tx, campaign, now).people
    waiting = marked(tx, campaign)
    tx.recipients.save([(row, row._replace(reason=None)) for row in waiting if row.reason == WANTED])
    unsent = [(row, as_planned(row)) for row in waiting if row.reason == UNSENT]
    tx.recipients.save(unsent)
    skipped = [(row, row._replace(dispatch=Dispatch.SKIPPED, reason="not tried again")) for _, row in unsent]
    tx.recipients.save(skipped)
    tx.switches.set(_given_up(campaign), "yes", now)
    narrating.redraw(tx, campaign)
    return count


def keep_back(tx: Transaction, changes: list[tuple[Recipient, Recipient]]) -> list[tuple[Recipient, Recipient]]:
    """Keep back what must not wait to leave by itself any more, though its late answer proves that it never left.

    What a person assumed sent stays so. Of a campaign declared sent meanwhile it is marked, until the template was read
    again (`relaunching`).
    """
    ids = {CampaignId(after.campaign_id) for _, after in changes if after.dispatch is Dispatch.PLANNED}
    if not ids:
        return changes
    states = {campaign.id: campaign.state for campaign in map(tx.campaigns.get, ids) if campaign is not None}
    kept = [(before, _held_back(before, after, states)) for before, after in changes]
    return [(before, after) for before, after in kept if after != before]


def _held_back(before: Recipient, after: Recipient, states: Mapping[CampaignId, CampaignState]) -> Recipient:
    if after.dispatch is not Dispatch.PLANNED:
        return after
    state = states.get(CampaignId(after.campaign_id))
    if before.reason == ASSUMED_SENT or state is CampaignState.CLOSED:
        return before
    return before._replace(reason=UNSENT) if state is CampaignState.SENT else after


def as_planned(row: Recipient) -> Recipient:
    """Give a message that never left as it waits to leave."""
    return row._replace(dispatch=Dispatch.PLANNED, sending_at=None, reason=None)


def _is_given_up(tx: Transaction, campaign: Campaign, now: Millis) -> bool:
    """Tell whether people over Meta's limit get no more try: the offer, somebody or a changed template ended it."""
    was_stopped = (campaign.started_at or 0) <= int(tx.switches.get(STOPPED_ALL) or 0)
    return is_lapsed(campaign, now) or was_stopped or tx.switches.get(_given_up(campaign)) is not None


def _given_up(campaign: Campaign) -> str:
    return f"no more tries of campaign {campaign.id}"
