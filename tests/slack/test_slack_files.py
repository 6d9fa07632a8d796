"""Files from a modal: fetched from Slack alone, whole or not at all."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.domain.errors import InvalidInputError
from bot.ports.chat import ChatBusyError
from bot.slack import ids
from bot.slack.chat import web_client
from bot.slack.files import MAX_BYTES, SlackFiles
from tests.slack.fake_slack import FakeSlack, fake_slack, ok

CSV = b"phone,name\n+447700900123,Ana\n"


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as fake:
        yield fake


def some_files(slack: FakeSlack) -> SlackFiles:
    return SlackFiles(web_client("xoxb-test", f"{slack.url}/api"))


def a_file(url: str, **parts: Any) -> dict[str, Any]:
    return {"id": "F0CSV", "name": "fair.csv", "size": len(CSV), "url_private_download": url, **parts}


def csv(body: bytes = CSV) -> Response:
    return Response(body, media_type="text/csv")


async def test_a_file_arrives_whole_and_is_asked_for_with_the_token(slack: FakeSlack):
    url = slack.serves("fair.csv", csv())

    body = await some_files(slack).download(a_file(url))

    assert body == CSV
    assert slack.calls[0].token == "Bearer xoxb-test"


async def test_a_redirect_within_slack_is_followed(slack: FakeSlack):
    slack.serves("there.csv", csv())
    url = slack.serves("here.csv", RedirectResponse("/files/there.csv", status_code=302))

    assert await some_files(slack).download(a_file(url)) == CSV


async def test_a_redirect_away_from_slack_is_not_followed(slack: FakeSlack):
    async with fake_slack() as elsewhere:
        url = slack.serves("here.csv", RedirectResponse(elsewhere.serves("there.csv", csv()), status_code=302))

        with pytest.raises(InvalidInputError, match="does not lie with Slack"):
            await some_files(slack).download(a_file(url))

        assert elsewhere.calls == []


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/f.csv",
        "http://files.slack.com/f.csv",
        "https://slack.com.evil.example/f.csv",
        "file:///etc/passwd",
        "",
    ],
)
async def test_an_address_outside_slack_never_sees_the_token(slack: FakeSlack, url: str):
    with pytest.raises(InvalidInputError) as raised:
        await some_files(slack).download(a_file(url))

    assert raised.value.field == ids.FILE


async def test_redirects_in_a_circle_end(slack: FakeSlack):
    url = slack.serves("round.csv", RedirectResponse("/files/round.csv", status_code=302))

    with pytest.raises(InvalidInputError, match="in circles"):
        await some_files(slack).download(a_file(url))


async def test_slacks_sign_in_page_is_not_taken_for_the_file(slack: FakeSlack):
    url = slack.serves("fair.csv", HTMLResponse("<html>Sign in</html>"))

    with pytest.raises(InvalidInputError, match="does not let Arauto read"):
        await some_files(slack).download(a_file(url))


@pytest.mark.parametrize(("size", "words"), [(0, "empty"), (MAX_BYTES + 1, "larger than 10 MB")])
async def test_a_file_of_a_wrong_size_is_not_even_asked_for(slack: FakeSlack, size: int, words: str):
    url = slack.serves("fair.csv", csv())

    with pytest.raises(InvalidInputError, match=words):
        await some_files(slack).download(a_file(url, size=size))

    assert slack.calls == []


@pytest.mark.parametrize(("body", "words"), [(b"", "empty"), (b"x" * (MAX_BYTES + 1), "larger than 10 MB")])
async def test_a_wrong_size_on_the_label_does_not_help(slack: FakeSlack, body: bytes, words: str):
    url = slack.serves("fair.csv", csv(body))

    with pytest.raises(InvalidInputError, match=words):
        await some_files(slack).download(a_file(url))


async def test_a_file_from_a_shared_channel_is_looked_up_first(slack: FakeSlack):
    url = slack.serves("fair.csv", csv())
    slack.says("files.info", ok(file=a_file(url)))

    body = await some_files(slack).download({"id": "F0CSV", "file_access": "check_file_info"})

    assert body == CSV


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_outage_means_later(slack: FakeSlack, status: int):
    url = slack.serves("fair.csv", Response("busy", status_code=status))

    with pytest.raises(ChatBusyError):
        await some_files(slack).download(a_file(url))


async def test_nobody_listening_means_later():
    files = SlackFiles(web_client("xoxb-test", "http://127.0.0.1:1/api/"))

    with pytest.raises(ChatBusyError):
        await files.download(a_file("http://127.0.0.1:1/files/fair.csv"))
