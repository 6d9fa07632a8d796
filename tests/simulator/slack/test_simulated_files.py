from typing import Any

import aiohttp
import pytest
from slack_builders import TOKEN
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator

MARKETING = "C0MARKETING"


async def fetch(url: str, token: str = TOKEN):
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as response:
        return response.status, response.content_type, await response.read()


async def refusal(call: Any):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_the_official_upload_posts_a_file_in_the_channel(sim: SlackSimulator, client: AsyncWebClient):
    await client.files_upload_v2(
        filename="report.csv", content="a,b\n1,2\n", channel=MARKETING, initial_comment="Report"
    )

    message = sim.messages(MARKETING)[-1]
    file = sim.workspace.files[message.versions[-1].file_ids[0]]
    assert (message.text, file.name, file.content) == ("Report", "report.csv", b"a,b\n1,2\n")
    assert file.channels == [MARKETING]


async def test_a_persons_file_is_described_and_downloaded_with_the_bots_token(
    sim: SlackSimulator, client: AsyncWebClient
):
    people = sim.upload("U0ANA", "people.csv", b"phone\n")

    described = (await client.files_info(file=people.id))["file"]
    status, kind, content = await fetch(described["url_private_download"])

    assert (described["filetype"], described["size"], described["user"]) == ("csv", 6, "U0ANA")
    assert (status, kind, content) == (200, "text/csv", b"phone\n")


async def test_a_wrong_token_downloads_a_sign_in_page_with_status_200(sim: SlackSimulator):
    people = sim.upload("U0ANA", "people.csv", b"phone\n")

    status, kind, content = await fetch(sim.files.as_json(people)["url_private_download"], "xoxb-wrong")

    assert (status, kind) == (200, "text/html")
    assert b"phone" not in content


async def test_a_file_that_is_not_there_is_not_found(sim: SlackSimulator, client: AsyncWebClient):
    status, _, _ = await fetch(f"{sim.url}/files-pri/T0ARAUTO-F0NONE/download/x.csv")

    assert status == 404
    assert await refusal(client.files_info(file="F0NONE")) == "file_not_found"


async def test_an_upload_needs_a_length_its_bytes_and_its_completion(sim: SlackSimulator, client: AsyncWebClient):
    assert await refusal(client.files_getUploadURLExternal(filename="a.csv", length=0)) == "missing_argument"
    ticket = await client.files_getUploadURLExternal(filename="a.csv", length=3)
    early = client.files_completeUploadExternal(files=[{"id": ticket["file_id"], "title": "A"}])
    assert await refusal(early) == "file_not_found"

    async with aiohttp.ClientSession() as http:
        async with http.post(ticket["upload_url"], data=b"too long") as wrong:
            assert wrong.status == 400
        async with http.post(ticket["upload_url"], data=b"abc") as right:
            assert right.status == 200
        await client.files_completeUploadExternal(files=[{"id": ticket["file_id"], "title": "A"}])
        async with http.post(ticket["upload_url"], data=b"abc") as late:
            assert late.status == 404

    assert (await client.files_info(file=ticket["file_id"]))["file"]["title"] == "A"


async def test_a_multipart_upload_is_understood(sim: SlackSimulator, client: AsyncWebClient):
    ticket = await client.files_getUploadURLExternal(filename="a.csv", length=3)
    form = aiohttp.FormData()
    form.add_field("file", b"abc", filename="a.csv")

    async with aiohttp.ClientSession() as http, http.post(ticket["upload_url"], data=form) as response:
        assert response.status == 200

    assert sim.workspace.files[ticket["file_id"]].content == b"abc"


async def test_an_image_block_takes_a_completed_file_only(sim: SlackSimulator, client: AsyncWebClient):
    done = await client.files_upload_v2(filename="chart.png", content=b"\x89PNG")
    ticket = await client.files_getUploadURLExternal(filename="later.png", length=3)

    def image(file_id: str):
        return [{"type": "image", "slack_file": {"id": file_id}, "alt_text": "chart"}]

    await client.chat_postMessage(channel=MARKETING, text="x", blocks=image(done["file"]["id"]))
    unready = client.chat_postMessage(channel=MARKETING, text="x", blocks=image(ticket["file_id"]))
    assert await refusal(unready) == "invalid_blocks"
