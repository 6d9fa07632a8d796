"""The demo's world with the page on top, and a real browser in front of it."""

import os
from collections.abc import AsyncIterator

import pytest
from hands import Desk, at_desk
from playwright.async_api import Browser, async_playwright

from bot.demo import samples
from bot.demo.world import World, running
from bot.simulator import playground
from scripts import chromium

REQUIRED = "ARAUTO_REQUIRE_BROWSER"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if chromium.find() is None:
        complaint = f"NO BROWSER: the playground is not tested; install {' or '.join(chromium.NAMES)}"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(complaint)
        pytest.skip(complaint)
    async with async_playwright() as playwright:
        started = await chromium.launch(playwright)
        yield started
        await started.close()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """The whole demo, forty sample people, time at its real speed until a test turns it up."""
    async with running(port=0, seed=1, speed=1.0, cap="1/7d") as opened:
        await samples.load(opened, contacts=40, seed=1)
        playground.plug_in(opened.slack, opened.meta, on_speed=opened.set_speed)
        yield opened


@pytest.fixture
async def desk(browser: Browser, world: World) -> AsyncIterator[Desk]:
    async with at_desk(browser, world.slack_url) as opened:
        yield opened
