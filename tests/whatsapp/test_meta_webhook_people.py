"""Reading webhooks: what people do - clicks, preferences, messages, moves to another number."""

from typing import Any

import pytest
from webhook_bodies import AT, NUMBER, Json, body, change, taken

from bot.domain.inbound import (
    IdentityChange,
    Inbound,
    MetaClick,
    Preference,
)


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


@pytest.mark.parametrize("said", [{}, {"user_id": "NL.9f3k"}])
def test_a_number_that_only_the_contact_has_is_taken_from_there(said: Json):
    stop = {"category": "marketing_messages", "value": "stop", "timestamp": 1790000012, **said}
    contacts = [{"profile": {"name": "Noor"}, "wa_id": "12025550123", "user_id": "NL.9f3k"}]

    [found] = taken(body(change("user_preferences", contacts=contacts, user_preferences=[stop]))).preferences

    assert (found.digits, found.user_id) == ("12025550123", "NL.9f3k")


def test_a_number_of_another_contact_is_not_taken():
    stop = {"user_id": "NL.9f3k", "category": "marketing_messages", "value": "stop", "timestamp": 1790000012}
    contacts = [{"wa_id": "12025550123", "user_id": "NL.other"}, {"wa_id": "12025550124"}]

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
