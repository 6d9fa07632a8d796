import aiohttp
import pytest
from slack_builders import TOKEN, HandClock
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator

MARKETING = "C0MARKETING"


async def test_the_fifty_first_update_of_a_minute_is_limited_over_all_channels(
    sim: SlackSimulator, client: AsyncWebClient, clock: HandClock
):
    one = await client.chat_postMessage(channel=MARKETING, text="one")
    two = await client.chat_postMessage(channel="C0SHARED", text="two")
    for number in range(50):
        card = (one, two)[number % 2]
        await client.chat_update(channel=card["channel"], ts=card["ts"], text=f"{number}")

    with pytest.raises(SlackApiError) as caught:
        await client.chat_update(channel=MARKETING, ts=one["ts"], text="too much")

    assert caught.value.response.status_code == 429
    assert caught.value.response["error"] == "ratelimited"
    assert 1 <= int(caught.value.response.headers["Retry-After"]) <= 61
    clock.advance(61)
    await client.chat_update(channel=MARKETING, ts=one["ts"], text="after the wait")


async def test_a_channel_takes_a_short_burst_and_then_a_message_a_second(
    sim: SlackSimulator, client: AsyncWebClient, clock: HandClock
):
    for number in range(5):
        await client.chat_postMessage(channel=MARKETING, text=f"{number}")

    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=MARKETING, text="sixth")
    other = await client.chat_postMessage(channel="C0SHARED", text="another channel")

    assert caught.value.response.status_code == 429
    assert other["ok"]
    clock.advance(6)
    await client.chat_postMessage(channel=MARKETING, text="later")


async def test_limits_can_be_scaled_and_switched_off(sim: SlackSimulator, client: AsyncWebClient):
    sim.limits.scale = 0.2
    await client.chat_postMessage(channel=MARKETING, text="the only one")
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel=MARKETING, text="one too many")

    sim.limits.scale = None
    for number in range(20):
        await client.chat_postMessage(channel=MARKETING, text=f"{number}")

    assert len(sim.messages(MARKETING)) == 21


async def test_a_planned_throttle_hits_the_next_calls_of_that_method_only(sim: SlackSimulator, client: AsyncWebClient):
    sim.faults.throttle("chat.postMessage", times=1, retry_after=7)

    await client.auth_test()
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=MARKETING, text="x")
    answer = await client.chat_postMessage(channel=MARKETING, text="x")

    assert caught.value.response.headers["Retry-After"] == "7"
    assert answer["ok"]


async def test_a_planned_refusal_answers_with_that_error(sim: SlackSimulator, client: AsyncWebClient):
    sim.faults.refuse("views.publish", "internal_error")

    with pytest.raises(SlackApiError) as caught:
        await client.views_publish(user_id="U0ANA", view={"type": "home", "blocks": []})

    assert caught.value.response["error"] == "internal_error"


async def test_an_outage_answers_503_until_it_ends(sim: SlackSimulator):
    url = f"{sim.url}/api/auth.test"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        await sim.outage("unavailable")
        async with http.post(url) as down:
            assert down.status == 503

        await sim.outage(None)
        async with http.post(url) as up:
            assert (await up.json())["ok"] is True


async def test_a_closed_outage_cuts_the_connection(sim: SlackSimulator):
    await sim.outage("closed")

    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.post(f"{sim.url}/api/auth.test")


async def test_an_outage_turns_websockets_away(sim: SlackSimulator):
    await sim.outage("unavailable")

    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(f"{sim.url}/link/?ticket=any")


async def test_every_call_is_on_record(sim: SlackSimulator, client: AsyncWebClient):
    await client.auth_test()
    sim.faults.throttle("auth.test")
    with pytest.raises(SlackApiError):
        await client.auth_test()

    assert [(call.method, call.status) for call in sim.calls] == [("auth.test", 200), ("auth.test", 429)]
