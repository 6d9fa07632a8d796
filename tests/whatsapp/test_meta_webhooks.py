"""Reading webhooks: every item is understood or quarantined with its reason, alone, and nothing ever raises."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.delivery import Status, StatusEvent
from bot.domain.inbound import (
    IdentityChange,
    Inbound,
    MessagingLimit,
    MetaClick,
    NumberEvent,
    Preference,
    TemplateEvent,
    TemplateEventKind,
    WebhookBatch,
)
from bot.domain.message import Route
from bot.whatsapp.webhooks import read

WABA, NUMBER = "102290129340398", "106540352242922"
METADATA = {"display_phone_number": "12025550100", "phone_number_id": NUMBER}
AT = 1_790_000_012_000

Json = dict[str, Any]


def body(*changes: Json, waba: object = WABA, **entry: Any) -> Json:
    return {"object": "whatsapp_business_account", "entry": [{"id": waba, **entry, "changes": list(changes)}]}


def change(field: str = "messages", **value: Any) -> Json:
    return {"field": field, "value": {"messaging_product": "whatsapp", "metadata": METADATA, **value}}


def account_change(field: str, **value: Any) -> Json:
    return {"field": field, "value": value}


def status(**more: Any) -> Json:
    return {"id": "wamid.A", "status": "delivered", "timestamp": "1790000012", "recipient_id": "12025550123", **more}


def taken(content: Json | bytes) -> WebhookBatch:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read(raw, waba_id=WABA, numbers=[NUMBER])


def items(batch: WebhookBatch) -> int:
    understood = (batch.statuses, batch.clicks, batch.preferences, batch.inbound, batch.identity_changes)
    events = (batch.template_events, batch.account_events, batch.number_events, batch.noted)
    return sum(map(len, understood)) + sum(map(len, events)) + len(batch.quarantined)


def reasons(batch: WebhookBatch) -> list[str]:
    return [reason for reason, _ in batch.quarantined]


def test_a_status_is_read_with_everything_that_counts():
    pricing = {"billable": True, "pricing_model": "PMP", "category": "marketing_lite", "type": "regular"}
    tracked = status(recipient_user_id="US.9f3k", biz_opaque_callback_data="7Q2K.90871.1", pricing=pricing)

    batch = taken(body(change(statuses=[tracked], contacts=[{"wa_id": "12025550123"}])))

    assert batch.statuses == [
        StatusEvent(
            phone_number_id=NUMBER,
            wamid="wamid.A",
            status=Status.DELIVERED,
            at=AT,
            tracker="7Q2K.90871.1",
            recipient="12025550123",
            recipient_user_id="US.9f3k",
            route=Route.MM,
        )
    ]
    assert items(batch) == 1


def test_a_failed_status_carries_its_first_error():
    errors = [{"code": 131049, "title": "Short", "message": "Long", "error_data": {"details": "Longest"}}, {"code": 1}]

    [event] = taken(body(change(statuses=[status(status="failed", errors=errors)]))).statuses

    assert (event.status, event.code, event.detail) == (Status.FAILED, 131049, "Longest")


@pytest.mark.parametrize("errors", [None, [], {}, ["x"], [{"code": "many"}], [{"code": -1}], [{"code": 2**40}]])
def test_a_failed_status_counts_even_without_a_readable_error(errors: object):
    [event] = taken(body(change(statuses=[status(status="failed", errors=errors)]))).statuses

    assert (event.status, event.code) == (Status.FAILED, None)


@pytest.mark.parametrize(
    ("pricing", "route", "free"),
    [
        ({"category": "marketing", "type": "regular", "billable": True}, Route.CLOUD, False),
        ({"category": "marketing_lite", "type": "free_entry_point"}, Route.MM, True),
        ({"category": "marketing_lite", "type": "free_customer_service"}, Route.MM, True),
        ({"category": "marketing_lite", "billable": False}, Route.MM, True),
        ({"category": "utility"}, None, False),
        ({"category": ["marketing"]}, None, False),
        (None, None, False),
        ("free", None, False),
    ],
)
def test_the_route_and_the_price_come_from_pricing(pricing: object, route: Route | None, free: bool):
    [event] = taken(body(change(statuses=[status(pricing=pricing)]))).statuses

    assert (event.route, event.free) == (route, free)


def test_a_person_without_a_phone_number_is_still_counted():
    nameless = {key: value for key, value in status(recipient_user_id="NL.9f3k").items() if key != "recipient_id"}

    [event] = taken(body(change(statuses=[nameless]))).statuses

    assert (event.recipient, event.recipient_user_id) == (None, "NL.9f3k")


@pytest.mark.parametrize(
    "bad",
    [
        status(status="played"),
        status(status="warning"),
        status(status=None),
        status(status=["read"]),
        status(id=""),
        status(id=None),
        status(timestamp="soon"),
        status(timestamp=None),
        status(timestamp=0),
        status(timestamp=1790000012000),
        status(timestamp=-5),
        status(timestamp=True),
        status(id="wamid.\0"),
        {},
        None,
        7,
        "read",
        [],
    ],
)
def test_one_bad_status_is_kept_aside_alone_and_its_neighbours_count(bad: object):
    good = [status(id="wamid.A"), status(id="wamid.B", timestamp=1790000012)]

    batch = taken(body(change(statuses=[good[0], bad, good[1]])))

    assert [event.wamid for event in batch.statuses] == ["wamid.A", "wamid.B"]
    [(reason, kept)] = batch.quarantined
    assert reason
    assert json.loads(kept) == bad


def test_a_thousand_statuses_over_several_entries_and_changes_all_count():
    many = [[status(id=f"wamid.{entry}.{n}") for n in range(250)] for entry in range(4)]
    whole = body()
    whole["entry"] = [body(change(statuses=part[:100]), change(statuses=part[100:]))["entry"][0] for part in many]

    batch = taken(whole)

    assert len({event.wamid for event in batch.statuses}) == 1000
    assert not batch.quarantined


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"{", b"\xff\xfe{}", b"[]", b"7", b'"x"', b"null", b"{}", b"[" * 100_000),
        *(b'{"object":"page","entry":[]}', b'{"object":"whatsapp_business_account"}'),
        b'{"object":"whatsapp_business_account","entry":["\xff"]}',
        b'{"object":"whatsapp_business_account","entry":{}}',
        json.dumps({"object": "whatsapp_business_account", "entry": []}).encode("utf-16"),
    ],
)
def test_a_body_that_is_none_of_metas_is_kept_whole(raw: bytes):
    batch = taken(raw)

    assert [kept for _, kept in batch.quarantined] == [raw]
    assert items(batch) == 1


def test_an_entry_of_another_account_has_no_effect_and_hides_nothing():
    whole = body(change(statuses=[status()]))
    whole["entry"] += [*body(change(statuses=[status()]), waba="999")["entry"], {"id": WABA}, None]

    batch = taken(whole)

    assert len(batch.statuses) == 1
    assert len(batch.quarantined) == 3


def test_a_change_of_another_number_has_no_effect_and_hides_nothing():
    foreign = change(statuses=[status()], metadata={"phone_number_id": "555"})
    nameless = change(statuses=[status()], metadata=None)

    batch = taken(body(foreign, change(statuses=[status()]), nameless))

    assert len(batch.statuses) == 1
    assert set(reasons(batch)) == {"the change is about another sender number"}
    assert len(batch.quarantined) == 2


@pytest.mark.parametrize(
    "odd",
    [
        *(None, 7, {}, {"field": "messages"}, {"field": 7, "value": {}}, {"field": "messages", "value": []}),
        *(change(), change(statuses={}), change(statuses=None), {"field": "moon_phase", "value": {}}),
        change(errors=[{"code": 130429, "title": "rate"}]),
    ],
)
def test_a_change_that_is_not_understood_is_kept_with_its_reason(odd: object):
    batch = taken(body(odd, change(statuses=[status()])))  # type: ignore[arg-type]

    assert len(batch.statuses) == 1
    assert len(batch.quarantined) == 1
    assert reasons(batch)[0]


def test_numbers_as_ids_and_unknown_keys_do_no_harm():
    odd = change(statuses=[status(brand_new={"a": [1]})], metadata={"phone_number_id": int(NUMBER)}, new_key=1)

    assert len(taken(body(odd, waba=int(WABA))).statuses) == 1


def test_a_number_without_bound_or_half_an_emoji_spoils_only_its_own_item():
    raw = json.dumps(body(change(statuses=[status(), status(id="wamid.B", timestamp="HUGE")]))).encode()
    huge = taken(raw.replace(b'"HUGE"', b"1" + b"0" * 300))
    half = taken(
        body(change(messages=[{"id": "w", "from": "1", "timestamp": 1, "type": "text", "text": {"body": "\ud83d"}}]))
    )

    assert ([event.wamid for event in huge.statuses], len(huge.quarantined)) == (["wamid.A"], 1)
    assert [message.text for message in half.inbound] == ["?"]


@pytest.mark.parametrize("depth", [100, 400, 700, 900, 5_000])
def test_deep_nesting_inside_one_item_is_kept_and_never_raises(depth: int):
    deep = b'{"id":"w","status":' + b"[" * depth + b"]" * depth + b',"timestamp":"1"}'
    raw = json.dumps(body(change(statuses=[status(), "DEEP"]))).encode().replace(b'"DEEP"', deep)

    batch = taken(raw)

    [(_, kept)] = batch.quarantined
    assert deep in kept
    assert len(batch.statuses) == 1 or kept == raw


def click(**data: Any) -> Json:
    kind = "marketing_messages_link_click"
    return {"timestamp": "1790000012", "action_type": kind, f"{kind}_data": data}


def test_a_click_is_known_by_its_id():
    batch = taken(body(change(user_actions=[click(click_component="cta", click_id="c1", tracking_token="t1")])))

    assert batch.clicks == [
        MetaClick(phone_number_id=NUMBER, key="c1", at=AT, component="cta", click_id="c1"),
    ]


def test_a_click_without_id_is_known_by_its_token_else_by_its_content():
    bare, other = click(), {**click(), "timestamp": 1790000013}
    actions = [click(tracking_token="t1"), bare, bare, other, {"timestamp": 5, "action_type": bare["action_type"]}]

    keys = [found.key for found in taken(body(change(user_actions=actions))).clicks]

    assert keys[0] == "t1"
    assert keys[1] == keys[2]
    assert len(set(keys)) == 4


def test_a_landing_page_view_is_noted_and_not_counted():
    view = {"timestamp": 1790000012, "action_type": "landing_page_view", "landing_page_view_data": {}}

    batch = taken(body(change(user_actions=[view, {**view, "action_type": "dance"}])))

    assert (batch.clicks, batch.noted, len(batch.quarantined)) == ([], ["landing_page_view"], 1)


@pytest.mark.parametrize("timestamp", [1790000012, "1790000012"])
def test_a_preference_is_read(timestamp: object):
    stop = {"wa_id": "12025550123", "category": "marketing_messages", "value": "stop", "timestamp": timestamp}

    batch = taken(body(change("user_preferences", user_preferences=[stop, {**stop, "value": "resume"}])))

    expected = Preference(phone_number_id=NUMBER, digits="12025550123", user_id=None, is_stop=True, at=AT)
    assert batch.preferences[0] == expected
    assert [found.is_stop for found in batch.preferences] == [True, False]


def test_a_preference_without_a_number_is_joined_with_its_contact():
    stop = {"category": "marketing_messages", "value": "stop", "timestamp": 1790000012}
    contacts = [{"profile": {"name": "Noor"}, "user_id": "NL.9f3k"}]

    [found] = taken(body(change("user_preferences", contacts=contacts, user_preferences=[stop]))).preferences

    assert (found.digits, found.user_id) == (None, "NL.9f3k")


def test_a_preference_about_anything_else_is_noted_and_one_not_understood_is_kept_aside():
    stop = {"wa_id": "12025550123", "category": "marketing_messages", "value": "stop", "timestamp": 1}
    odd = [{**stop, "category": "calls"}, {**stop, "value": "signup"}, {**stop, "wa_id": None}]

    batch = taken(body(change("user_preferences", user_preferences=odd)))

    assert (batch.preferences, batch.noted, len(batch.quarantined)) == ([], ["preference calls"], 2)


def inbound(**more: Any) -> Json:
    return {"id": "wamid.IN", "from": "12025550123", "timestamp": "1790000012", **more}


def test_a_typed_text_is_read():
    [found] = taken(body(change(messages=[inbound(type="text", text={"body": "Stop!"})]))).inbound

    assert found == Inbound(
        phone_number_id=NUMBER,
        message_id="wamid.IN",
        digits="12025550123",
        user_id=None,
        at=AT,
        kind="text",
        text="Stop!",
    )


def test_a_tapped_button_is_read_with_the_message_it_belongs_to():
    tapped = inbound(type="button", button={"payload": "NO_MORE", "text": "Não quero"}, context={"id": "wamid.OUT"})

    [found] = taken(body(change(messages=[tapped]))).inbound

    assert (found.kind, found.text, found.payload, found.context_id) == ("button", "Não quero", "NO_MORE", "wamid.OUT")


@pytest.mark.parametrize(
    ("message", "text", "payload"),
    [
        ({"type": "interactive", "interactive": {"button_reply": {"id": "b", "title": "Stop"}}}, "Stop", "b"),
        ({"type": "interactive", "interactive": {"list_reply": {"id": "l", "title": "Stop"}}}, "Stop", "l"),
        ({"type": "image", "image": {"id": "1", "caption": "stop"}}, "stop", None),
        ({"type": "sticker", "sticker": {"id": "1"}}, "", None),
        ({"type": "hologram"}, "", None),
        ({"type": "button", "button": {"text": "Stop"}}, "Stop", None),
    ],
)
def test_every_kind_of_message_is_read_for_its_words(message: Json, text: str, payload: str | None):
    [found] = taken(body(change(messages=[inbound(**message)]))).inbound

    assert (found.text, found.payload) == (text, payload)


def test_a_person_with_a_username_is_known_by_user_id():
    hidden = {key: value for key, value in inbound(type="text", text={"body": "hi"}).items() if key != "from"}
    contacts = [{"wa_id": "12025550100", "user_id": "US.other"}, {"wa_id": "12025550123", "user_id": "US.mine"}]

    named = taken(body(change(messages=[{**hidden, "from_user_id": "NL.9f3k"}]))).inbound
    joined = taken(body(change(messages=[inbound(type="sticker")], contacts=contacts))).inbound
    nobody = taken(body(change(messages=[hidden])))

    assert [(found.digits, found.user_id) for found in named] == [(None, "NL.9f3k")]
    assert [(found.digits, found.user_id) for found in joined] == [("12025550123", "US.mine")]
    assert (nobody.inbound, len(nobody.quarantined)) == ([], 1)


def test_a_contact_that_no_database_could_store_is_not_joined():
    contacts = [{"wa_id": "12025550123", "user_id": "US.\0"}]

    [found] = taken(body(change(messages=[inbound(type="sticker")], contacts=contacts))).inbound

    assert found.user_id is None


@pytest.mark.parametrize(
    ("contact", "user_id"),
    [
        ({"user_id": "US.1"}, "US.1"),
        ({"user_id": "US.1", "wa_id": "12025550199"}, None),
        ({"wa_id": "12025550123"}, None),
    ],
)
def test_a_contact_with_another_number_is_somebody_else(contact: Json, user_id: str | None):
    [found] = taken(body(change(messages=[inbound(type="sticker")], contacts=[contact]))).inbound

    assert found.user_id == user_id


def test_a_person_who_changed_number_or_id_is_told():
    moved = inbound(type="system", system={"type": "user_changed_number", "wa_id": "12025550199", "body": "moved"})
    renamed = inbound(
        type="system", system={"type": "user_changed_user_id", "user_id": "US.new"}, from_user_id="US.old"
    )
    other = inbound(type="system", system={"type": "customer_identity_changed"})

    batch = taken(body(change(messages=[moved, renamed, other])))

    assert batch.identity_changes == [
        IdentityChange(phone_number_id=NUMBER, at=AT, old_digits="12025550123", new_digits="12025550199"),
        IdentityChange(
            phone_number_id=NUMBER, at=AT, old_digits="12025550123", old_user_id="US.old", new_user_id="US.new"
        ),
    ]
    assert batch.noted == ["system customer_identity_changed"]


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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
KEYS = ("id", "status", "timestamp", "recipient_id", "errors", "pricing", "type", "from", "text", "system", "button")
ITEMS = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8).map(lambda odd: {**status(type="text"), **odd})
LISTS = ("statuses", "messages", "user_actions", "user_preferences", "errors")


@given(st.dictionaries(st.sampled_from(LISTS), st.lists(JSON | ITEMS, max_size=5), min_size=1))
def test_every_item_of_any_shape_is_in_exactly_one_list(value: dict[str, list[Any]]):
    batch = taken(body(change(**value)))

    assert items(batch) == sum(map(len, value.values()))


@given(JSON | st.lists(JSON).map(lambda entries: {"object": "whatsapp_business_account", "entry": entries}))
def test_no_json_makes_reading_fail(content: Any):
    is_ours = isinstance(content, dict) and content.get("object") == "whatsapp_business_account"
    assert items(taken(json.dumps(content).encode())) == (len(content["entry"]) if is_ours else 1)


@given(st.lists(st.sampled_from(["field", "value", "id"]).flatmap(lambda key: JSON.map(lambda v: {key: v}))))
def test_no_change_of_any_shape_is_lost(changes: list[Json]):
    batch = taken(body(*changes))

    assert items(batch) == len(changes)


FIELDS = ("account_update", "account_alerts", "business_capability_update", "phone_number_quality_update")
TEMPLATE_FIELDS = ("message_template_status_update", "template_category_update", "message_template_components_update")
EVENT_KEYS = ("event", "ban_info", "restriction_info", "new_category", "correct_category", "message_template_id")
MORE_KEYS = ("alert_info", "alert_type", "current_limit", "other_info", "display_phone_number", "new_quality_score")


@given(st.sampled_from(FIELDS + TEMPLATE_FIELDS), st.dictionaries(st.sampled_from(EVENT_KEYS + MORE_KEYS), JSON), JSON)
def test_every_account_event_of_any_shape_is_in_exactly_one_list(field: str, value: Json, time: Any):
    assert items(taken(body(account_change(field, **value), time=time))) == 1


@given(st.binary(max_size=200))
def test_no_bytes_make_reading_fail(raw: bytes):
    assert items(taken(raw)) == 1


@given(st.data())
def test_a_damaged_body_never_raises_and_never_vanishes(data: st.DataObject):
    raw = bytearray(json.dumps(body(change(statuses=[status(), status(id="wamid.B")]))).encode())
    for position in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=4)):
        raw[position] = data.draw(st.integers(0, 255))

    batch = taken(bytes(raw))

    assert items(batch) >= 1
