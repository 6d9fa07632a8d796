"""What became of a request for approval: read off the audit chain, which alone keeps who decided and when."""

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.sheet import Decision, Outcome
from bot.ports.records import AuditEntry
from bot.ports.storage import Transaction
from bot.services import recording

_S = CampaignState
#: What a line of the chain decides about the request.
_OUTCOMES = {
    "submitted": Outcome.SUPERSEDED,
    "approved": Outcome.APPROVED,
    "rejected": Outcome.REJECTED,
    "changes_requested": Outcome.CHANGES_REQUESTED,
    "sent_back": Outcome.CHANGES_REQUESTED,
    "expired": Outcome.EXPIRED,
    "approval_voided": Outcome.VOIDED,
    "cancelled": Outcome.WITHDRAWN,
}
#: A state says more than a line that does not fit it: an approval does not outlive what voided it.
_FITTING = {
    _S.DRAFT: {Outcome.SUPERSEDED},
    _S.PLANNING: {Outcome.SUPERSEDED},
    _S.REJECTED: {Outcome.REJECTED},
    _S.CHANGES_REQUESTED: {Outcome.CHANGES_REQUESTED, Outcome.EXPIRED, Outcome.VOIDED},
    _S.CANCELLED: {Outcome.WITHDRAWN},
}
_MACHINE = "arauto"


def decision_on(tx: Transaction, campaign: Campaign) -> Decision | None:
    """Say who decided what and when; None while the request waits, or where the chain does not tell."""
    if campaign.state is _S.IN_REVIEW:
        return None
    lines = [row.entry for row in tx.audit.rows(recording.subject(campaign)) if row.entry.action in _OUTCOMES]
    if not lines:
        return None
    found = _read(lines[-1], campaign)
    return found if found.outcome in _FITTING.get(campaign.state, {Outcome.APPROVED}) else None


def _read(line: AuditEntry, campaign: Campaign) -> Decision:
    outcome = _OUTCOMES[line.action]
    by = None if line.actor == _MACHINE or outcome is Outcome.SUPERSEDED else line.actor
    if outcome is Outcome.CHANGES_REQUESTED and "was" in line.detail:
        # An admin stopped everything while this one waited to be launched.
        stopped = "All sending was stopped before it was launched."
        return Decision(outcome=Outcome.VOIDED, at=line.at, by=by, reason=stopped)
    reason = campaign.reason if outcome is Outcome.EXPIRED else line.detail.get("reason")
    return Decision(outcome=outcome, at=line.at, by=by, reason=str(reason or ""))
