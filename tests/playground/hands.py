"""What a person does on the page, in the words of the person; nothing here reaches past the browser."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, Locator, Page, expect

WIDE = {"width": 1280, "height": 800}
PATIENCE_MS = 15_000
FILLED = {
    "var:body:first_name": "{{first_name|friend}}",
    "var:body:discount": "20%",
    "var:button:0": "https://shop.example/spring",
}

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Desk:
    """One browser page. `strangers` are requests to other hosts, `errors` what the page's scripts complained about."""

    page: Page
    strangers: list[str]
    errors: list[str]

    async def be(self, person: str) -> None:
        await self.page.locator("#people").get_by_role("button", name=re.compile(f"^{person}")).click()

    async def go(self, channel: str) -> None:
        await self.page.locator("#sidebar").get_by_role("button", name=channel).click()

    async def type(self, line: str) -> None:
        await self.page.get_by_label("Message", exact=True).fill(line)
        await self.page.keyboard.press("Enter")

    @property
    def modal(self) -> Locator:
        return self.page.locator("dialog.modal[open]")

    @property
    def stream(self) -> Locator:
        return self.page.locator("#stream")

    def field(self, name: str) -> Locator:
        """Find the control of an input by its id in Slack."""
        return self.modal.locator(f"[data-action='{name}']")

    def complaint(self, name: str) -> Locator:
        return self.page.locator(f"[id='error:{name}']")

    async def choose(self, name: str, query: str, option: str) -> None:
        """Search in a select and take an option."""
        await self.field(name).click()
        await self.field(name).fill(query)
        await self.modal.get_by_role("option", name=option).click()

    async def press(self, label: str) -> None:
        """Press a button in the modal if one is open, else the last of that label in the stream."""
        place = self.modal if await self.modal.count() else self.stream
        await place.get_by_role("button", name=label, exact=True).last.click()

    async def describe(self, name: str, *, template: str = "spring_drop", **values: str) -> None:
        """Open the campaign modal and fill it in; nothing is submitted yet. Only spring_drop has values to fill in."""
        await self.type(f"/campaign new {name}")
        await self.choose("audience", "Every", "Everybody")
        await self.choose("template", template, f"{template} (en_US)")
        await expect(self.modal).to_contain_text("The message")
        filled = FILLED if template == "spring_drop" else {}
        for field, value in {**filled, **values}.items():
            await self.field(field).fill(value)

    async def propose(self, name: str, **values: str) -> None:
        """Ask for approval as Ana, and find the card as Bruno."""
        await self.describe(name, **values)
        await self.press("Ask for approval")
        await expect(self.modal).to_have_count(0)
        await self.be("Bruno")
        await self.go("approvals")
        await expect(self.stream.get_by_role("button", name="Approve")).to_be_visible()

    async def approve(self) -> None:
        """Approve the newest card as Bruno, confirm, and see the live card as Ana."""
        await self.press("Approve")
        await expect(self.modal).to_contain_text("You are about to approve")
        await self.press("Approve")
        await expect(self.modal).to_have_count(0)
        await self.be("Ana")
        await self.go("marketing")
        await expect(self.stream.get_by_role("button", name="Refresh")).to_be_visible()

    async def hold(self, phone: str) -> None:
        """Take a recipient's phone into the hand."""
        await self.page.get_by_label("Phone number").fill(phone)
        await self.page.get_by_label("Phone number").press("Enter")


@asynccontextmanager
async def at_desk(browser: Browser, url: str, *, size: dict[str, int] | None = None) -> AsyncIterator[Desk]:
    """Open the page and wait until it is alive."""
    page = await browser.new_page(viewport=size or WIDE, timezone_id="UTC")
    desk = Desk(page, [], [])
    page.on(
        "request",
        lambda request: None if request.url.startswith((url, "data:")) else desk.strangers.append(request.url),
    )
    page.on("pageerror", lambda error: desk.errors.append(str(error)))
    await page.goto(f"{url}/")
    await expect(page.locator("body"), f"the page starts; it complains of {desk.errors}").to_have_attribute(
        "data-ready", ""
    )
    yield desk
    await page.close()
