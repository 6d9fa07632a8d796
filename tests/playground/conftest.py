"""The demo's world with the page on top, and a real browser in front of it."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hands import Desk, at_desk
from playwright.async_api import Browser, async_playwright

from bot.demo import samples
from bot.demo.world import World, running
from bot.simulator import playground
from scripts import chromium

IS_REQUIRED = bool(os.environ.get("ARAUTO_REQUIRE_BROWSER"))


# One browser for all tests, so they share one event loop too: a browser takes seconds to start, the world a fraction.
@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    if chromium.find() is None:
        complaint = f"NO BROWSER: the playground is not tested; install {' or '.join(chromium.NAMES)}"
        if IS_REQUIRED:
            pytest.fail(complaint)
        pytest.skip(complaint)
    async with async_playwright() as playwright:
        started = await chromium.launch(playwright)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="session")
async def world() -> AsyncIterator[World]:
    """The whole demo, forty sample people, time at its real speed until a test turns it up."""
    async with running(port=0, seed=1, speed=1.0, cap="1/7d") as opened:
        phones = await samples.load(opened, contacts=40, seed=1)
        playground.plug_in(opened.slack, opened.meta, on_speed=opened.set_speed, phones=phones)
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser, world: World) -> AsyncIterator[Desk]:
    async with at_desk(browser, world.slack_url) as opened:
        yield opened
