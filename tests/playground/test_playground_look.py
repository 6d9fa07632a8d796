"""What the page draws: every kind of block, both themes, narrow screens, and the panel of the outside world."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from hands import Desk, at_desk
from playwright.async_api import Browser, expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.world import World
from bot.simulator import playground
from bot.simulator.meta import MetaSimulator
from bot.simulator.slack import Content, Message, SlackSimulator, running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NARROW = {"width": 390, "height": 844}
TABLE = {
    "type": "table",
    "rows": [
        [{"type": "raw_text", "text": "Country"}, {"type": "raw_text", "text": "Sent"}],
        [{"type": "raw_text", "text": "FR"}, {"type": "raw_number", "value": 12}],
    ],
}
POINTS = [{"label": "Mon", "value": 3}, {"label": "Tue", "value": 5}]
BARS = {
    "type": "data_visualization",
    "title": "Reads a day",
    "chart": {
        "type": "bar",
        "series": [{"name": "Read", "data": POINTS}],
        "axis_config": {"categories": ["Mon", "Tue"]},
    },
}
PIE = {
    "type": "data_visualization",
    "title": "Routes",
    "chart": {"type": "pie", "segments": [{"label": "MM", "value": 3}, {"label": "Cloud", "value": 1}]},
}


@dataclass
class Stage:
    """The two simulators without a bot; `speeds` is what the world was told about time."""

    slack: SlackSimulator
    meta: MetaSimulator
    url: str
    speeds: list[float] = field(default_factory=list)

    @property
    def client(self) -> AsyncWebClient:
        return AsyncWebClient(token="xoxb-simulated", base_url=f"{self.url}/api/")

    async def post(self, *blocks: dict) -> str:
        posted = await self.client.chat_postMessage(channel="C0MARKETING", text="blocks", blocks=list(blocks))
        return posted["ts"]

    def show(self, **block: object) -> None:
        """Put a block in front of the people that this Slack would not take from an app."""
        workspace = self.slack.workspace
        message = Message("C0MARKETING", workspace.new_ts(), "U0BOT", [Content("new", [dict(block)])])
        workspace.messages.append(message)
        workspace.feed.publish("message_posted", channel=message.channel, ts=message.ts)


@pytest_asyncio.fixture(loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    slack, meta = SlackSimulator(), MetaSimulator()
    opened = Stage(slack, meta, "")
    playground.plug_in(slack, meta, on_speed=opened.speeds.append)
    async with running(slack) as opened.url, meta:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def view(browser: Browser, stage: Stage) -> AsyncIterator[Desk]:
    async with at_desk(browser, stage.url) as opened:
        yield opened


async def test_a_block_nobody_knows_is_shown_as_such_and_not_dropped(view: Desk, stage: Stage):
    stage.show(type="hologram", depth=3)

    await expect(view.stream.locator(".unknown")).to_contain_text("cannot draw “hologram”")
    await view.stream.locator(".unknown summary").click()
    await expect(view.stream.locator(".unknown pre")).to_contain_text('"depth": 3')


async def test_tables_and_charts_are_drawn_with_their_figures(view: Desk, stage: Stage):
    await stage.post(TABLE, BARS, PIE)

    await expect(view.stream.locator("td")).to_have_text(["FR", "12"])
    await expect(view.stream.locator("rect")).to_have_count(2)
    await expect(view.stream.locator(".pie path")).to_have_count(2)
    await expect(view.stream.locator(".chart title").first).to_have_text("Read: Mon 3, Tue 5")


async def test_markup_is_drawn_and_what_looks_like_html_stays_text(view: Desk, stage: Stage):
    text = "*bold* _slanted_ `code` <https://shop.example|shop> <@U0BRUNO> &lt;img src=x onerror=alert(1)&gt;"
    await stage.post({"type": "section", "text": {"type": "mrkdwn", "text": text}})

    section = view.stream.locator(".section")
    await expect(section).to_have_text("bold slanted code shop @Bruno <img src=x onerror=alert(1)>")
    await expect(section.locator("b, i, code, a, .mention")).to_have_count(5)
    await expect(section.locator("img")).to_have_count(0)


async def test_a_question_of_the_button_is_asked_before_the_app_hears_of_the_click(view: Desk, stage: Stage):
    plain = {"type": "plain_text", "text": "Stop"}
    confirm = {
        "title": plain,
        "text": {"type": "plain_text", "text": "Really?"},
        "confirm": plain,
        "deny": {"type": "plain_text", "text": "No"},
    }
    await stage.post(
        {"type": "actions", "elements": [{"type": "button", "action_id": "stop", "text": plain, "confirm": confirm}]}
    )

    await view.stream.get_by_role("button", name="Stop").click()
    await expect(view.page.locator("dialog.confirm")).to_contain_text("Really?")
    await view.page.locator("dialog.confirm").get_by_role("button", name="No").click()

    await expect(view.page.locator("dialog.confirm")).to_have_count(0)
    assert stage.slack.outcomes == []


async def test_a_reply_is_written_in_the_thread_and_counted_under_the_message(view: Desk):
    await view.type("Who wants cake?")
    await view.stream.locator(".message").hover()
    await view.stream.get_by_role("button", name="Reply in thread").click()

    await view.page.get_by_label("Reply", exact=True).fill("Me")
    await view.page.keyboard.press("Enter")

    await expect(view.page.locator("#thread .message")).to_have_count(2)
    await expect(view.stream.locator(".replies")).to_have_text("1 reply")


async def test_the_panel_turns_the_knobs_of_the_world(view: Desk, stage: Stage):
    await view.page.get_by_role("tab", name="The outside world").click()

    await view.page.get_by_role("button", name="1000×").click()
    await view.page.get_by_label("Meta is down").check()
    await view.page.get_by_role("button", name="Reset after accept").click()
    await view.page.get_by_role("button", name="429 on chat.update").click()

    await expect(view.page.get_by_role("button", name="1000×")).to_have_attribute("aria-pressed", "true")
    await expect(view.page.locator(".books")).to_contain_text("Faults waiting1")
    assert (stage.speeds, stage.meta.speed, stage.meta.knobs.down) == ([1000.0], 1000.0, True)
    assert (stage.meta.faults.pending[0].kind, stage.meta.faults.pending[0].accepted) == ("reset", True)


async def test_a_slack_that_is_down_leaves_the_page_alive(view: Desk, stage: Stage):
    await stage.slack.outage("unavailable")

    await view.page.get_by_role("tab", name="The outside world").click()
    await view.page.get_by_role("button", name="Slack up").click()
    await view.type("Back again")

    await expect(view.stream).to_contain_text("Back again")


async def test_the_dark_theme_stays_after_a_reload(view: Desk):
    light = await background(view)
    await view.page.get_by_role("button", name="Switch between light and dark").click()

    await view.page.reload()
    await view.page.wait_for_selector("body[data-ready]")

    assert light == "rgb(255, 255, 255)"
    assert await background(view) == "rgb(26, 29, 33)"


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_everything_fits_a_narrow_screen_in_both_themes(
    browser: Browser, world: World, theme: str, tmp_path: Path
):
    async with at_desk(browser, world.slack_url, size=NARROW) as desk:
        await desk.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        await desk.type("/audience preview Everybody")
        await expect(desk.stream).to_contain_text("will be sent")

        for pane in ("Phone", "World", "Slack"):
            await desk.page.locator("#panes").get_by_role("button", name=pane).click()
            await desk.page.screenshot(path=tmp_path / f"{theme}-{pane}.png")
            assert await desk.page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
        await desk.type("/campaign new")
        await expect(desk.modal).to_be_visible()
        assert await desk.modal.evaluate("dialog => dialog.scrollWidth - dialog.clientWidth") == 0
        await desk.press("Cancel")
        await desk.page.get_by_role("button", name="Channels").click()
        await desk.go("approvals")

        await expect(desk.page.locator("#place")).to_contain_text("approvals")


async def test_the_focus_stays_on_a_button_of_a_card_that_is_drawn_again(view: Desk, stage: Stage):
    button = {"type": "button", "action_id": "more", "text": {"type": "plain_text", "text": "More"}}
    row = {"type": "actions", "block_id": "row", "elements": [button]}
    ts = await stage.post(row)
    await view.stream.locator("[data-action=more]").focus()

    await stage.client.chat_update(channel="C0MARKETING", ts=ts, text="new", blocks=[{"type": "divider"}, row])
    await expect(view.stream.locator("hr")).to_be_visible()

    await expect(view.stream.locator("[data-action=more]")).to_be_focused()


async def test_the_six_steps_follow_what_happens_and_can_be_hidden(desk: Desk):
    guide = desk.page.locator("#guide")
    await expect(guide).to_contain_text("Step 1 of 6")

    await guide.get_by_role("button", name="Type it for me").click()
    await desk.page.keyboard.press("Enter")
    await expect(guide).to_contain_text("Step 2 of 6")
    await desk.press("Cancel")
    await guide.get_by_role("button", name="Hide the guide").click()

    await expect(guide).to_have_text("Show the six steps")


async def background(desk: Desk) -> str:
    return await desk.page.evaluate("getComputedStyle(document.getElementById('slack')).backgroundColor")
