"""Reading webhooks of any shape: nothing raises, and every item is understood or quarantined."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from webhook_bodies import Json, account_change, body, change, items, status, taken

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
