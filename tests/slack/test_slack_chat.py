"""The chat client against a small Web API on loopback: what it sends, and how it reads Slack's refusals."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from bot.ports.chat import ChatBusyError, ChatClosedError, ChatGoneError, ChatMessage, ChatMissingError
from bot.slack.chat import SlackChat, web_client
from bot.slack.views.parts import section
from tests.slack.fake_slack import FakeSlack, blocks_of, error, fake_slack, ok

CHANNEL = "C0MARKETING"
MESSAGE = ChatMessage("Spring sale: Sent 3", [section("Sent 3")])


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as fake:
        yield fake


def a_chat(slack: FakeSlack) -> SlackChat:
    return SlackChat(web_client("xoxb-test", f"{slack.url}/api"))


async def test_a_post_gives_channel_and_timestamp(slack: FakeSlack):
    slack.says("chat.postMessage", ok(channel="D0ANA", ts="1700.1"))

    posted = await a_chat(slack).post("U0ANA", MESSAGE)

    assert posted == ("D0ANA", "1700.1")
    assert slack.calls[0].token == "Bearer xoxb-test"
    assert slack.of("chat.postMessage")[0]["text"] == MESSAGE.text
    assert blocks_of(slack.of("chat.postMessage")[0]) == list(MESSAGE.blocks)


async def test_a_reply_goes_to_its_thread_and_to_the_channel_if_asked(slack: FakeSlack):
    await a_chat(slack).post(CHANNEL, MESSAGE, thread_ts="1.2", broadcast=True)

    sent = slack.of("chat.postMessage")[0]

    assert (sent["thread_ts"], str(sent["reply_broadcast"])) in (("1.2", "True"), ("1.2", "1"), ("1.2", "true"))


async def test_an_edit_is_trimmed_to_what_slack_takes(slack: FakeSlack):
    await a_chat(slack).edit(CHANNEL, "1.2", ChatMessage("x" * 5_000))

    sent = slack.of("chat.update")[0]

    assert len(sent["text"]) == 4_000
    assert sent["ts"] == "1.2"


@pytest.mark.parametrize("name", ["message_not_found", "edit_window_closed", "cant_update_message"])
async def test_a_message_that_takes_nothing_any_more_is_never_tried_again(slack: FakeSlack, name: str):
    slack.says("chat.update", error(name))

    with pytest.raises(ChatGoneError, match=name) as raised:
        await a_chat(slack).edit(CHANNEL, "1.2", MESSAGE)

    assert isinstance(raised.value, ChatMissingError) is (name == "message_not_found")
    assert len(slack.calls) == 1


CHANNELS = {
    "not_in_channel": "/invite @Arauto",
    "channel_not_found": "/invite @Arauto",
    "is_archived": "Unarchive it",
    "is_inactive": "Unarchive it",
    "restricted_action_read_only_channel": "admin of the workspace",
    "something_new": "does not know",
}


@pytest.mark.parametrize(("name", "mend"), CHANNELS.items(), ids=list(CHANNELS))
async def test_a_channel_that_takes_nothing_says_how_to_mend_it(slack: FakeSlack, name: str, mend: str):
    slack.says("chat.update", error(name))

    with pytest.raises(ChatClosedError, match=mend) as raised:
        await a_chat(slack).edit(CHANNEL, "1.2", MESSAGE)

    assert name in str(raised.value)
    assert not raised.value.is_everywhere
    assert len(slack.calls) == 1


@pytest.mark.parametrize("name", ["invalid_auth", "token_revoked", "account_inactive", "missing_scope"])
async def test_what_is_wrong_with_the_token_is_wrong_everywhere(slack: FakeSlack, name: str):
    slack.says("chat.postMessage", error(name))

    with pytest.raises(ChatClosedError, match=name) as raised:
        await a_chat(slack).post(CHANNEL, MESSAGE)

    assert raised.value.is_everywhere


async def test_a_rate_limit_says_how_long_to_wait(slack: FakeSlack):
    slack.says("chat.update", error("ratelimited", status=429, **{"Retry-After": "17"}))

    with pytest.raises(ChatBusyError) as raised:
        await a_chat(slack).edit(CHANNEL, "1.2", MESSAGE)

    assert raised.value.retry_after == 17
    assert len(slack.calls) == 1


OUTAGES = {
    "an error of Slack's own": error("internal_error"),
    "a proxy's page": HTMLResponse("<html>Bad gateway</html>", status_code=502),
    "a proxy's text": PlainTextResponse("upstream down", status_code=503),
    "broken JSON": Response("{", status_code=200, media_type="application/json"),
}


@pytest.mark.parametrize("answer", OUTAGES.values(), ids=list(OUTAGES))
async def test_an_outage_means_later_and_is_not_repeated_by_itself(slack: FakeSlack, answer: Response):
    slack.says("chat.postMessage", answer)

    with pytest.raises(ChatBusyError):
        await a_chat(slack).post(CHANNEL, MESSAGE)

    assert len(slack.calls) == 1


async def test_nobody_listening_means_later():
    chat = SlackChat(web_client("xoxb-test", "http://127.0.0.1:1/api/"))

    with pytest.raises(ChatBusyError, match="cannot be reached"):
        await chat.post(CHANNEL, MESSAGE)


async def test_refused_blocks_still_bring_the_figures_as_text(slack: FakeSlack):
    slack.says("chat.update", error("invalid_blocks"), ok())

    await a_chat(slack).edit(CHANNEL, "1.2", MESSAGE)

    assert [blocks_of(call) for call in slack.of("chat.update")] == [list(MESSAGE.blocks), []]
    assert slack.of("chat.update")[1]["text"] == MESSAGE.text


async def test_the_recovery_is_tried_once_only(slack: FakeSlack):
    slack.says("chat.postMessage", error("invalid_blocks"))

    with pytest.raises(ChatClosedError, match="even the text"):
        await a_chat(slack).post(CHANNEL, MESSAGE)

    assert len(slack.calls) == 2


async def test_a_whisper_stays_in_the_channel(slack: FakeSlack):
    await a_chat(slack).whisper(CHANNEL, "U0ANA", MESSAGE)

    assert slack.of("chat.postEphemeral")[0]["user"] == "U0ANA"
    assert slack.of("chat.postMessage") == []


async def test_a_whisper_becomes_a_direct_message_where_the_channel_is_closed(slack: FakeSlack):
    slack.says("chat.postEphemeral", error("not_in_channel"))

    await a_chat(slack).whisper(CHANNEL, "U0ANA", MESSAGE)

    assert slack.of("chat.postMessage")[0]["channel"] == "U0ANA"


async def test_a_whisper_with_a_dead_token_is_not_repeated_elsewhere(slack: FakeSlack):
    slack.says("chat.postEphemeral", error("token_revoked"))

    with pytest.raises(ChatClosedError):
        await a_chat(slack).whisper(CHANNEL, "U0ANA", MESSAGE)

    assert slack.of("chat.postMessage") == []


async def test_a_permalink_is_what_slack_says(slack: FakeSlack):
    slack.says("chat.getPermalink", ok(permalink="https://feira-norte.slack.example/archives/C0/p12"))

    assert await a_chat(slack).permalink("C0", "1.2") == "https://feira-norte.slack.example/archives/C0/p12"


# Looking for a message whose answer got lost.


def page(*marks: str, cursor: str = "") -> Response:
    found = [
        {"ts": f"1.{mark}", "metadata": {"event_type": "arauto_message", "event_payload": {"mark": mark}}}
        for mark in marks
    ]
    return ok(messages=[{"ts": "9.9", "text": "no metadata"}, *found], response_metadata={"next_cursor": cursor})


async def test_a_mark_goes_along_as_metadata_and_only_where_there_is_one(slack: FakeSlack):
    await a_chat(slack).post(CHANNEL, MESSAGE)
    await a_chat(slack).post(CHANNEL, replace(MESSAGE, mark="abc"))

    plain, marked = slack.of("chat.postMessage")
    assert "metadata" not in plain
    assert marked["metadata"] == {"event_type": "arauto_message", "event_payload": {"mark": "abc"}}


async def test_a_message_is_found_by_its_mark_some_pages_back(slack: FakeSlack):
    slack.says("conversations.history", page("a", cursor="next"), page("b"))

    assert await a_chat(slack).find(CHANNEL, "b") == "1.b"

    first, second = slack.of("conversations.history")
    assert str(first["include_all_metadata"]).lower() in ("true", "1")
    assert (first.get("cursor"), second["cursor"]) == (None, "next")


async def test_a_reply_is_looked_for_in_its_thread(slack: FakeSlack):
    slack.says("conversations.replies", page("a"))

    assert await a_chat(slack).find(CHANNEL, "a", thread_ts="1.2") == "1.a"

    assert slack.of("conversations.replies")[0]["ts"] == "1.2"


async def test_the_search_ends(slack: FakeSlack):
    slack.says("conversations.history", page("a", cursor="next"))

    assert await a_chat(slack).find(CHANNEL, "b") is None

    assert len(slack.calls) == 5


@pytest.mark.parametrize("name", ["missing_scope", "not_in_channel", "channel_not_found", "thread_not_found"])
async def test_where_we_may_not_look_nothing_is_found(slack: FakeSlack, name: str):
    slack.says("conversations.history", error(name))

    assert await a_chat(slack).find(CHANNEL, "a") is None


async def test_direct_messages_are_not_looked_at(slack: FakeSlack):
    assert await a_chat(slack).find("U0ANA", "a") is None

    assert slack.calls == []


async def test_a_search_that_slack_is_too_busy_for_is_done_later(slack: FakeSlack):
    slack.says("conversations.history", error("ratelimited", status=429, **{"Retry-After": "7"}))

    with pytest.raises(ChatBusyError) as busy:
        await a_chat(slack).find(CHANNEL, "a")

    assert busy.value.retry_after == 7


LOST = {
    "a proxy's page": (HTMLResponse("<html>Bad gateway</html>", status_code=502), True),
    "broken JSON": (Response("{", status_code=200, media_type="application/json"), True),
    "half done": (error("fatal_error"), True),
    "refused": (error("ratelimited", status=429), False),
    "not now": (error("service_unavailable", status=503), False),
}


@pytest.mark.parametrize(("answer", "may_be_done"), LOST.values(), ids=list(LOST))
async def test_an_answer_that_proves_nothing_may_be_to_a_post_that_was_done(
    slack: FakeSlack, answer: Response, may_be_done: bool
):
    slack.says("chat.postMessage", answer)

    with pytest.raises(ChatBusyError) as busy:
        await a_chat(slack).post(CHANNEL, MESSAGE)

    assert busy.value.may_be_done is may_be_done


async def test_a_connection_that_was_never_made_asked_for_nothing():
    with pytest.raises(ChatBusyError) as busy:
        await SlackChat(web_client("xoxb-test", "http://127.0.0.1:1/api/")).post(CHANNEL, MESSAGE)

    assert busy.value.may_be_done is False
