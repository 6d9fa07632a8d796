"""Reading webhooks: news of templates, of the account and of its numbers."""

from typing import Any

import pytest
from webhook_bodies import AT, WABA, Json, account_change, body, items, taken

from bot.domain.inbound import (
    MessagingLimit,
    NumberEvent,
    TemplateEvent,
    TemplateEventKind,
)


def template_change(field: str = "message_template_status_update", **value: Any) -> Json:
    named = {
        "message_template_id": 1689556908129832,
        "message_template_name": "spring_drop_v3",
        "message_template_language": "en-US",
    }
    return account_change(field, **named, **value)


def test_a_paused_template_stops_its_campaigns():
    info = {"title": "FIRST_PAUSE", "description": "Low quality"}
    paused = template_change(event="PAUSED", reason="NONE", other_info=info)

    [found] = taken(body(paused, time=1790000012)).template_events

    assert found == TemplateEvent(
        kind=TemplateEventKind.STATUS,
        template_id="1689556908129832",
        name="spring_drop_v3",
        language="en_US",
        value="PAUSED",
        reason="FIRST_PAUSE, Low quality",
        at=AT,
    )
    assert found.stops_sending


@pytest.mark.parametrize(
    ("event", "stops"),
    [
        ("APPROVED", False),
        ("REINSTATED", False),
        ("FLAGGED", False),
        ("REJECTED", True),
        ("DISABLED", True),
        ("NEW", True),
    ],
)
def test_only_a_sendable_status_lets_campaigns_go_on(event: str, stops: bool):
    [found] = taken(body(template_change(event=event, reason=None))).template_events

    assert found.stops_sending is stops


@pytest.mark.parametrize("field", ["message_template_quality_update", "message_template_status_update"])
def test_a_quality_update_is_known_by_its_keys_whatever_its_field_is_called(field: str):
    [found] = taken(
        body(template_change(field, previous_quality_score="GREEN", new_quality_score="RED"))
    ).template_events

    assert (found.kind, found.value, found.stops_sending) == (TemplateEventKind.QUALITY, "RED", False)


def test_the_notice_of_a_category_change_changes_nothing_yet():
    notice = template_change("template_category_update", correct_category="MARKETING", new_category="UTILITY")
    done = template_change("template_category_update", previous_category="MARKETING", new_category="UTILITY")

    first, second = taken(body(notice, done)).template_events

    assert (first.kind, first.value, first.stops_sending) == (TemplateEventKind.CATEGORY_NOTICE, "MARKETING", False)
    assert (second.kind, second.value, second.stops_sending) == (TemplateEventKind.CATEGORY, "UTILITY", True)


def test_changed_components_stop_the_campaigns_of_a_template():
    changed = template_change("message_template_components_update", message_template_element="Hi")

    [found] = taken(body(changed)).template_events

    assert (found.kind, found.stops_sending) == (TemplateEventKind.COMPONENTS, True)


@pytest.mark.parametrize(
    ("value", "stops", "words"),
    [
        (
            {"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": "RESTRICTED_X"}]},
            True,
            "RESTRICTED_X",
        ),
        ({"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SPAM"}}, True, "SPAM"),
        ({"event": "ACCOUNT_DELETED"}, True, "deleted"),
        (
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "May 1"}},
            True,
            "May 1",
        ),
        ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}, False, "reinstated"),
        ({"event": "MM_LITE_TERMS_SIGNED", "waba_info": {"waba_id": WABA}}, False, "terms"),
        ({"event": "PARTNER_ADDED"}, False, "PARTNER_ADDED"),
    ],
)
def test_an_account_update_is_judged_and_told(value: Json, stops: bool, words: str):
    [found] = taken(body(account_change("account_update", **value))).account_events

    assert found.stops_sending is stops
    assert words in found.sentence


@pytest.mark.parametrize("nested", [True, False])
def test_an_alert_is_told_nested_or_flat(nested: bool):
    info = {"alert_severity": "CRITICAL", "alert_type": "SOMETHING_FAILED", "alert_description": "Look."}
    value = {"entity_id": "1", "alert_info": info} if nested else info

    [found] = taken(body(account_change("account_alerts", **value))).account_events

    assert (found.sentence, found.stops_sending) == ("Meta alerts (critical): SOMETHING_FAILED - Look.", False)


@pytest.mark.parametrize(
    ("limit", "people"),
    [
        *(("TIER_250", 250), ("TIER_2K", 2000), ("TIER_100K", 100_000), (2000, 2000), ("2000", 2000)),
        *(("TIER_UNLIMITED", None), (-1, None), ("-1", None)),
    ],
)
def test_a_messaging_limit_is_read_in_every_spelling(limit: object, people: int | None):
    value = {"max_daily_conversations_per_business": limit, "max_phone_numbers_per_waba": 25}

    [found] = taken(body(account_change("business_capability_update", **value))).number_events

    assert found.limit == MessagingLimit(people)


def test_a_faster_number_is_told():
    value = {
        "display_phone_number": "+1 202-555-0100",
        "event": "THROUGHPUT_UPGRADE",
        "current_limit": "TIER_UNLIMITED",
    }

    batch = taken(body(account_change("phone_number_quality_update", **value), time="1790000012"))

    assert batch.number_events == [
        NumberEvent(display="12025550100", event="THROUGHPUT_UPGRADE", limit=MessagingLimit(None), at=AT)
    ]


@pytest.mark.parametrize("field", ["security", "phone_number_name_update", "template_correct_category_detection"])
def test_a_field_without_effect_is_noted(field: str):
    batch = taken(body(account_change(field, event="PIN_CHANGED")))

    assert (batch.noted, items(batch)) == ([field], 1)
