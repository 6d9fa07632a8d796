"""What webhooks besides statuses ask for: stops, replies, clicks, news of templates, of the account and of numbers."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain import inbound
from bot.domain.campaign import ACTIVE, Campaign, CampaignState
from bot.domain.inbound import TemplateEventKind, WebhookBatch
from bot.domain.instants import Millis
from bot.domain.policy import Policy
from bot.ports.records import NumberStatus
from bot.ports.storage import Transaction
from bot.services import consenting, controlling, narrating, recognising, tracking
from bot.services.lifetimes import trying_again
from bot.services.recognising import Named


def absorb(tx: Transaction, batch: WebhookBatch, policy: Policy, now: Millis) -> tracking.Absorbed:
    """Apply one webhook body: everything in it, in one transaction. Stops come first."""
    _apply_preferences(tx, batch.preferences, now)
    _apply_inbound(tx, batch.inbound, now)
    for change in batch.identity_changes:
        recognising.follow_change(tx, change, now)
    _count_clicks(tx, batch.clicks)
    for template_event in batch.template_events:
        _apply_template_event(tx, template_event, now)
    for account_event in batch.account_events:
        _apply_account_event(tx, account_event, policy, now)
    for number_event in batch.number_events:
        _apply_number_event(tx, number_event)
    for reason, body in batch.quarantined:
        tx.quarantine.keep(reason, body, now)
    return tracking.absorb(tx, batch.statuses, now)


def _apply_preferences(tx: Transaction, preferences: Sequence[inbound.Preference], now: Millis) -> None:
    for preference in preferences:
        consenting.apply_preference(
            tx,
            Named(preference.digits, preference.user_id),
            is_stop=preference.is_stop,
            at=preference.at,
            wording="",
            now=now,
        )


def _apply_inbound(tx: Transaction, messages: Sequence[inbound.Inbound], now: Millis) -> None:
    for message in messages:
        consenting.hear(
            tx,
            Named(message.digits, message.user_id, message.context_id),
            texts=[text for text in (message.payload, message.text) if text],
            at=message.at,
            message_id=message.message_id,
            now=now,
        )


def _count_clicks(tx: Transaction, clicks: Sequence[inbound.MetaClick]) -> None:
    """Count Meta's clicks, which name no campaign, for the one that sent last from their number."""
    for click in clicks:
        campaign_id = tx.campaigns.last_sender(click.phone_number_id)
        if campaign_id is None:
            continue
        if tx.campaigns.count_meta_click(campaign_id, click.key, click.component or "", click.at):
            tx.cards.want(campaign_id, "live")


def _apply_template_event(tx: Transaction, event: inbound.TemplateEvent, now: Millis) -> None:
    match event.kind:
        case TemplateEventKind.STATUS:
            tx.templates.set_status(event.template_id, _status_after(event.value), now)
        case TemplateEventKind.QUALITY:
            tx.templates.set_quality(event.template_id, event.value, now)
        case TemplateEventKind.CATEGORY:
            tx.templates.set_category(event.template_id, event.value, now)
        case TemplateEventKind.COMPONENTS | TemplateEventKind.CATEGORY_NOTICE:
            pass
    _tell_about_template(tx, event, now)


_BACK = frozenset({"APPROVED", "REINSTATED", "UNARCHIVED", "FLAGGED"})


def _status_after(event: str) -> str:
    """Say which status an event leaves a template in; a warning (FLAGGED) leaves it approved."""
    return "APPROVED" if event in _BACK else event


def _tell_about_template(tx: Transaction, event: inbound.TemplateEvent, now: Millis) -> None:
    """Pause what sends with the template, and say in each thread what Meta said."""
    concerned = {*ACTIVE, CampaignState.APPROVED, CampaignState.SCHEDULED, CampaignState.IN_REVIEW}
    sentence = _template_sentence(event)
    listed = tx.campaigns.list(states=concerned, template_id=event.template_id, limit=100)
    for campaign in [*listed, *trying_again(tx, event.template_id, now)]:
        if campaign.state is not CampaignState.IN_REVIEW:
            _tell_campaign(tx, campaign, event, sentence, now)
        narrating.redraw(tx, campaign)


def _tell_campaign(
    tx: Transaction, campaign: Campaign, event: inbound.TemplateEvent, sentence: str, now: Millis
) -> None:
    """Say it once; Meta's repetition of old news must not pause what a person has resumed since."""
    key = f"template {event.kind} {event.value} {event.at or now}"
    is_news = narrating.tell(tx, campaign, key, sentence, now, broadcast=event.stops_sending)
    if is_news and event.stops_sending:
        controlling.pause_by_machine(tx, campaign, sentence, now, is_told=True)


def _template_sentence(event: inbound.TemplateEvent) -> str:
    why = f" ({event.reason.replace('_', ' ').lower()})" if event.reason and event.reason != "NONE" else ""
    match event.kind:
        case TemplateEventKind.STATUS:
            return f"Meta reports template “{event.name}” as {event.value.lower()}{why}."
        case TemplateEventKind.QUALITY:
            return f"Meta rates the quality of template “{event.name}” {event.value.lower()} now."
        case TemplateEventKind.CATEGORY:
            return f"Meta moved template “{event.name}” to the category {event.value.lower()}."
        case TemplateEventKind.CATEGORY_NOTICE:
            return f"Meta intends to move template “{event.name}” to the category {event.value.lower()}."
        case TemplateEventKind.COMPONENTS:
            return f"The text or buttons of template “{event.name}” changed at Meta; the approval covers the old ones."


def _apply_account_event(tx: Transaction, event: inbound.AccountEvent, policy: Policy, now: Millis) -> None:
    """Post all news of the account once; Meta's repetition of old news must not block what a person lifted since."""
    key = f"account {event.event} {event.at or now}: {event.sentence}"
    is_news = narrating.tell_approvers(tx, policy, key, event.sentence, now)
    if not is_news or not event.stops_sending:
        return
    numbers = {status.phone_number_id: status for status in tx.numbers.list()}
    for campaign in tx.campaigns.list(states={CampaignState.SENDING}, limit=1000):
        number = campaign.spec.phone_number_id
        numbers.setdefault(number, NumberStatus(phone_number_id=number))
        controlling.pause_by_machine(tx, campaign, event.sentence, now)
    for status in numbers.values():
        tx.numbers.put(replace(status, blocked=event.sentence))


def _apply_number_event(tx: Transaction, event: inbound.NumberEvent) -> None:
    """Take a new messaging limit; a changed throughput or quality is read from Meta again soon."""
    for status in tx.numbers.list():
        if event.display is None or _digits(status.display) == event.display:
            tx.numbers.put(_with_limit(status, event))


def _with_limit(status: NumberStatus, event: inbound.NumberEvent) -> NumberStatus:
    limit = status.messaging_limit if event.limit is None else event.limit.people
    return replace(status, messaging_limit=limit, checked_at=None)


def _digits(display: str) -> str:
    return "".join(character for character in display if character.isdigit())
