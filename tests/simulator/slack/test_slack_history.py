from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator

MARKETING, GENERAL, APPROVALS = "C0MARKETING", "C0GENERAL", "C0APPROVALS"
METADATA = {"event_type": "card", "event_payload": {"key": "k1"}}


async def refusal(call: Any):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def posted(client: AsyncWebClient, *texts: str, **more: Any) -> list[str]:
    return [str((await client.chat_postMessage(channel=MARKETING, text=text, **more))["ts"]) for text in texts]


def texts(answer: Any):
    return [message["text"] for message in answer["messages"]]


async def test_a_channel_is_read_back_newest_first(client: AsyncWebClient):
    await posted(client, "one", "two", "three")

    answer = await client.conversations_history(channel=MARKETING)

    assert texts(answer) == ["three", "two", "one"]
    assert answer["has_more"] is False


async def test_metadata_comes_only_when_asked_for(client: AsyncWebClient):
    await posted(client, "card", metadata=METADATA)

    plain = await client.conversations_history(channel=MARKETING)
    full = await client.conversations_history(channel=MARKETING, include_all_metadata=True)

    assert "metadata" not in plain["messages"][0]
    assert full["messages"][0]["metadata"] == METADATA


async def test_a_thread_is_in_the_history_only_where_it_was_sent_to_the_channel(client: AsyncWebClient):
    [parent] = await posted(client, "card")
    await posted(client, "hidden", thread_ts=parent)
    await posted(client, "shown", thread_ts=parent, reply_broadcast=True)

    history = await client.conversations_history(channel=MARKETING)
    thread = await client.conversations_replies(channel=MARKETING, ts=parent)

    assert texts(history) == ["shown", "card"]
    assert texts(thread) == ["card", "hidden", "shown"]


async def test_pages_follow_one_another_without_gap_or_overlap(client: AsyncWebClient):
    await posted(client, *"abcde")

    read, cursor = [], None
    while cursor != "":
        answer = await client.conversations_history(channel=MARKETING, limit=2, cursor=cursor)
        read += texts(answer)
        cursor = (answer.get("response_metadata") or {}).get("next_cursor", "")
        assert answer["has_more"] is bool(cursor)

    assert read == list("edcba")


async def test_a_span_counts_its_ends_only_if_asked_to(client: AsyncWebClient):
    first, _, third = await posted(client, "one", "two", "three")

    open_ends = await client.conversations_history(channel=MARKETING, oldest=first, latest=third)
    closed = await client.conversations_history(channel=MARKETING, oldest=first, latest=third, inclusive=True)

    assert (texts(open_ends), texts(closed)) == (["two"], ["three", "two", "one"])


async def test_what_was_deleted_or_said_to_one_person_alone_is_not_read(client: AsyncWebClient):
    [ts] = await posted(client, "gone")
    await client.chat_delete(channel=MARKETING, ts=ts)
    await client.chat_postEphemeral(channel=MARKETING, user="U0ANA", text="psst")

    assert texts(await client.conversations_history(channel=MARKETING)) == []
    assert await refusal(client.conversations_replies(channel=MARKETING, ts=ts)) == "thread_not_found"


@pytest.mark.parametrize(
    ("channel", "scope"), [(MARKETING, "channels:history"), (APPROVALS, "groups:history"), ("D0ANA", "im:history")]
)
async def test_each_kind_of_channel_takes_its_own_scope(
    sim: SlackSimulator, client: AsyncWebClient, channel: str, scope: str
):
    await client.conversations_open(users="U0ANA")
    sim.scopes.add(scope)
    await client.conversations_history(channel=channel)
    sim.scopes.discard(scope)

    assert await refusal(client.conversations_history(channel=channel)) == "missing_scope"


async def test_a_bot_reads_only_where_it_is_a_member(sim: SlackSimulator, client: AsyncWebClient):
    sim.workspace.channels[APPROVALS].members.discard("U0BOT")

    assert await refusal(client.conversations_history(channel=GENERAL)) == "not_in_channel"
    assert await refusal(client.conversations_history(channel=APPROVALS)) == "channel_not_found"
    assert await refusal(client.conversations_history(channel="C0NOWHERE")) == "channel_not_found"
    assert await refusal(client.conversations_history(channel="#marketing")) == "channel_not_found"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"limit": 0}, "invalid_limit"),
        ({"limit": 1000}, "invalid_limit"),
        ({"limit": "many"}, "invalid_limit"),
        ({"cursor": "???"}, "invalid_cursor"),
        ({"cursor": "bmV4dF90czox"}, "invalid_cursor"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "now"}, "invalid_ts_latest"),
    ],
)
async def test_arguments_are_judged(client: AsyncWebClient, arguments: dict[str, Any], error: str):
    await posted(client, "one")
    if arguments == {"limit": 0}:
        arguments = {"limit": "0"}

    assert await refusal(client.conversations_history(channel=MARKETING, **arguments)) == error


async def test_a_lost_answer_is_to_a_call_that_was_done(sim: SlackSimulator, client: AsyncWebClient):
    sim.faults.lose("chat.postMessage")

    with pytest.raises(SlackApiError) as lost:
        await client.chat_postMessage(channel=MARKETING, text="once")
    await client.chat_postMessage(channel=MARKETING, text="again")

    assert lost.value.response.status_code == 504
    assert [message.text for message in sim.messages(MARKETING)] == ["once", "again"]
