import asyncio
import base64
import json
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_builders import actions, button, home, input_block, modal, option, section, text_input
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator
from bot.simulator.slack.feed import ChangeFeed

MARKETING = "C0MARKETING"


@pytest.fixture
async def control(sim: SlackSimulator):
    """Return a function that calls `/_sim/` and gives status and JSON."""
    async with aiohttp.ClientSession() as http:

        async def call(path: Any, body: Any = None):
            method = "GET" if body is None else "POST"
            async with http.request(method, f"{sim.url}/_sim/{path}", json=body) as response:
                return response.status, await response.json()

        yield call


@pytest.fixture
def campaign(app: AsyncApp):
    """Let the Bolt app answer a command with a modal, its submission, and a button."""

    @app.command("/campaign")
    async def on_command(ack: Any, body: Any, client: AsyncWebClient):
        await ack()
        await client.views_open(
            trigger_id=body["trigger_id"], view=modal(input_block(text_input("name")), callback_id="form")
        )

    @app.view("form")
    async def on_submit(ack: Any, body: Any, client: AsyncWebClient):
        await ack()
        name = body["view"]["state"]["values"]["name"]["name"]["value"]
        await client.chat_postMessage(channel=MARKETING, text=name, blocks=[section(name), actions(button("go"))])

    @app.action("go")
    async def on_click(ack: Any, respond: Any):
        await ack()
        await respond("Went", replace_original=True)

    @app.event("app_home_opened")
    async def on_home(event: Any, client: AsyncWebClient):
        await client.views_publish(user_id=event["user"], view=home(section("Mine")))


async def test_a_whole_story_is_played_over_http(sim: SlackSimulator, control: Any, campaign: Any):
    await control("act/command", {"user": "U0ANA", "channel": MARKETING, "line": "/campaign new"})
    await sim.wait_for(lambda: sim.view("U0ANA"))
    status, submitted = await control("act/submit", {"user": "U0ANA", "values": {"name": "Spring"}})
    card = await sim.wait_for(lambda: (sim.messages(MARKETING) or [None])[-1])
    await control("act/click", {"user": "U0BRUNO", "channel": MARKETING, "ts": card.ts, "action_id": "go"})
    await sim.wait_for(lambda: card.text == "Went")
    stale = {"user": "U0BRUNO", "channel": MARKETING, "ts": card.ts, "action_id": "go", "stale_version": 0}
    replayed, _ = await control("act/click", stale)
    await control("act/open_home", {"user": "U0ANA"})
    await sim.wait_for(lambda: sim.home("U0ANA"))
    _, state = await control("state")

    assert (status, submitted["error"], replayed) == (200, None, 200)
    assert state["messages"][0]["plain"] == "Went"
    assert state["messages"][0]["version"] >= 2
    assert state["homes"]["U0ANA"]["type"] == "home"
    assert state["revision"] == sim.workspace.feed.revision
    assert [one["kind"] for one in state["outcomes"]][:2] == ["slash_command", "view_submission"]


async def test_options_shortcuts_and_fillings_are_played_over_http(sim: SlackSimulator, control: Any, app: AsyncApp):
    @app.shortcut("new")
    async def on_shortcut(ack: Any, body: Any, client: AsyncWebClient):
        await ack()
        who = {"type": "external_select", "action_id": "who", "min_query_length": 0}
        form = modal(input_block(who, dispatch_action=True), notify_on_close=True)
        await client.views_open(trigger_id=body["trigger_id"], view=form)

    @app.options("who")
    async def on_options(ack: Any):
        await ack(options=[option("vip")])

    @app.action("who")
    async def on_choice(ack: Any):
        await ack()

    _, said = await control("act/say", {"user": "U0ANA", "channel": MARKETING, "text": "hello"})
    place = {"channel": MARKETING, "ts": said["ts"]}
    await control("act/message_shortcut", {"user": "U0ANA", "callback_id": "new", **place})
    await sim.wait_for(lambda: sim.view("U0ANA"))
    _, offered = await control("act/options", {"user": "U0ANA", "view": "modal", "action_id": "who"})
    _, filled = await control("act/fill", {"user": "U0ANA", "values": {"who": "vip"}})
    clicked, _ = await control("act/click", {"user": "U0ANA", "view": "modal", "action_id": "who", "choice": "vip"})

    assert [found["value"] for found in offered["options"]] == ["vip"]
    assert [outcome["kind"] for outcome in filled] == ["block_actions"]
    assert clicked == 200


