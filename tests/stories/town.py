"""A town to play stories in: people in a simulated Slack, phones at a simulated Meta, and the real bot in between."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from bot.demo.world import ANA, APPROVALS, BRUNO, CARLA, EVE, MARKETING, TESTER, World, running
from bot.domain.audience import AudienceRule
from bot.simulator.slack import Message, Outcome
from storage import open_storage
from tests.builders import a_person, add_people, an_opt_in

T = TypeVar("T")

#: Real seconds anything may take on a busy machine.
PATIENCE = 30.0


class Town:
    """What people do, and what they come to see."""

    def __init__(self, world: World) -> None:
        self.slack, self.meta = world.slack, world.meta
        self.world = world

    async def settle_in(self, people: int) -> None:
        """Put so many opted-in people and an audience of all of them on record, as an import would have."""
        store = open_storage(self.world.settings.database_url, clock=self.world.clock)
        now = self.world.clock.now()

        def enrol(tx: Any) -> None:
            add_people(tx, people)
            [tester] = tx.people.save([a_person(phone=TESTER, tags=frozenset({"testers"}))], now)
            tx.consents.record([(tester.person_id, an_opt_in())], now)
            tx.audiences.add("Everybody", AudienceRule(tags_none=frozenset({"testers"})), ANA, now)

        try:
            await store.write(enrol)
        finally:
            await store.close()

    # What people do.

    async def type(self, line: str, user: str = ANA) -> Outcome:
        return succeeded(await self.slack.command(user, MARKETING, line))

    async def submit(self, user: str, values: dict[str, Any] | None = None) -> Outcome:
        return await self.slack.submit(user, values or {})

    async def open(self, line: str, user: str = ANA) -> None:
        """Type a command that opens a modal."""
        await self.type(line, user)
        await self.until(lambda: self.slack.view(user), f"{line} opens a modal")

    async def click(self, user: str, card: Message, action: str) -> Outcome:
        return succeeded(await self.slack.click(user, card, action))

    async def choose(self, field: str, query: str) -> str:
        """Search in a select of Ana's modal and take the first that is found."""
        view = self.slack.view(ANA)
        assert view is not None
        outcome = await self.slack.options(ANA, view, field, query)
        return str(outcome.options[0]["value"])

    async def describe(self, name: str, template: str = "plain_hello", **values: Any) -> Outcome:
        """Fill in the campaign modal and submit it."""
        await self.open(f"/campaign new {name}")
        await self.slack.fill(ANA, {"template": await self.choose("template", template)})
        audience = await self.choose("audience", "Everybody")
        return await self.submit(ANA, {"audience": audience, "channel": MARKETING, **values})

    async def propose(self, name: str, template: str = "plain_hello", **values: Any) -> Message:
        """Describe a campaign and give its approval card."""
        succeeded(await self.describe(name, template, **values))
        return await self.approval_card(name)

    async def approve(self, card: Message, user: str = BRUNO) -> None:
        await self.click(user, card, "campaign_approve")
        await self.until(lambda: self.slack.view(user), "the confirming modal opens")
        succeeded(await self.submit(user))

    async def started(self, name: str, **values: Any) -> Message:
        """Give the live card of a campaign that has begun to send."""
        await self.approve(await self.propose(name, **values))
        await self.shows(name, r"Sending")
        return await self.live_card(name)

    # What they see.

    async def until(self, look: Callable[[], T | None], what: str) -> T:
        try:
            return await self.slack.wait_for(look, PATIENCE)
        except TimeoutError as late:
            seen = "\n".join(self.slack.text(one)[:300] for one in self.slack.workspace.messages[-4:])
            raise AssertionError(f"It did not happen that {what}. Last seen:\n{seen}") from late

    async def approval_card(self, name: str) -> Message:
        return await self.until(lambda: self._card(APPROVALS, rf"{name}.*asks for approval"), f"{name} asks")

    async def live_card(self, name: str) -> Message:
        return await self.until(lambda: self._card(MARKETING, rf"{name}.*Sent"), f"{name} has its live card")

    async def shows(self, name: str, pattern: str) -> str:
        """Wait until the live card shows something, and read the whole of it."""

        def look() -> str | None:
            card = self._card(MARKETING, rf"{name}.*Sent")
            text = f"{card.text}\n{self.slack.text(card)}" if card else ""
            return text if re.search(pattern, text) else None

        return await self.until(look, f"the card of {name} shows {pattern}")

    async def refreshed(self, name: str, pattern: str) -> str:
        """Have the live card drawn at once, so that nobody waits for its turn."""
        await self.click(ANA, await self.live_card(name), "campaign_refresh")
        return await self.shows(name, pattern)

    async def told(self, user: str, pattern: str) -> str:
        """Wait until somebody alone is told something, in passing or in a direct message."""

        def look() -> str | None:
            rooms = self.slack.workspace.channels
            direct = [one for one in self.slack.workspace.messages if one.channel.startswith("D")]
            mine = [one for one in direct if user in rooms[one.channel].members]
            texts = [self.slack.text(one) for one in (*self.slack.ephemerals(user), *mine)]
            return next((text for text in reversed(texts) if re.search(pattern, text)), None)

        return await self.until(look, f"{user} is told {pattern}")

    async def in_channel(self, pattern: str) -> str:
        def look() -> str | None:
            texts = [self.slack.text(one) for one in self.slack.messages(MARKETING)]
            return next((text for text in texts if re.search(pattern, text)), None)

        return await self.until(look, f"the channel reads {pattern}")

    async def phones_reached(self, count: int) -> None:
        def look() -> bool:
            return sum(map(len, self.meta.received.values())) >= count

        await self.until(look, f"{count} messages reach Meta")

    def messages_per_phone(self) -> dict[str, int]:
        return {phone: len(messages) for phone, messages in self.meta.received.items()}

    def _card(self, channel: str, pattern: str) -> Message | None:
        found = [one for one in self.slack.messages(channel) if re.search(pattern, one.text)]
        return found[-1] if found else None


def succeeded(outcome: Outcome) -> Outcome:
    assert outcome.is_ok, (outcome.error, outcome.errors, outcome.detail)
    return outcome


@asynccontextmanager
async def a_town(people: int = 5, *, speed: float = 1.0, **settings: str) -> AsyncIterator[Town]:
    """Open a town; everybody in it reads what they get at once, so that a story ends soon."""
    async with running(port=0, seed=1, speed=speed, cap="", **settings) as world:
        town = Town(world)
        await town.settle_in(people)
        yield town


__all__ = ["ANA", "APPROVALS", "BRUNO", "CARLA", "EVE", "MARKETING", "TESTER", "Town", "a_town", "succeeded"]
