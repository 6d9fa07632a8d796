"""The fast reader of plain statuses against the careful one: where it answers at all, the answer is the same."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.whatsapp.status_bodies import read_plain
from bot.whatsapp.webhooks import read_carefully
from tests.whatsapp.webhook_bodies import NUMBER, WABA, Json, body, change, status

PRICING = {"billable": True, "pricing_model": "PMP", "category": "marketing_lite", "type": "regular"}
ERROR = {"code": 131049, "title": "Not delivered", "error_data": {"details": "Meta chose not to deliver"}}

ODD = st.sampled_from([None, "", 0, 7, -1, 1.5, True, [], {}, "é", "\0", "\ud800", 2**70, "x" * 30, "0", "1e9", "²"])
NAMES = st.sampled_from(["sent", "delivered", "read", "failed", "held_for_quality_assessment", "played", "Sent"])
ITEMS = st.fixed_dictionaries(
    {"id": st.just("wamid.A") | ODD, "status": NAMES | ODD, "timestamp": st.just("1790000012") | ODD},
    optional={
        "recipient_id": st.just("12025550123") | st.just("+12025550123") | ODD,
        "recipient_user_id": st.just("US.a1") | ODD,
        "biz_opaque_callback_data": st.just("7Q2K.1.1") | ODD,
        "errors": st.just([ERROR]) | st.just([7]) | ODD,
        "pricing": st.just(PRICING) | st.dictionaries(st.sampled_from(list(PRICING)), ODD) | ODD,
        "conversation": ODD,
    },
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.just({"phone_number_id": NUMBER}) | st.just({"phone_number_id": "1"}) | ODD,
        "contacts": ODD,
        "messages": ODD,
        "errors": st.just([]) | ODD,
        "statuses": st.lists(ITEMS, max_size=3) | st.lists(ITEMS | ODD, max_size=3) | ODD,
    },
)
WABAS = st.just(WABA) | st.just(int(WABA)) | ODD


def plain(content: Json | bytes) -> Any:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_plain(raw, waba_id=WABA, numbers=[NUMBER])


def careful(content: Json | bytes) -> Any:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_carefully(raw, waba_id=WABA, numbers=[NUMBER])


def test_what_meta_sends_all_day_is_read_fast():
    content = body(change(statuses=[status(pricing=PRICING), status(status="failed", errors=[ERROR])]))

    found = plain(content)

    assert found is not None
    assert found == careful(content)
    assert [event.code for event in found.statuses] == [None, 131049]


@given(st.lists(VALUES, max_size=2), WABAS, st.sampled_from(["messages", "user_preferences", "security"]))
def test_a_fast_answer_is_the_careful_one(values: list[Json], waba: Any, field: str):
    content = body(*(change(field, **value) for value in values), waba=waba)

    found = plain(content)

    assert found is None or found == careful(content)


@given(st.lists(ITEMS, min_size=1, max_size=3), st.integers(0, 400), st.binary(max_size=3))
def test_a_damaged_body_is_never_read_differently(items: list[Json], place: int, damage: bytes):
    raw = json.dumps(body(change(statuses=items))).encode()
    damaged = raw[:place] + damage + raw[place + len(damage) :]

    found = plain(damaged)

    assert found is None or found == careful(damaged)


def test_a_click_beside_the_statuses_is_left_to_the_careful_reader():
    content = body(change(statuses=[status()], user_actions=[{"action_type": "landing_page_view"}]))

    assert plain(content) is None
    assert careful(content).noted == ["landing_page_view"]
