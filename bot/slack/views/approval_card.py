"""The card a manager decides on: exactly what will be sent, to how many, until when, at what cost."""

from bot.domain.campaign import CampaignState
from bot.domain.sheet import CampaignSheet, Decision, Outcome
from bot.ports.chat import ChatMessage
from bot.slack import ids
from bot.slack.refs import CampaignRef
from bot.slack.views import approval_parts
from bot.slack.views.parts import Block, actions, button, context, header, section
from bot.slack.views.phrases import EMOJI, at_most, code, date, escape, headline, line, people, user

_OUTCOMES: dict[Outcome, tuple[str, str]] = {
    Outcome.APPROVED: (EMOJI[CampaignState.APPROVED], "Approved"),
    Outcome.REJECTED: (EMOJI[CampaignState.REJECTED], "Rejected"),
    Outcome.CHANGES_REQUESTED: (EMOJI[CampaignState.CHANGES_REQUESTED], "Changes requested"),
    Outcome.EXPIRED: ("⌛", "Expired. Its author can ask again"),
    Outcome.VOIDED: (EMOJI[CampaignState.FAILED], "The approval no longer holds. Its author can ask again"),
    Outcome.SUPERSEDED: ("🔁", "Replaced by a newer version, which has its own card"),
    Outcome.WITHDRAWN: (EMOJI[CampaignState.CANCELLED], "Withdrawn"),
}

#: Outcomes after which the author can change the campaign and ask again.
EDITABLE = frozenset({Outcome.CHANGES_REQUESTED, Outcome.EXPIRED, Outcome.VOIDED})

_OUTCOME_OF_STATE: dict[CampaignState, Outcome] = {
    CampaignState.REJECTED: Outcome.REJECTED,
    CampaignState.CHANGES_REQUESTED: Outcome.CHANGES_REQUESTED,
    CampaignState.CANCELLED: Outcome.WITHDRAWN,
    CampaignState.DRAFT: Outcome.SUPERSEDED,
    CampaignState.PLANNING: Outcome.SUPERSEDED,
}


def approval_card(sheet: CampaignSheet) -> ChatMessage:
    """Draw the card of a planned campaign; it can be decided on only while it waits."""
    campaign = sheet.campaign
    decision = decision_of(sheet)
    blocks: list[Block] = [
        header(headline(campaign.state, campaign.spec.name)),
        *([section(_decided(decision, sheet.timezone))] if decision else []),
        _asked(sheet, decision),
        *approval_parts.changes(sheet),
        *approval_parts.figures(sheet),
        *approval_parts.message(sheet),
        *approval_parts.recipients(sheet),
        *approval_parts.warnings(sheet),
        context(*approval_parts.notes(sheet, is_open=decision is None)),
        *actions(_buttons(sheet, decision), block_id=ids.BLOCK_ACTIONS),
    ]
    return ChatMessage(text=_summary(sheet, decision), blocks=blocks)


def decision_of(sheet: CampaignSheet) -> Decision | None:
    """Say what became of the request: as the sheet has it, else read off the campaign's state; None while it waits."""
    campaign = sheet.campaign
    if sheet.decision is not None or campaign.state is CampaignState.IN_REVIEW:
        return sheet.decision
    # The state first: an approval leaves its mark on the campaign, also where it does not hold any more.
    outcome = _OUTCOME_OF_STATE.get(campaign.state)
    if outcome is None:
        return Decision(outcome=Outcome.APPROVED, at=campaign.approved_at, by=campaign.approved_by)
    if outcome is Outcome.CHANGES_REQUESTED and campaign.approved_at is not None:
        outcome = Outcome.VOIDED
    return Decision(outcome=outcome, at=None, reason=campaign.reason or "")


def _decided(decision: Decision, zone: str) -> str:
    emoji, words = _OUTCOMES[decision.outcome]
    by = f" by {user(decision.by)}" if decision.by else ""
    why = f"\n> {line(decision.reason, 500)}" if decision.reason else ""
    when = f", {date(decision.at, zone)}" if decision.at is not None else ""
    return f"{emoji} *{words}*{by}{when}{why}"


def _asked(sheet: CampaignSheet, decision: Decision | None) -> Block:
    campaign = sheet.campaign
    asks = "asked" if decision else "asks"
    asked_at = date(campaign.submitted_at or campaign.created_at, sheet.timezone)
    return context(
        f"{user(campaign.created_by)} {asks} for approval, {asked_at}",
        f"ID {code(campaign.token)}, version {campaign.version}",
    )


def _buttons(sheet: CampaignSheet, decision: Decision | None) -> list[Block]:
    value = CampaignRef.of(sheet.campaign).encode()
    if decision is not None:
        return [button("Edit", ids.CAMPAIGN_EDIT, value)] if decision.outcome in EDITABLE else []
    return [
        button("Approve", ids.CAMPAIGN_APPROVE, value, style="primary"),
        button("Reject", ids.CAMPAIGN_REJECT, value, style="danger"),
        button("Request changes", ids.CAMPAIGN_REQUEST_CHANGES, value),
        button("Send a test", ids.CAMPAIGN_TEST_SEND, value),
    ]


def _summary(sheet: CampaignSheet, decision: Decision | None) -> str:
    name = escape(sheet.campaign.spec.name)
    if decision:
        return f"{name}: {_OUTCOMES[decision.outcome][1]}."
    plan = sheet.campaign.plan
    size = f" It goes to {people(plan.recipients)}, {at_most(plan.cost_ceiling, plan.currency)}." if plan else ""
    return f"{name}: {user(sheet.campaign.created_by)} asks for approval.{size}"
