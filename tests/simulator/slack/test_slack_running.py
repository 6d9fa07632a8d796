import asyncio
import signal
import sys

import aiohttp
import pytest
from slack_builders import TOKEN
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator, running


async def auth_test(url: str):
    return await AsyncWebClient(token=TOKEN, base_url=f"{url}/api/", retry_handlers=[]).auth_test()


async def test_two_simulators_share_one_event_loop():
    async with running(SlackSimulator()) as one, running(SlackSimulator()) as two:
        answers = await asyncio.gather(auth_test(one), auth_test(two))

    assert one != two
    assert all(answer["ok"] for answer in answers)


async def test_a_stopped_simulator_is_gone_and_comes_back_on_its_port_with_its_state():
    sim = SlackSimulator()
    url = await sim.start()
    await sim.say("U0ANA", "C0MARKETING", "before")
    await sim.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await auth_test(url)

    await sim.start(int(url.rpartition(":")[2]))
    answer = await auth_test(url)
    await sim.stop()

    assert answer["ok"]
    assert [message.text for message in sim.messages("C0MARKETING")] == ["before"]


async def test_a_taken_port_is_an_error():
    async with running(SlackSimulator()) as url:
        with pytest.raises(OSError, match="in use"):
            await SlackSimulator().start(int(url.rpartition(":")[2]))


async def test_as_a_process_it_serves_until_it_is_told_to_go():
    code = "import asyncio; from bot.simulator.slack import serve; asyncio.run(serve(0))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    greeting = (await process.stdout.readline()).decode()

    answer = await auth_test(greeting.split()[3].rstrip(","))
    process.send_signal(signal.SIGTERM)

    assert answer["ok"]
    assert await process.wait() == 0
