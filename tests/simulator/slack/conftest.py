import time

import pytest
from slack_builders import TOKEN, HandClock, bolt_app, bolt_asgi, listening
from slack_sdk.web.async_client import AsyncWebClient

from bot.simulator.slack import SlackSimulator, running


@pytest.fixture
def clock():
    return HandClock(time.time())


@pytest.fixture
async def sim(clock: HandClock):
    simulator = SlackSimulator(clock=clock, retry_delays=(0.0, 0.0, 0.0))
    async with running(simulator):
        yield simulator


@pytest.fixture
def client(sim: SlackSimulator):
    return AsyncWebClient(token=TOKEN, base_url=f"{sim.url}/api/", retry_handlers=[])


@pytest.fixture
async def app(sim: SlackSimulator):
    """A real Bolt app that the simulator reaches over signed HTTP."""
    bolt = bolt_app(sim.url)
    async with listening(bolt_asgi(bolt)) as url:
        sim.transport.request_url = f"{url}/slack/events"
        yield bolt
