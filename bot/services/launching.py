"""The launch check: what was approved is what is sent, or nothing is.

The template is read again from Meta and compared with the approved snapshot; the frozen rows are hashed again and
compared with the approved digest; the lifetime must be the one shown, and must end before the offer does.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.approval import digest_of
from bot.domain.campaign import Campaign, CampaignId, CampaignState
from bot.domain.instants import MINUTE, Millis, plus_seconds
from bot.domain.policy import Policy
from bot.domain.schedule import in_words, lateness
from bot.domain.template import Template, unsendable_reason
from bot.ports.storage import Transaction
from bot.services import lifetimes, narrating, recording
from bot.services.sending import is_lapsed


class Step(StrEnum):
    """What a due campaign needs next."""

    #: Nothing: it may send from now on, or was sent back, or is not due.
    DONE = "done"
    #: Its lifetime must be set on the template first.
    SET_TTL = "set_ttl"
    #: Another campaign on the template is sending; look again later.
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Check:
    """The next step of a launch; `ttl_seconds` when the template must be edited."""

    step: Step
    ttl_seconds: int | None = None


def due(tx: Transaction, now: Millis) -> list[Campaign]:
    """List the approved campaigns whose time has come, the longest waiting first; those held for being late wait."""
    waiting = tx.campaigns.list(states={CampaignState.APPROVED, CampaignState.SCHEDULED}, limit=1000)
    ready = [one for one in waiting if (one.spec.scheduled_at or 0) <= now and not one.is_held]
    return sorted(ready, key=lambda campaign: campaign.approved_at or 0)


def launch(tx: Transaction, campaign_id: CampaignId, template: Template | None, policy: Policy, now: Millis) -> Check:
    """Start a due campaign if everything is as approved; otherwise void the approval and say what changed.

    `template` is what Meta says now (None: gone). Call again after the lifetime was set and read back.
    """
    campaign = tx.campaigns.get(campaign_id)
    if campaign is None or campaign.state not in (CampaignState.APPROVED, CampaignState.SCHEDULED):
        return Check(Step.DONE)
    objection = _objection(campaign, template) or _too_late(campaign, now)
    if objection is not None:
        _void(tx, campaign, objection, now)
        return Check(Step.DONE)
    if template is None:  # an objection above; said again for the type checker
        return Check(Step.DONE)
    tx.templates.put(template, now)
    wanted = campaign.spec.ttl_seconds
    changes_ttl = wanted not in (None, template.lifetime_seconds)
    if changes_ttl and lifetimes.must_wait(tx, campaign, now):
        return Check(Step.WAIT)
    if lateness(campaign, now) > policy.late_launch:
        _hold_late(tx, campaign, policy, now)
        return Check(Step.DONE)
    if not changes_ttl:
        _start(tx, campaign, template, policy, now)
        return Check(Step.DONE)
    if not lifetimes.has_edit_left(tx, template.id, wanted, now):
        _void(tx, campaign, "Meta allows one edit of a template a day and ten in 30 days; this one has none left.", now)
        return Check(Step.DONE)
    return Check(Step.SET_TTL, wanted)


def resume_check(tx: Transaction, campaign_id: CampaignId, template: Template | None) -> str | None:
    """Say what has changed since the approval of a paused or failed campaign; None: it may go on."""
    campaign = tx.campaigns.get(campaign_id)
    if campaign is None:
        return "The campaign is gone."
    wanted = campaign.spec.ttl_seconds
    if template is not None and wanted not in (None, template.lifetime_seconds):
        return "The template’s lifetime is no longer the one that was approved."
    return _objection(campaign, template)


def refuse(tx: Transaction, campaign_id: CampaignId, reason: str, now: Millis) -> None:
    """Void the approval of a due campaign for a reason found outside (Meta refused an edit, say)."""
    campaign = tx.campaigns.get(campaign_id)
    if campaign is not None and campaign.state in (CampaignState.APPROVED, CampaignState.SCHEDULED):
        _void(tx, campaign, reason, now)


def differences(approved: Template, now: Template) -> list[tuple[str, str, str]]:
    """List what differs between two states of a template: (what, before, after), in words."""
    before, after = approved.snapshot(), now.snapshot()
    names = {"name": "name", "language": "language", "category": "category", "components": "text or buttons"}
    return [
        (label, _short(before[key]), _short(after[key])) for key, label in names.items() if before[key] != after[key]
    ]


def _objection(campaign: Campaign, template: Template | None) -> str | None:
    approved = campaign.template
    if template is None or approved is None:
        return "The template is gone at Meta."
    reason = unsendable_reason(template)
    if reason is not None:
        return f"The template cannot be sent now: {reason}."
    changed = differences(approved, template)
    if changed:
        what = "; ".join(f"{label} was “{before}”, is “{after}”" for label, before, after in changed)
        return f"The template changed after the approval: {what}."
    if campaign.spec.ttl_seconds is None and template.lifetime_seconds != approved.lifetime_seconds:
        return "The template’s lifetime changed after the approval."
    if digest_of(campaign) != campaign.digest or campaign.plan is None:
        return "The plan no longer matches the approved digest."
    return None


def _too_late(campaign: Campaign, now: Millis) -> str | None:
    """Say whether the time to launch is over; judged before the template is edited, because edits are few."""
    if campaign.approval_expires_at is not None and campaign.approval_expires_at <= now:
        return "The approval was not used in time."
    if is_lapsed(campaign, now):
        return "The last safe launch is over: messages could arrive after the offer has ended."
    return None


def _hold_late(tx: Transaction, campaign: Campaign, policy: Policy, now: Millis) -> None:
    """Keep a launch back whose hour is over, and ask an approver: what was fine in the morning may not be at night."""
    late = in_words(lateness(campaign, now) // MINUTE * 60)
    reason = f"It was {late} late when it could have started, so it does not start by itself."
    changed = tx.campaigns.change(campaign, reason=reason)
    recording.record(tx, changed, "held_late", "arauto", now, late_ms=lateness(campaign, now))
    narrating.redraw(tx, changed, create_live=True)
    ask = f"{reason} An approver may start it: *Start now* on its card, or `/campaign resume {campaign.token}`."
    key = f"r{changed.revision} held late"
    narrating.tell(tx, changed, key, ask, now, broadcast=True)
    about = f"*{campaign.spec.name}* (`{campaign.token}`): {ask}"
    narrating.tell_approvers(tx, policy, f"campaign {campaign.id}, approvers: {key}", about, now)


def verify_rows(tx: Transaction, campaign_id: CampaignId) -> str | None:
    """Hash the frozen rows again; a sentence when they are not what was approved. Takes seconds for a million."""
    campaign = tx.campaigns.get(campaign_id)
    if campaign is None or campaign.plan is None:
        return "The campaign is gone."
    if tx.recipients.chain(campaign_id) != campaign.plan.chain:
        return "The recipients no longer match the approved digest."
    return None


def is_dormant(tx: Transaction, template: Template, now: Millis) -> bool:
    """Tell whether a template needs its wake-up message; Meta does not tell when it was last used, our books do."""
    known = tx.templates.get(template.id)
    return replace(template, last_used_at=known.last_used_at if known else None).is_dormant(now)


def new_until(tx: Transaction, template: Template, policy: Policy, now: Millis) -> Millis | None:
    """Say until when a template just made or changed at Meta is not ready; an edit of ours was of its lifetime only."""
    changed_at = template.last_updated_at
    if changed_at is None or tx.templates.edits_since(template.id, Millis(changed_at - MINUTE)):
        return None
    ready_at = plus_seconds(changed_at, policy.template_wait_seconds)
    return ready_at if now < ready_at else None


def _start(tx: Transaction, campaign: Campaign, template: Template, policy: Policy, now: Millis) -> None:
    is_waking = is_dormant(tx, template, now) and policy.template_wait_seconds > 0
    hold_until = new_until(tx, template, policy, now)
    changed = tx.campaigns.change(
        campaign,
        state=CampaignState.SENDING,
        started_at=now,
        hold_until=hold_until,
        reason="The template is new at Meta and not ready yet." if hold_until else None,
    )
    recording.record(tx, changed, "launched", "arauto", now)
    narrating.redraw(tx, changed, create_live=True)
    people = changed.plan.recipients if changed.plan else 0
    narrating.tell(tx, changed, "started", f"Sending to {people:,} people has started.", now, broadcast=True)
    if is_waking:
        tx.switches.set(wake_key(changed), str(policy.template_wait_seconds), now)


def wake_key(campaign: Campaign) -> str:
    """Name the switch that says: the first message of this campaign only wakes its template."""
    return f"wake campaign {campaign.id}"


def hold_after_wakeup(tx: Transaction, campaign_id: CampaignId, now: Millis) -> None:
    """After the wake-up message was accepted: wait as long as Meta's ad system needs, once."""
    campaign = tx.campaigns.get(campaign_id)
    if campaign is None or campaign.state is not CampaignState.SENDING:
        return
    seconds = tx.switches.get(wake_key(campaign)) or ""
    if not seconds:
        return
    tx.switches.set(wake_key(campaign), "", now)
    until = plus_seconds(now, int(seconds))
    reason = "The template slept for over a week: one message woke it, the rest follow."
    changed = tx.campaigns.change(campaign, hold_until=until, reason=reason)
    narrating.tell(tx, changed, "wake-up", reason, now)
    narrating.redraw(tx, changed)


def _void(tx: Transaction, campaign: Campaign, reason: str, now: Millis) -> None:
    changed = tx.campaigns.change(campaign, state=CampaignState.CHANGES_REQUESTED, reason=reason)
    recording.record(tx, changed, "approval_voided", "arauto", now, reason=reason)
    narrating.redraw(tx, changed)
    narrating.tell(tx, changed, f"v{changed.version} voided", f"Not launched: {reason}", now, broadcast=True)
    text = (
        f"*{campaign.spec.name}* (`{campaign.token}`) was not launched: {reason} "
        f"`/campaign edit {campaign.token}` opens it to submit it again."
    )
    narrating.tell_person(tx, campaign.created_by, f"campaign {campaign.id} v{campaign.version}: voided", text, now)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"  # noqa: PLR2004 - fits one line of a card
