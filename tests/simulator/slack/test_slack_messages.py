from typing import Any

import aiohttp
import pytest
from slack_builders import TOKEN, actions, button, section
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator

MARKETING = "C0MARKETING"


async def refusal(call: Any):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_a_posted_message_is_found_in_its_channel_with_its_blocks(sim: SlackSimulator, client: AsyncWebClient):
    answer = await client.chat_postMessage(channel=MARKETING, text="Card", blocks=[section("*Spring*")])

    card = sim.messages(MARKETING)[-1]
    assert (card.ts, card.text) == (answer["ts"], "Card")
    assert sim.text(card) == "*Spring*"
    assert card.blocks[0]["block_id"]


async def test_timestamps_grow_even_when_the_clock_stands_still(sim: SlackSimulator, client: AsyncWebClient):
    first = await client.chat_postMessage(channel=MARKETING, text="one")
    second = await client.chat_postMessage(channel=MARKETING, text="two")

    assert first["ts"] < second["ts"]


async def test_a_user_id_as_channel_opens_a_direct_message(sim: SlackSimulator, client: AsyncWebClient):
    answer = await client.chat_postMessage(channel="U0ANA", text="psst")

    assert answer["channel"] == "D0ANA"
    assert [message.text for message in sim.messages("D0ANA")] == ["psst"]


async def test_a_channel_name_with_a_hash_is_understood_when_posting(sim: SlackSimulator, client: AsyncWebClient):
    answer = await client.chat_postMessage(channel="#marketing", text="hello")

    assert answer["channel"] == MARKETING


