"""Reading webhooks: statuses, and bodies in which one bad part must not hide the good ones beside it."""

import json

import pytest
from webhook_bodies import AT, NUMBER, WABA, body, change, items, reasons, status, taken

from bot.domain.delivery import Status, StatusEvent
from bot.domain.message import Route


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
