import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_builders import bolt_app, input_block, modal, option, text_input
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator

APP_TOKEN = "xapp-simulated"
MARKETING = "C0MARKETING"


@pytest.fixture
async def app(sim: SlackSimulator):
    """A real Bolt app connected to the simulator by Socket Mode."""
    bolt = bolt_app(sim.url)
    handler = AsyncSocketModeHandler(bolt, APP_TOKEN, ping_interval=0.2)
    await handler.connect_async()
    await sim.wait_for(lambda: sim.sockets.connections)
    yield bolt
    await handler.close_async()


async def open_socket(sim: SlackSimulator, http: Any):
    client = AsyncWebClient(token=APP_TOKEN, base_url=f"{sim.url}/api/")
    answer = await client.apps_connections_open(app_token=APP_TOKEN)
    return answer["url"], await http.ws_connect(answer["url"])


async def test_a_command_is_acknowledged_with_text_over_the_socket(sim: SlackSimulator, app: AsyncApp):
    seen = {}

    @app.command("/campaign")
    async def on_command(ack: Any, body: Any):
        seen.update(body)
        await ack("Hello")

    outcome = await sim.command("U0ANA", MARKETING, "/campaign list")

    assert outcome.is_ok
    assert (seen["command"], seen["text"]) == ("/campaign", "list")
    assert [message.text for message in sim.ephemerals("U0ANA")] == ["Hello"]


async def test_a_whole_modal_works_over_the_socket(sim: SlackSimulator, app: AsyncApp):
    @app.shortcut("new")
    async def on_shortcut(ack: Any, body: Any, client: AsyncWebClient):
        await ack()
        select = {"type": "external_select", "action_id": "who", "min_query_length": 0}
        form = modal(input_block(text_input()), input_block(select), callback_id="form")
        await client.views_open(trigger_id=body["trigger_id"], view=form)

    @app.options("who")
    async def on_options(ack: Any):
        await ack(options=[option("vip")])

    @app.view("form")
    async def on_submit(ack: Any):
        await ack(response_action="errors", errors={"name": "Taken"})

    await sim.shortcut("U0ANA", "new")
    await sim.wait_for(lambda: sim.view("U0ANA"))
    outcome = await sim.submit("U0ANA", {"name": "Spring", "who": "vip"})

    assert outcome.errors == {"name": "Taken"}


async def test_events_arrive_over_the_socket(sim: SlackSimulator, app: AsyncApp):
    seen: asyncio.Queue[str] = asyncio.Queue()

    @app.event("app_home_opened")
    async def on_home(event: Any):
        await seen.put(event["user"])

    outcome = await sim.open_home("U0ANA")

    assert outcome.is_ok
    assert await seen.get() == "U0ANA"


async def test_the_app_comes_back_after_a_refresh(sim: SlackSimulator, app: AsyncApp):
    @app.command("/campaign")
    async def on_command(ack: Any):
        await ack("still here")

    await sim.disconnect("refresh_requested")
    await sim.wait_for(lambda: sim.sockets.connections)
    outcome = await sim.command("U0ANA", MARKETING, "/campaign")

    assert outcome.body == {"text": "still here"}


async def test_an_envelope_nobody_acknowledges_times_out(sim: SlackSimulator):
    sim.transport.ack_seconds = 0.05
    async with aiohttp.ClientSession() as http:
        _, socket = await open_socket(sim, http)
        hello = await socket.receive_json()
        outcome = await sim.command("U0ANA", MARKETING, "/campaign")
        envelope = await socket.receive_json()
        await socket.close()

    assert hello["type"] == "hello"
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    assert outcome.error == "operation_timeout"


async def test_a_ticket_is_good_for_one_connection(sim: SlackSimulator):
    async with aiohttp.ClientSession() as http:
        url, socket = await open_socket(sim, http)

        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url)
        await socket.close()


async def test_the_eleventh_connection_is_dismissed(sim: SlackSimulator):
    async with aiohttp.ClientSession() as http:
        sockets = [(await open_socket(sim, http))[1] for _ in range(11)]
        last = await sockets[-1].receive_json()
        for socket in sockets:
            await socket.close()

    assert (last["type"], last["reason"]) == ("disconnect", "too_many_websockets")


async def test_envelopes_take_turns_over_the_connections_and_survive_a_dead_one(sim: SlackSimulator):
    sim.transport.ack_seconds = 0.05
    async with aiohttp.ClientSession() as http:
        first, second = (await open_socket(sim, http))[1], (await open_socket(sim, http))[1]
        for socket in (first, second):
            await socket.receive_json()
        await sim.command("U0ANA", MARKETING, "/campaign one")
        await sim.command("U0ANA", MARKETING, "/campaign two")
        texts = [(await socket.receive_json())["payload"]["text"] for socket in (first, second)]
        await first.close()
        await sim.wait_for(lambda: len(sim.sockets.connections) == 1)
        await sim.command("U0ANA", MARKETING, "/campaign three")
        third = (await second.receive_json())["payload"]["text"]
        await second.close()

    assert texts == ["one", "two"]
    assert third == "three"


async def test_an_unacknowledged_event_is_sent_again_with_its_attempt(sim: SlackSimulator):
    sim.transport.ack_seconds = 0.05
    async with aiohttp.ClientSession() as http:
        _, socket = await open_socket(sim, http)
        await socket.receive_json()
        await sim.open_home("U0ANA")
        first, second = await socket.receive_json(), await socket.receive_json()
        await socket.send_json({"envelope_id": second["envelope_id"]})
        await sim.wait_for(lambda: sim.outcomes[-1].is_ok)
        await socket.close()

    assert (first["retry_attempt"], second["retry_attempt"]) == (0, 1)
    assert second["retry_reason"] == "http_timeout"
    assert first["payload"]["event_id"] == second["payload"]["event_id"]


async def test_what_is_no_acknowledgement_does_no_harm(sim: SlackSimulator, caplog: pytest.LogCaptureFixture):
    async with aiohttp.ClientSession() as http:
        _, socket = await open_socket(sim, http)
        await socket.receive_json()
        await socket.send_str("nonsense")
        await socket.send_json({"envelope_id": "unknown"})
        sim.transport.ack_seconds = 0.05
        await sim.command("U0ANA", MARKETING, "/campaign")
        await socket.close()

    assert "no acknowledgement" in caplog.text


async def test_an_outage_sends_the_sockets_away(sim: SlackSimulator, app: AsyncApp):
    await sim.outage("unavailable")

    assert sim.sockets.connections == []
    await sim.outage(None)
    await sim.wait_for(lambda: sim.sockets.connections)
