"""The README's flow, as a person does it: from a file of opt-ins to a report, with everything in between."""

import asyncio
import json
import re
import subprocess
import sys
from typing import Any

from bot.ports.storage import Transaction
from storage import open_storage
from tests.stories.town import ANA, APPROVALS, MARKETING, Town, a_town, succeeded

FILE = """phone,name,tags,city
+441134960101,Ada Byron,customers;vip,Leeds
+441134960102,Bea,customers,York
+441134960103,,customers,York
+12025550123,Cal,customers,Boston
12,Nobody,customers,Nowhere
"""


async def import_file(town: Town) -> str:
    upload = town.slack.upload(ANA, "optins.csv", FILE.encode())
    await town.open("/optins import")
    values = {"file": [upload.id], "source": "Shop checkout", "wording": "Yes, write to me"}
    succeeded(await town.submit(ANA, values))
    report = await town.told(ANA, "Rows")
    await town.slack.close(ANA)
    return report


async def report_of(town: Town, campaign: str) -> dict[str, Any]:
    """Ask for the report on the command line, beside the running bot."""
    command = ("report", campaign, "--database", town.world.settings.database_url)
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", *command, stdout=subprocess.PIPE)
    written, _ = await process.communicate()
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(written)
    return found


async def test_from_a_file_of_opt_ins_to_a_true_card():
    async with a_town(people=0, speed=60.0) as town:
        report = await import_file(town)
        await town.open("/audience new")
        succeeded(await town.submit(ANA, {"name": "Customers", "tags_any": "customers"}))
        await town.type("/audience preview Customers")
        preview = await town.told(ANA, r"(?s)Customers.*will be sent")

        await town.open("/campaign new Spring drop")
        await town.slack.fill(ANA, {"template": await town.choose("template", "spring_drop")})
        values = {
            "audience": await town.choose("audience", "Customers"),
            "channel": MARKETING,
            "var:body:first_name": "{{first_name|friend}}",
            "var:body:discount": "20%",
            "var:button:0": "https://shop.example/spring?city={{city|none}}",
        }
        succeeded(await town.submit(ANA, values))
        card = await town.approval_card("Spring drop")
        asked = town.slack.text(card)
        await town.approve(card)
        await town.shows("Spring drop", "Finished sending")
        await town.meta.settle(30)
        town.meta.click("+441134960101")
        await town.meta.settle(30)
        await town.click(ANA, await town.live_card("Spring drop"), "campaign_refresh")
        final = await town.shows("Spring drop", r"Clicked\D*1\b")
        token = re.search(r"ID `?(\w+)", final)
        assert token is not None
        reported = await report_of(town, token.group(1))

    assert "5" in report
    assert "3" in preview
    assert re.search(r"3 people", asked)
    assert (reported["state"], reported["funnel"]["sent"], reported["funnel"]["clicked"]) == ("sent", 3, 1)
    assert town.messages_per_phone() == {"+441134960101": 1, "+441134960102": 1, "+441134960103": 1}
    texts = [str(town.meta.last_message(f"+44113496010{n}").seen) for n in (1, 3)]
    assert "Ada" in texts[0]
    assert "friend" in texts[1]


async def test_nobody_but_an_approver_who_is_not_its_author_can_approve():
    async with a_town() as town:
        card = await town.propose("Spring sale")
        await town.click(ANA, card, "campaign_approve")
        await town.told(ANA, "Only approvers may decide|your own campaign")
        await town.approve(card)
        live = await town.shows("Spring sale", r"Finished sending")

    assert re.search(r"Sent\D*5\b", live)
    assert len(town.slack.messages(APPROVALS)) == 1


def counted(tx: Transaction) -> tuple[dict[str, int], dict[str, int]]:
    """Read counters and recount as of one instant: statuses go on arriving."""
    [campaign] = tx.campaigns.list()
    return dict(tx.campaigns.tallies(campaign.id)), dict(tx.campaigns.recount(campaign.id))


async def test_the_books_of_a_story_are_exact():
    async with a_town(people=30) as town:
        await town.approve(await town.propose("Spring sale"))
        await town.shows("Spring sale", "Finished sending")
        store = open_storage(town.world.settings.database_url, clock=town.world.clock)
        try:
            tallies, recount = await store.read(counted)
        finally:
            await store.close()

    assert tallies == recount
    assert (tallies["planned"], tallies["sent"]) == (30, 30)
    assert set(town.messages_per_phone().values()) == {1}