async def test_text_over_the_limit_is_cut_when_posting_and_refused_when_updating(
    sim: SlackSimulator, client: AsyncWebClient
):
    posted = await client.chat_postMessage(channel=MARKETING, text="x" * 41_000)

    assert len(sim.messages(MARKETING)[-1].text) == 40_000
    assert await refusal(client.chat_update(channel=MARKETING, ts=posted["ts"], text="x" * 4001)) == "msg_too_long"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": MARKETING, "text": "", "blocks": []}, "no_text"),
        ({"channel": MARKETING, "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": MARKETING, "text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"channel": MARKETING, "text": "x", "thread_ts": "0"}, "invalid_thread_ts"),
        ({"channel": MARKETING, "text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        (
            {"channel": MARKETING, "text": "x", "metadata": {"event_type": "a", "event_payload": {"k": "v" * 9000}}},
            "metadata_too_large",
        ),
        ({"channel": MARKETING, "text": "x", "blocks": [section("y" * 2900) for _ in range(5)]}, "msg_blocks_too_long"),
    ],
)
async def test_a_post_slack_would_refuse_is_refused_by_the_same_name(
    sim: SlackSimulator, client: AsyncWebClient, arguments: dict[str, Any], error: str
):
    assert await refusal(client.api_call("chat.postMessage", json=arguments)) == error
    assert sim.messages(MARKETING) == []


async def test_an_archived_channel_takes_no_message(sim: SlackSimulator, client: AsyncWebClient):
    card = await client.chat_postMessage(channel=MARKETING, text="before")
    sim.archive(MARKETING)

    assert await refusal(client.chat_postMessage(channel=MARKETING, text="x")) == "is_archived"
    assert await refusal(client.chat_update(channel=MARKETING, ts=card["ts"], text="x")) == "is_inactive"


async def test_a_public_channel_without_the_bot_needs_the_public_scope(sim: SlackSimulator, client: AsyncWebClient):
    await client.chat_postMessage(channel="C0GENERAL", text="with the scope")
    sim.scopes.discard("chat:write.public")

    assert await refusal(client.chat_postMessage(channel="C0GENERAL", text="without")) == "not_in_channel"


async def test_a_private_channel_without_the_bot_does_not_exist_for_it(sim: SlackSimulator, client: AsyncWebClient):
    sim.workspace.channels["C0APPROVALS"].members.discard("U0BOT")

    assert await refusal(client.chat_postMessage(channel="C0APPROVALS", text="x")) == "channel_not_found"
    assert await refusal(client.conversations_info(channel="C0APPROVALS")) == "channel_not_found"


async def test_an_update_keeps_every_earlier_version(sim: SlackSimulator, client: AsyncWebClient):
    posted = await client.chat_postMessage(channel=MARKETING, text="one", blocks=[section("one")])
    await client.chat_update(channel=MARKETING, ts=posted["ts"], text="two", blocks=[section("two")])

    card = sim.messages(MARKETING)[-1]
    assert [version.text for version in card.versions] == ["one", "two"]
    assert card.is_edited is False


async def test_an_update_with_text_only_removes_the_blocks_and_keeps_the_metadata(
    sim: SlackSimulator, client: AsyncWebClient
):
    metadata = {"event_type": "campaign", "event_payload": {"id": "7"}}
    posted = await client.chat_postMessage(channel=MARKETING, text="one", blocks=[section()], metadata=metadata)
    await client.chat_update(channel=MARKETING, ts=posted["ts"], text="two")

    card = sim.messages(MARKETING)[-1]
    assert card.blocks == []
    assert card.metadata == metadata
    assert card.is_edited is True


async def test_empty_metadata_in_an_update_removes_it(sim: SlackSimulator, client: AsyncWebClient):
    metadata = {"event_type": "campaign", "event_payload": {"id": "7"}}
    posted = await client.chat_postMessage(channel=MARKETING, text="one", metadata=metadata)
    await client.chat_update(channel=MARKETING, ts=posted["ts"], text="two", metadata={})

    assert sim.messages(MARKETING)[-1].metadata is None


async def test_only_own_standing_messages_can_be_updated_and_deleted(sim: SlackSimulator, client: AsyncWebClient):
    foreign = await sim.say("U0ANA", MARKETING, "mine")
    gone = await client.chat_postMessage(channel=MARKETING, text="gone")
    await client.chat_delete(channel=MARKETING, ts=gone["ts"])

    assert await refusal(client.chat_update(channel=MARKETING, ts=foreign.ts, text="x")) == "cant_update_message"
    assert await refusal(client.chat_delete(channel=MARKETING, ts=foreign.ts)) == "cant_delete_message"
    assert await refusal(client.chat_update(channel=MARKETING, ts=gone["ts"], text="x")) == "message_not_found"
    assert await refusal(client.chat_update(channel="#marketing", ts=foreign.ts, text="x")) == "channel_not_found"


async def test_an_ephemeral_is_seen_by_one_member_and_never_updated(sim: SlackSimulator, client: AsyncWebClient):
    answer = await client.chat_postEphemeral(channel=MARKETING, user="U0ANA", text="only you")

    assert [message.text for message in sim.ephemerals("U0ANA")] == ["only you"]
    assert sim.messages(MARKETING) == []
    update = client.chat_update(channel=MARKETING, ts=answer["message_ts"], text="x")
    assert await refusal(update) == "message_not_found"
    outsider = client.chat_postEphemeral(channel=MARKETING, user="U0EVE", text="x")
    assert await refusal(outsider) == "user_not_in_channel"


async def test_replies_stand_in_the_thread_and_in_the_channel_only_when_broadcast(
    sim: SlackSimulator, client: AsyncWebClient
):
    card = await client.chat_postMessage(channel=MARKETING, text="card")
    await client.chat_postMessage(channel=MARKETING, text="half way", thread_ts=card["ts"])
    await client.chat_postMessage(channel=MARKETING, text="done", thread_ts=card["ts"], reply_broadcast=True)

    assert [message.text for message in sim.thread(MARKETING, card["ts"])] == ["half way", "done"]
    assert [message.text for message in sim.messages(MARKETING)] == ["card", "done"]


async def test_a_reply_to_a_deleted_message_falls_into_the_channel_without_a_word(
    sim: SlackSimulator, client: AsyncWebClient
):
    card = await client.chat_postMessage(channel=MARKETING, text="card")
    await client.chat_delete(channel=MARKETING, ts=card["ts"])

    answer = await client.chat_postMessage(channel=MARKETING, text="orphan", thread_ts=card["ts"])

    assert "thread_ts" not in answer["message"]
    assert [message.text for message in sim.messages(MARKETING)] == ["orphan"]


async def test_a_permalink_leads_to_a_standing_message(sim: SlackSimulator, client: AsyncWebClient):
    card = await client.chat_postMessage(channel=MARKETING, text="card")
    link = await client.chat_getPermalink(channel=MARKETING, message_ts=card["ts"])

    assert link["permalink"].endswith(f"/archives/{MARKETING}/p{card['ts'].replace('.', '')}")
    missing = client.chat_getPermalink(channel=MARKETING, message_ts="1.000001")
    assert await refusal(missing) == "message_not_found"


async def test_a_wrong_token_a_missing_one_and_the_wrong_kind_are_told_apart(sim: SlackSimulator):
    def with_token(token: str):
        return AsyncWebClient(token=token, base_url=f"{sim.url}/api/", retry_handlers=[])

    assert await refusal(with_token("xoxb-wrong").auth_test()) == "invalid_auth"
    assert await refusal(with_token(None).auth_test()) == "not_authed"
    assert await refusal(with_token("xapp-simulated").auth_test()) == "not_allowed_token_type"
    bot = with_token("xoxb-simulated")
    assert await refusal(bot.apps_connections_open(app_token="xoxb-simulated")) == "not_allowed_token_type"


async def test_a_method_that_does_not_exist_is_unknown(sim: SlackSimulator, client: AsyncWebClient):
    assert await refusal(client.api_call("chat.shout")) == "unknown_method"


async def test_a_missing_scope_names_what_is_needed_and_what_there_is(sim: SlackSimulator, client: AsyncWebClient):
    sim.scopes.discard("users:read")

    with pytest.raises(SlackApiError) as caught:
        await client.users_info(user="U0ANA")

    answer = caught.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")
    assert "chat:write" in answer["provided"]


async def test_auth_test_says_who_the_bot_is_and_which_scopes_it_has(sim: SlackSimulator, client: AsyncWebClient):
    answer = await client.auth_test()

    assert (answer["user_id"], answer["team_id"], answer["team"]) == ("U0BOT", "T0ARAUTO", "Feira Norte")
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


async def test_people_and_places_are_described_as_slack_does(sim: SlackSimulator, client: AsyncWebClient):
    ana = (await client.users_info(user="U0ANA"))["user"]
    eve = (await client.users_info(user="U0EVE"))["user"]
    gus = (await client.users_info(user="U0GUS"))["user"]
    shared = (await client.conversations_info(channel="C0SHARED"))["channel"]
    managers = await client.usergroups_users_list(usergroup="S0MANAGERS")
    listed = await client.conversations_list(types="public_channel,private_channel")
    everyone = await client.users_list()

    assert (ana["tz"], ana["team_id"]) == ("America/Sao_Paulo", "T0ARAUTO")
    assert (eve["team_id"], eve["is_stranger"]) == ("T0OTHER", True)
    assert gus["is_restricted"] is True
    assert shared["is_ext_shared"] is True
    assert managers["users"] == ["U0BRUNO"]
    assert {one["id"] for one in listed["channels"]} == {"C0MARKETING", "C0APPROVALS", "C0GENERAL", "C0SHARED"}
    assert len(everyone["members"]) == 6


async def test_a_direct_message_is_opened_once(sim: SlackSimulator, client: AsyncWebClient):
    first = await client.conversations_open(users=["U0ANA"])
    second = await client.conversations_open(users=["U0ANA"])
    described = await client.conversations_info(channel=first["channel"]["id"])
    groups = await client.usergroups_list()

    assert first["channel"]["id"] == second["channel"]["id"] == "D0ANA"
    assert second["already_open"] is True
    assert (described["channel"]["is_im"], described["channel"]["user"]) == (True, "U0ANA")
    assert [(group["id"], group["handle"]) for group in groups["usergroups"]] == [("S0MANAGERS", "managers")]


async def test_questions_about_nobody_and_nowhere_are_refused(sim: SlackSimulator, client: AsyncWebClient):
    assert await refusal(client.users_info(user="U0NOBODY")) == "user_not_found"
    assert await refusal(client.usergroups_users_list(usergroup="S0NONE")) == "no_such_subteam"
    assert await refusal(client.conversations_open(users=["U0NOBODY"])) == "user_not_found"
    assert await refusal(client.conversations_members(channel="C0NOWHERE")) == "channel_not_found"
    sim.scopes.discard("groups:read")
    assert await refusal(client.conversations_info(channel="C0APPROVALS")) == "missing_scope"


async def test_form_encoded_calls_are_read_like_json_ones(sim: SlackSimulator, client: AsyncWebClient):
    blocks = '[{"type": "divider", "block_id": "line"}]'
    await client.api_call("chat.postMessage", data={"channel": MARKETING, "text": "form", "blocks": blocks})

    assert sim.messages(MARKETING)[-1].blocks == [{"type": "divider", "block_id": "line"}]


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": MARKETING, "text": 7}, "invalid_arguments"),
        ("chat.update", {"channel": MARKETING, "ts": "1.0", "text": ["x"]}, "invalid_arguments"),
        ("chat.postMessage", {"channel": ["C1"], "text": "x"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": MARKETING, "text": "x", "metadata": "{"}, "invalid_metadata_format"),
        ("views.open", {"trigger_id": "x", "view": "{"}, "invalid_arguments"),
        ("views.open", {"trigger_id": "x", "view": {"type": "modal", "blocks": 3}}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": "[]"}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": ""}, "invalid_arguments"),
        ("users.info", {}, "invalid_arguments"),
    ],
)
async def test_arguments_of_a_wrong_shape_are_refused_not_stumbled_over(
    client: AsyncWebClient, method: str, arguments: dict[str, Any], error: str
):
    assert await refusal(client.api_call(method, json=arguments)) == error


async def test_a_body_that_is_no_json_object_is_refused(sim: SlackSimulator):
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as http:
        answers = [
            await (await http.post(f"{sim.url}/api/chat.postMessage", data=body)).json() for body in (b"{", b"[]")
        ]

    assert [answer["error"] for answer in answers] == ["invalid_json", "json_not_object"]


async def test_every_message_has_elements_that_can_be_addressed(sim: SlackSimulator, client: AsyncWebClient):
    anonymous = {key: value for key, value in button().items() if key != "action_id"}
    await client.chat_postMessage(channel=MARKETING, text="x", blocks=[actions(anonymous)])

    assert sim.messages(MARKETING)[-1].blocks[0]["elements"][0]["action_id"]
