"""Slack does not take what is meant for it: whoever can mend it is told, nothing is lost, and it follows by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.stories.town import ANA, APPROVALS, PATIENCE, Town, a_town, succeeded

BOT = "U0BOT"


@asynccontextmanager
async def closed_approvals() -> AsyncIterator[Town]:
    """Open a town where nobody has invited the bot to the channel of approvals yet."""
    async with a_town() as town:
        town.slack.scopes.discard("chat:write.public")
        town.slack.workspace.channels[APPROVALS].members.discard(BOT)
        yield town


async def readiness(town: Town) -> tuple[int, dict[str, Any]]:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{town.world.bot_url}/readyz")
    return answer.status_code, answer.json()


async def all_is_well(town: Town) -> None:
    """Wait until nothing is said to be wrong."""
    async with asyncio.timeout(PATIENCE):
        while await readiness(town) != (200, {"ready": True, "reasons": {}}):  # noqa: ASYNC110 - it is asked over HTTP
            await asyncio.sleep(0.1)


async def test_an_approval_card_waits_for_the_bot_to_be_invited_and_its_author_is_told():
    async with closed_approvals() as town:
        succeeded(await town.describe("Spring sale"))
        told = await town.told(ANA, r"approval card of \*?Spring sale.*cannot be shown")
        status, said = await readiness(town)

        town.slack.invite(APPROVALS, BOT)

        await town.approval_card("Spring sale")
        assert "/invite @Arauto" in told
        assert (status, said["ready"]) == (200, True)
        assert "/invite @Arauto" in said["troubles"][f"slack channel {APPROVALS}"]
        await all_is_well(town)


async def test_one_refusal_of_the_token_leaves_no_card_behind():
    async with a_town(people=8) as town:
        await town.started("Spring sale")
        town.slack.faults.refuse("chat.update", "invalid_auth")

        await town.phones_reached(8)

        await town.shows("Spring sale", r"Finished[\s\S]*Delivered\W+8")
        await all_is_well(town)
