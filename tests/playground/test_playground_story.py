"""The whole bot used by hand: Ana and Bruno click and type, a recipient answers on the phone."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hands import Desk, at_desk
from playwright.async_api import Browser, expect

from bot.demo.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


def figure(desk: Desk, label: str, value: str):
    """Find a figure of the live card, such as Sent 34."""
    return desk.stream.locator(".fields > div").filter(has_text=re.compile(rf"^{label}{value}"))


async def test_ana_and_bruno_send_a_campaign_by_clicking_and_typing(desk: Desk, world: World):
    await desk.propose("Spring drop")
    await desk.approve()
    await expect(desk.stream).to_contain_text("All sent")

    await desk.press("Refresh")

    await expect(figure(desk, "Sent", str(len(world.meta.received)))).to_be_visible()
    assert world.meta.received
    assert all(len(messages) == 1 for messages in world.meta.received.values())
    assert (desk.errors, desk.strangers) == ([], [])


async def test_a_link_opened_on_the_phone_counts_as_a_click_on_the_card(desk: Desk, world: World):
    world.meta.tune(reachable_rate=1.0, read_rate=0.0, click_rate=0.0, delivered_after=(0.1, 0.2))
    await desk.propose("Spring drop")
    await desk.approve()
    await expect(desk.stream).to_contain_text("All sent")

    await desk.page.locator("#phone .bubble").get_by_role("button", name="Shop now").click()

    await expect(figure(desk, "Clicked", "1")).to_be_visible()
    await expect(desk.page.locator("#phone")).to_contain_text("You opened the link")


async def test_a_stop_between_approval_and_dispatch_keeps_that_person_out(desk: Desk, world: World):
    phones = await offered_phones(desk)
    await desk.propose("Spring drop", schedule=in_minutes(world, 5))
    await desk.approve()

    await desk.hold(phones[0])
    await desk.page.get_by_role("button", name="STOP", exact=True).click()
    await expect(desk.page.locator("#phone .bubble.mine")).to_have_text("STOP")
    await desk.page.get_by_role("tab", name="The outside world").click()
    await desk.page.get_by_role("button", name="300×").click()

    await expect(desk.stream).to_contain_text("All sent")
    await expect(figure(desk, "Skipped", "1")).to_be_visible()
    assert phones[0] not in world.meta.received
    assert phones[1] in world.meta.received


async def test_an_approval_of_what_was_edited_meanwhile_is_refused(desk: Desk, world: World, browser: Browser):
    await desk.propose("Spring drop")
    token = re.search(r"ID (\w+)", await desk.stream.inner_text())
    assert token is not None
    await desk.press("Approve")
    await expect(desk.modal).to_contain_text("You are about to approve")

    async with at_desk(browser, world.slack_url) as other:
        await other.type(f"/campaign edit {token[1]}")
        await other.field("var:body:discount").fill("90%")
        await other.press("Ask for approval")
        await expect(other.modal).to_have_count(0)
    await desk.press("Approve")

    await expect(desk.page.get_by_text(re.compile("changed|version", re.IGNORECASE)).last).to_be_visible()
    await expect(desk.stream).to_contain_text("90%")
    assert world.meta.received == {}


async def test_a_stop_button_tapped_on_the_phone_is_on_record_in_slack(desk: Desk, world: World):
    world.meta.tune(reachable_rate=1.0, tap_rate=0.0, delivered_after=(0.1, 0.2))
    phone = (await offered_phones(desk))[0]
    await desk.propose("Evening", template="vip_evening")
    await desk.approve()
    await desk.hold(phone)

    await desk.page.locator("#phone .bubble").get_by_role("button", name="Stop", exact=True).click()
    await expect(desk.page.locator("#phone .bubble.mine")).to_have_text("Stop")
    await world.meta.settle()
    await desk.type(f"/optins find {phone}")

    await expect(desk.stream.locator(".ephemeral").last).to_contain_text(re.compile("stop", re.IGNORECASE))


async def test_the_author_of_a_campaign_is_refused_as_its_approver(desk: Desk, world: World):
    await desk.propose("Spring drop")

    await desk.be("Ana")
    await desk.go("approvals")
    await desk.press("Approve")

    await expect(desk.stream.locator(".ephemeral")).to_contain_text("Only visible to you")
    await expect(desk.modal).to_have_count(0)
    assert world.meta.received == {}


async def offered_phones(desk: Desk) -> list[str]:
    """Read the list of phones the phone pane offers."""
    await expect(desk.page.locator("#phones option")).not_to_have_count(0)
    return await desk.page.eval_on_selector_all("#phones option", "options => options.map((one) => one.value)")


def in_minutes(world: World, minutes: int) -> str:
    """Write an instant as Ana's picker shows it, in her zone (three hours behind UTC)."""
    instant = datetime.fromtimestamp(world.clock.now() / 1000, UTC) + timedelta(minutes=minutes, hours=-3)
    return instant.strftime("%Y-%m-%dT%H:%M")
