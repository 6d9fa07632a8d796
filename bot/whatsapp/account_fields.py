"""Reads what the webhook fields about templates, the account and its numbers carry.

Shapes from Meta, "message_template_status_update", "message_template_quality_update", "template_category_update",
"account_update", "account_alerts", "business_capability_update", "phone_number_quality_update" (2025-10 to 2026-09).
"""

from typing import Any, Final

from bot.domain.inbound import AccountEvent, NumberEvent, TemplateEvent, TemplateEventKind
from bot.domain.instants import Millis
from bot.whatsapp.reading import (
    Item,
    UnreadableError,
    digits,
    identifier,
    language,
    mapping,
    messaging_limit,
    required,
    text,
)

#: What an account event means for people. Those in `_STOPPING` end sending until a person looks.
_SENTENCES: Final = {
    "ACCOUNT_DELETED": "Meta reports that the WhatsApp account was deleted.",
    "ACCOUNT_VIOLATION": "Meta reports a policy violation of the WhatsApp account.",
    "ACCOUNT_RESTRICTION": "Meta has restricted the WhatsApp account.",
    "MM_LITE_TERMS_SIGNED": "The Marketing Messages terms were signed.",
    "AD_ACCOUNT_LINKED": "An ad account was linked to the WhatsApp account.",
}
_STOPPING: Final = frozenset({"ACCOUNT_DELETED", "ACCOUNT_VIOLATION", "ACCOUNT_RESTRICTION"})
_BANS: Final = {
    "DISABLE": "Meta has disabled the WhatsApp account.",
    "REINSTATE": "Meta has reinstated the WhatsApp account.",
    "SCHEDULE_FOR_DISABLE": "Meta will disable the WhatsApp account.",
}
_LIMIT_KEYS: Final = (
    "max_daily_conversations_per_business",
    "max_daily_conversation_per_phone",
    "current_limit",
)


def template_event(value: Item, field: str, at: Millis | None) -> TemplateEvent:
    """Read news of a template. Meta's pages disagree about the field's name, so the payload's keys decide."""
    kind, news, reason = _template_news(value, field)
    return TemplateEvent(
        kind=kind,
        template_id=required(identifier(value.get("message_template_id")), "the template id"),
        name=text(value.get("message_template_name")) or "",
        language=language(value.get("message_template_language")) or "",
        value=news,
        reason=reason,
        at=at,
    )


def _template_news(value: Item, field: str) -> tuple[TemplateEventKind, str, str]:
    if "new_quality_score" in value:
        return TemplateEventKind.QUALITY, _enum(value, "new_quality_score"), ""
    if "correct_category" in value:
        # In this shape `new_category` is the old category, still in force.
        return TemplateEventKind.CATEGORY_NOTICE, _enum(value, "correct_category"), ""
    if "new_category" in value:
        return TemplateEventKind.CATEGORY, _enum(value, "new_category"), ""
    if "event" in value:
        return TemplateEventKind.STATUS, _enum(value, "event"), _template_reason(value)
    if field == "message_template_components_update":
        return TemplateEventKind.COMPONENTS, "", ""
    raise UnreadableError("it names no status, quality, category or component")


def _enum(value: Item, key: str) -> str:
    return required(text(value.get(key)), key).upper()


def _template_reason(value: Item) -> str:
    """Join whatever Meta gives as the reason; which parts are there depends on the event."""
    reason = text(value.get("reason"))
    parts = [reason if reason != "NONE" else None]
    parts += [text(mapping(value.get("other_info")).get(key)) for key in ("title", "description")]
    parts += [text(mapping(value.get("rejection_info")).get(key)) for key in ("reason", "recommendation")]
    parts.append(text(mapping(value.get("disable_info")).get("disable_date")))
    return ", ".join(dict.fromkeys(part for part in parts if part))


def account_event(value: Item, at: Millis | None) -> AccountEvent:
    """Read `account_update` and judge whether it ends sending."""
    event = _enum(value, "event")
    if event == "DISABLED_UPDATE":
        return _ban(value, at)
    sentence = _SENTENCES.get(event) or f"Meta reports about the WhatsApp account: {event}."
    details = _restrictions(value) or text(mapping(value.get("violation_info")).get("violation_type"))
    told = f"{sentence[:-1]}: {details}." if details else sentence
    return AccountEvent(event=event, sentence=told, stops_sending=event in _STOPPING, at=at)


def _ban(value: Item, at: Millis | None) -> AccountEvent:
    info = mapping(value.get("ban_info"))
    state = _enum(info, "waba_ban_state")
    sentence = _BANS.get(state) or f"Meta reports the ban state {state} of the WhatsApp account."
    date = text(info.get("waba_ban_date"))
    told = f"{sentence[:-1]} ({date})." if date else sentence
    return AccountEvent(event=f"DISABLED_UPDATE {state}", sentence=told, stops_sending=state == "DISABLE", at=at)


def _restrictions(value: Item) -> str:
    found = value.get("restriction_info")
    items = found if isinstance(found, list) else [found]
    return ", ".join(name for item in items if (name := text(mapping(item).get("restriction_type"))))


def account_alert(value: Item, at: Millis | None) -> AccountEvent:
    """Read `account_alerts`, nested in `alert_info` or flat."""
    info: Item = mapping(value.get("alert_info")) or value
    kind = _enum(info, "alert_type")
    severity = text(info.get("alert_severity")) or "unknown severity"
    description = text(info.get("alert_description"))
    told = f"Meta alerts ({severity.lower()}): {kind}" + (f" - {description}" if description else "")
    return AccountEvent(event=kind, sentence=told, stops_sending=False, at=at)


def account_review(value: Item, at: Millis | None) -> AccountEvent:
    """Read `account_review_update`."""
    decision = _enum(value, "decision")
    told = f"Meta's review of the WhatsApp account ended with: {decision}."
    return AccountEvent(event=f"ACCOUNT_REVIEW {decision}", sentence=told, stops_sending=False, at=at)


def number_event(value: Item, field: str, at: Millis | None) -> NumberEvent:
    """Read `phone_number_quality_update` and `business_capability_update`; a limit may be text, a number or -1."""
    limits = [messaging_limit(value[key]) for key in _LIMIT_KEYS if key in value]
    limit = next((found for found in limits if found is not None), None)
    if field == "business_capability_update":
        if limit is None:
            raise UnreadableError("it names no messaging limit Arauto can read")
        return NumberEvent(display=None, event=field, limit=limit, at=at)
    return NumberEvent(
        display=_display(value.get("display_phone_number")), event=_enum(value, "event"), limit=limit, at=at
    )


def _display(value: Any) -> str | None:
    """Reduce `+31 20 000 0000` to its digits."""
    return digits("".join(character for character in str(value or "") if character.isdigit()))
