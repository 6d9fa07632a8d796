"""Takes the README's pictures from the demo as it is now: `python -m scripts.screenshots`.

Ana asks for approval, Bruno approves, a few hours pass; the two cards are then cut out of the playground's page.
"""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Page, async_playwright

from bot.demo import samples
from bot.demo.world import ANA, APPROVALS, BRUNO, MARKETING, World, running
from bot.simulator import playground
from bot.simulator.slack import Outcome, View
from scripts import chromium

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PEOPLE, SEED = 400, 3
HOURS = 3_600.0
PATIENCE_SECONDS = 60.0
TALL = {"width": 1280, "height": 2400}


async def main() -> None:
    """Write both pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with running(port=0, seed=SEED, speed=1.0, cap="1/7d") as world:
        await samples.load(world, contacts=PEOPLE, seed=SEED)
        playground.plug_in(world.slack, world.meta, on_speed=world.set_speed)
        async with async_playwright() as playwright:
            browser = await chromium.launch(playwright)
            await _shoot(world, await browser.new_page(viewport=TALL, device_scale_factor=1.5, color_scheme="light"))
            await browser.close()


async def _shoot(world: World, page: Page) -> None:
    slack = world.slack
    await _propose(world)
    await slack.wait_for(lambda: slack.messages(APPROVALS), PATIENCE_SECONDS)
    await _cut(page, world, BRUNO, APPROVALS, "campaign_approve", "approval-card.png")
    await _approve(world)
    await slack.wait_for(lambda: slack.messages(MARKETING) and "100.0%" in _live_card(world), PATIENCE_SECONDS)
    world.advance(3 * HOURS)
    await world.meta.settle(PATIENCE_SECONDS)
    await _until_counted(world)
    await _cut(page, world, ANA, MARKETING, "campaign_refresh", "campaign-card.png")


async def _propose(world: World) -> None:
    slack = world.slack
    _check(await slack.command(ANA, MARKETING, "/campaign new Spring drop"))
    form = await slack.wait_for(lambda: slack.view(ANA), PATIENCE_SECONDS)
    template = await _option(world, form, "template", "spring_drop", "en_US")
    before = form.hash
    await slack.fill(ANA, {"template": template})
    await slack.wait_for(lambda: form.hash != before, PATIENCE_SECONDS)
    values = {
        "audience": await _option(world, form, "audience", "Everybody", "Everybody"),
        "channel": MARKETING,
        "var:body:first_name": "{{first_name|friend}}",
        "var:body:discount": "20%",
        "var:button:0": "https://shop.example/spring",
    }
    _check(await slack.submit(ANA, values))


async def _option(world: World, form: View, field: str, query: str, wanted: str) -> str:
    outcome = await world.slack.options(ANA, form, field, query)
    return next(str(one["value"]) for one in outcome.options if wanted in one["text"]["text"])


async def _approve(world: World) -> None:
    slack = world.slack
    _check(await slack.click(BRUNO, slack.messages(APPROVALS)[-1], "campaign_approve"))
    await slack.wait_for(lambda: slack.view(BRUNO), PATIENCE_SECONDS)
    _check(await slack.submit(BRUNO))


async def _until_counted(world: World) -> None:
    """Wait until the card says what Meta's own books say about the readers."""
    read = world.meta.ledger.totals()["fates"]["read"]
    await world.slack.wait_for(lambda: f"*Read*\n{read:,} (" in _live_card(world), PATIENCE_SECONDS)


def _live_card(world: World) -> str:
    return world.slack.text(world.slack.messages(MARKETING)[0])


async def _cut(page: Page, world: World, user: str, channel: str, action: str, name: str) -> None:
    """Open the page as somebody and cut out the card that has this button."""
    await page.goto(f"{world.slack_url}{playground.PATH}?as={user}")
    await page.locator(f"[data-channel={channel}]").click()
    card = page.locator("#stream .message").filter(has=page.locator(f"[data-action={action}]"))
    await page.mouse.move(0, 0)
    await card.screenshot(path=IMAGES / name)
    sys.stdout.write(f"{IMAGES / name}\n")


def _check(outcome: Outcome) -> None:
    if not outcome.is_ok:
        raise RuntimeError(f"the demo refused: {outcome.error} {outcome.detail} {outcome.errors}")


if __name__ == "__main__":
    asyncio.run(main())