async def test_what_the_client_refuses_is_a_409_with_its_reason(control: Any):
    status, answer = await control("act/submit", {"user": "U0ANA"})

    assert status == 409
    assert "no modal open" in answer["error"]


async def test_unknown_verbs_and_wrong_bodies_are_told_apart(control: Any):
    unknown, listed = await control("act/dance", {})
    wrong, reason = await control("act/command", {"user": "U0ANA"})
    nowhere, _ = await control("act/click", {"user": "U0ANA", "view": "modal", "action_id": "x"})
    missing, _ = await control("act/click", {"user": "U0ANA", "channel": MARKETING, "ts": "1.0", "action_id": "x"})

    assert (unknown, wrong, nowhere, missing) == (404, 400, 409, 409)
    assert "command" in listed["error"]
    assert "channel" in reason["error"]


async def test_files_are_uploaded_and_listed(control: Any):
    content = base64.b64encode(b"phone\n").decode()
    _, file = await control("act/upload", {"user": "U0ANA", "name": "people.csv", "content": content})
    _, state = await control("state")

    assert [(one["id"], one["size"]) for one in state["files"]] == [(file["id"], 6)]


async def test_knobs_turn(sim: SlackSimulator, control: Any):
    await control("knob/throttle", {"method": "auth.test", "times": 2, "retry_after": 9})
    await control("knob/refuse", {"method": "views.open", "error": "internal_error"})
    await control("knob/rate_scale", {"scale": None})
    await control("knob/signature", {"forge": True, "offset": -400})
    await control("knob/invite", {"channel": "C0APPROVALS", "user": "U0EVE"})
    await control("knob/archive", {"channel": "C0GENERAL"})
    await control("knob/outage", {"kind": "unavailable"})
    status, state = await control("state")

    assert status == 200
    assert sim.faults.outage == "unavailable"
    assert (sim.limits.scale, sim.faults.forge_signature, sim.faults.timestamp_offset) == (None, True, -400)
    channels = {one["id"]: one for one in state["channels"]}
    assert channels["C0APPROVALS"]["is_ext_shared"] is True
    assert channels["C0GENERAL"]["is_archived"] is True


async def test_changes_are_streamed_live_from_a_revision_on(sim: SlackSimulator, client: AsyncWebClient):
    await client.chat_postMessage(channel=MARKETING, text="before")
    seen = sim.workspace.feed.revision

    async with aiohttp.ClientSession() as http, http.get(f"{sim.url}/_sim/events?after={seen}") as stream:
        await client.chat_postMessage(channel=MARKETING, text="after")
        lines = [(await stream.content.readline()).decode().strip() for _ in range(3)]

    assert lines[0] == f"id: {seen + 1}"
    assert json.loads(lines[2].removeprefix("data: "))["kind"] == "message_posted"


async def test_a_stream_from_no_number_is_refused(control: Any):
    status, _ = await control("events?after=yesterday")

    assert status == 400


async def test_waiting_is_woken_by_a_change_and_ends_in_time():
    feed = ChangeFeed()
    waiting = asyncio.create_task(feed.wait_for(lambda: feed.revision == 2, timeout=5))
    feed.publish("one")
    feed.publish("two")

    assert await waiting
    with pytest.raises(TimeoutError):
        await feed.wait_for(lambda: False, timeout=0.01)


async def test_a_simulator_can_be_used_without_a_port():
    sim = SlackSimulator()
    message = await sim.say("U0ANA", MARKETING, "hello <@U0BRUNO|Bruno>")

    assert sim.text(message) == "hello Bruno"
