"""Slack does not take what is meant for it: whoever can mend it is told, nothing is lost, and it follows by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.stories.town import ANA, APPROVALS, MARKETING, PATIENCE, Town, a_town, succeeded

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
    async with a_town(people=8, ARAUTO_MAX_MPS="2") as town:
        await town.started("Spring sale")
        town.slack.faults.refuse("chat.update", "invalid_auth")

        await town.phones_reached(8)

        await town.shows("Spring sale", r"Finished[\s\S]*Delivered\W+8")
        await all_is_well(town)


async def test_cards_and_digests_whose_answers_get_lost_are_there_once():
    async with a_town() as town:
        town.slack.faults.lose("chat.postMessage", times=3)
        await town.approve(await town.propose("Spring sale"))
        await town.shows("Spring sale", r"Finished")
        await town.in_channel("All sent")
        looks = looked(town)

        town.slack.faults.lose("chat.postMessage")
        await town.type("/digest now")
        async with asyncio.timeout(PATIENCE):
            while looked(town) == looks:  # noqa: ASYNC110 - looking changes nothing that could be waited for
                await asyncio.sleep(0.1)
        await town.type("/digest now")
        await town.until(lambda: len(shown(town, MARKETING, "digest")) > 1, "the next digest is there")

        assert len(shown(town, MARKETING, "digest")) == 2
        assert len(shown(town, MARKETING, "Spring sale: ")) == 1
        assert len(shown(town, APPROVALS, "Spring sale")) == 1


def looked(town: Town) -> int:
    """Count how often the bot has read the channel back."""
    calls = [call for call in town.slack.calls if call.method == "conversations.history"]
    return len([call for call in calls if call.args["channel"] == MARKETING])


def shown(town: Town, channel: str, words: str) -> list[str]:
    messages = [one for one in town.slack.messages(channel) if not one.thread_ts]
    return [one.text for one in messages if words in one.text]
