"""The story the demo tells: from a file of opt-ins to a campaign whose books balance, over the real protocols."""

import json
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from bot.demo.contacts import csv_of, sound_phones
from bot.demo.world import ANA, APPROVALS, BRUNO, EVE, MARKETING, World
from bot.simulator.slack import Message, Outcome

Tell = Callable[[str], None]
T = TypeVar("T")

#: Seconds of real time anything may take before the story is called stuck.
PATIENCE: Final = 60.0
#: The lifetime Ana chooses; the template has another, so the launch sets it.
TTL_SECONDS: Final = 43_200
HOURS: Final = 3_600.0


class StoryError(Exception):
    """The world did not do what the story says; the message names the step."""


class Story:
    """Ana the marketer, Bruno the manager, Eve from elsewhere, and many phones."""

    def __init__(self, world: World, tell: Tell, *, contacts: int, seed: int) -> None:
        self._world = world
        self._slack, self._meta = world.slack, world.meta
        self._tell = tell
        self._contacts = contacts
        self._seed = seed
        self._stopped: set[str] = set()

    async def play(self) -> str:
        """Play it all; returns the ID of the main campaign once it is sent and everything has aged."""
        await self._import()
        await self._stop_some(3, "before anything is planned")
        await self._new_audience("Insiders", tags_any="vip")
        await self._new_audience("Everybody", tags_any="customers")
        first = await self._campaign("First to know", "Insiders")
        await self._approve(first)
        await self._until_sent("First to know")
        main = await self._campaign("Spring drop", "Everybody", ttl=str(TTL_SECONDS))
        await self._refusals(main)
        await self._stop_some(2, "between planning and approval")
        await self._approve(main)
        await self._until_sent("Spring drop")
        await self._let_a_day_pass()
        return _token(self._slack.text(await self._live_card("Spring drop")))

    async def _import(self) -> None:
        """Ana uploads her file."""
        content = csv_of(self._contacts, self._seed)
        upload = self._slack.upload(ANA, "optins.csv", content)
        await self._type(ANA, "/optins import")
        values = {"file": [upload.id], "source": "Shop checkout", "wording": "Yes, send me offers on WhatsApp"}
        await self._submit(ANA, values)
        report = await self._seen(ANA, r"(?i)imported|refused")
        await self._slack.close(ANA)  # the modal that says that the import is under way
        self._tell(f"Ana imports {self._contacts:,} opt-ins. {_first_lines(report)}")

    async def _stop_some(self, count: int, when: str) -> None:
        """Let some people write STOP: their phones do, and Meta tells the bot."""
        sound = sound_phones(csv_of(self._contacts, self._seed))
        # Whoever got a campaign is over the cap and out of the next one anyway.
        untouched = [phone for phone in sound if phone not in self._stopped and phone not in self._meta.received]
        phones = untouched[:: max(1, self._contacts // 7)]
        for phone in phones[:count]:
            self._stopped.add(phone)
            self._meta.say(phone, "STOP")
        await self._meta.settle(PATIENCE)
        self._tell(f"{count} people write STOP {when}.")

    async def _new_audience(self, name: str, **rule: str) -> None:
        await self._type(ANA, "/audience new")
        await self._submit(ANA, {"name": name, **rule})
        await self._type(ANA, f"/audience preview {name}")
        preview = await self._seen(ANA, rf"(?s){name}.*will be sent")
        self._tell(f"Audience “{name}”:\n{_indented(preview)}")

    async def _campaign(self, name: str, audience: str, **choices: Any) -> Message:
        """Ana fills in the modal; the approval card follows when the plan is frozen."""
        await self._type(ANA, f"/campaign new {name}")
        template = await self._option(ANA, "template", "spring_drop", "spring_drop.*en_US")
        await self._slack.fill(ANA, {"template": template})
        values = {
            "audience": await self._option(ANA, "audience", audience, audience),
            "channel": MARKETING,
            "var:body:first_name": "{{first_name|friend}}",
            "var:body:discount": "20%",
            "var:button:0": "https://shop.example/spring?city={{city|none}}",
            **choices,
        }
        await self._submit(ANA, values)
        card = await self._card(APPROVALS, rf"{re.escape(name)}.*asks for approval")
        self._tell(f"Ana submits “{name}”. The approval card:\n{_indented(self._slack.text(card))}")
        return card

    async def _refusals(self, card: Message) -> None:
        """Neither the author nor somebody from elsewhere gets it approved."""
        await self._refused(ANA, card, "Ana tries to approve her own campaign")
        self._slack.invite(APPROVALS, EVE)
        await self._refused(EVE, card, "Eve, of another company, tries to approve it")

    async def _refused(self, user: str, card: Message, what: str) -> None:
        seen = len(self._slack.ephemerals(user))
        await self._slack.click(user, card, "campaign_approve")
        answer = await self._wait(lambda: self._slack.ephemerals(user)[seen:], what)
        self._tell(f"{what}: “{_first_lines(self._slack.text(answer[0]))}”")

    async def _approve(self, card: Message) -> None:
        outcome = await self._slack.click(BRUNO, card, "campaign_approve")
        _check(outcome, "Bruno presses Approve")
        await self._wait(lambda: self._slack.view(BRUNO), "the confirming modal opens")
        await self._submit(BRUNO, {})
        self._tell("Bruno approves and confirms.")

    async def _until_sent(self, name: str) -> None:
        """Everything leaves; then the phones do what phones do."""
        await self._said(name, "All sent")
        await self._wait(lambda: self._is_final(name), f"the card of “{name}” shows that it is sent")
        await self._meta.settle(PATIENCE)
        self._tell(f"“{name}” is sent. Its card:\n{_indented(self._slack.text(await self._live_card(name)))}")

    async def _let_a_day_pass(self) -> None:
        """Let reads and clicks come in over the hours; what found no phone expires with its lifetime."""
        for _ in range(14):
            self._world.advance(1 * HOURS)
            await self._meta.settle(PATIENCE)
        self._tell("Fourteen hours pass.")

    async def _live_card(self, name: str) -> Message:
        return await self._wait(lambda: self._find_card(name), f"“{name}” gets its live card")

    def _find_card(self, name: str) -> Message | None:
        cards = (one for one in self._slack.messages(MARKETING) if not one.thread_ts or one.thread_ts == one.ts)
        return next((one for one in cards if name in one.text and "Sent" in one.text), None)

    def _is_final(self, name: str) -> bool:
        card = self._find_card(name)
        return card is not None and f"{name}: Finished sending" in card.text

    async def _said(self, name: str, pattern: str) -> None:
        """Wait until the campaign's thread says something."""
        card = await self._live_card(name)

        def look() -> list[Message]:
            thread = self._slack.thread(card.channel, card.ts)
            return [one for one in thread if re.search(pattern, self._slack.text(one))]

        await self._wait(look, f"the thread of “{name}” says {pattern}")

    async def _type(self, user: str, line: str) -> None:
        _check(await self._slack.command(user, MARKETING, line), line)

    async def _submit(self, user: str, values: dict[str, Any]) -> None:
        await self._wait(lambda: self._slack.view(user), "a modal opens")
        _check(await self._slack.submit(user, values), "submitting the modal")

    async def _option(self, user: str, field: str, query: str, wanted: str) -> str:
        """Search in a select and take the option that reads as wanted."""
        view = await self._wait(lambda: self._slack.view(user), "a modal opens")
        outcome = await self._slack.options(user, view, field, query)
        for option in outcome.options:
            if re.search(wanted, json.dumps(option)):
                return str(option["value"])
        raise StoryError(f"“{query}” finds nothing like {wanted} at {field}.")

    async def _card(self, channel: str, pattern: str) -> Message:
        def look() -> Message | None:
            found = [one for one in self._slack.messages(channel) if re.search(pattern, one.text)]
            return found[-1] if found else None

        return await self._wait(look, f"a card like {pattern} in {channel}")

    async def _seen(self, user: str, pattern: str) -> str:
        """Wait until somebody sees a text, as an ephemeral or a direct message."""

        def look() -> str | None:
            direct = [one for one in self._slack.workspace.messages if user in self._members(one.channel)]
            texts = [self._slack.text(one) for one in (*self._slack.ephemerals(user), *direct)]
            return next((text for text in reversed(texts) if re.search(pattern, text)), None)

        return await self._wait(look, f"{user} sees {pattern}")

    def _members(self, channel: str) -> set[str]:
        place = self._slack.workspace.channels[channel]
        return place.members if channel.startswith("D") else set()

    async def _wait(self, look: Callable[[], T | None], what: str) -> T:
        try:
            return await self._slack.wait_for(look, PATIENCE)
        except TimeoutError as late:
            raise StoryError(f"It did not happen within {PATIENCE:.0f} s that {what}.") from late


def _check(outcome: Outcome, what: str) -> None:
    if not outcome.is_ok:
        raise StoryError(f"{what} failed: {outcome.error or ''} {outcome.detail} {outcome.errors or ''}".strip())


def _token(card: str) -> str:
    found = re.search(r"ID `?([A-Za-z0-9_-]+)`?", card)
    if found is None:
        raise StoryError("The live card shows no campaign ID.")
    return found.group(1)


def _first_lines(text: str, count: int = 3) -> str:
    return " ".join(line for line in text.splitlines()[:count] if line.strip())


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines() if line.strip())
