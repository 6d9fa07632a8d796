"""The simulator as one object: its parts, what a test does with it, and its background work."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, Any, Self

import msgspec
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.simulator.meta import seed as seeded
from bot.simulator.meta.account import Account, SenderNumber
from bot.simulator.meta.behaviour import Fault, Knobs, Persona
from bot.simulator.meta.clock import Agenda, Clock
from bot.simulator.meta.control import Control
from bot.simulator.meta.courier import Courier, verify
from bot.simulator.meta.delivery import Delivery
from bot.simulator.meta.events import Events
from bot.simulator.meta.faults import Faults
from bot.simulator.meta.front import Front
from bot.simulator.meta.graph import Graph
from bot.simulator.meta.ledger import Ledger
from bot.simulator.meta.people import Phonebook
from bot.simulator.meta.profile import Profile, Settings, convert, set_knobs
from bot.simulator.meta.reactions import Reactions
from bot.simulator.meta.sending import Sending
from bot.simulator.meta.templates import Catalogue
from bot.simulator.meta.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.simulator.meta.ledger import Message

_FIRST_NUMBER = 12_025_550_100  # a range reserved for fiction
_NO_PUBLIC_URL = "https://shop.example"


class MetaSimulator:
    """A strict Meta: its Graph API, its webhooks, the people behind the phones, and its own true books.

    Use it as an async context manager (or `start` and `stop`), and serve `app`. `callback_url` is where webhooks go
    (subscribed from the start if given), `public_url` the address the seeded link buttons point at, `speed` simulated
    seconds per real second. A wrong profile raises ValueError.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        mps: int = 80,
        waba_id: str = "102290129340398",
        phone_number_ids: Sequence[str] = ("106540352242922",),
        access_token: str = "EAAsimulated",  # noqa: S107  opens nothing but this simulator
        app_secret: str = "meta-app-secret",  # noqa: S107
        verify_token: str = "meta-verify-token",  # noqa: S107
        callback_url: str | None = None,
        public_url: str | None = None,
        speed: float = 1.0,
        profile: Mapping[str, Any] | None = None,
    ) -> None:
        wanted = convert(dict(profile or {}), Profile)
        clock = Clock(wanted.speed or speed)
        knobs = set_knobs(Knobs(mps=mps), wanted.knobs)
        numbers = {i: SenderNumber(i, str(_FIRST_NUMBER + n)) for n, i in enumerate(phone_number_ids)}
        account = Account(waba_id, numbers, access_token, app_secret, verify_token, callback_url)
        account.subscribed = callback_url is not None
        world = World(
            account=account,
            knobs=knobs,
            clock=clock,
            agenda=Agenda(clock),
            catalogue=Catalogue(seeded.templates(clock.now(), public_url or _NO_PUBLIC_URL), knobs),
            ledger=Ledger(),
            phonebook=Phonebook(seed, knobs, wanted.phones),
            rng=Random(seed),  # noqa: S311  chance for a simulation, not for secrets
        )
        self._connect(world)
        self.faults.pending.extend(wanted.faults)
        self._tasks: list[asyncio.Task[None]] = []
        control = Starlette(routes=[Mount("/_sim", routes=Control(self).routes())])
        self.app = Front(Graph(self), control)

    @classmethod
    def from_profile(cls, profile: Mapping[str, Any], **settings: Any) -> Self:
        """Make a simulator whose profile may also hold `settings`; they win. Raises ValueError for a wrong profile."""
        habits = {key: value for key, value in profile.items() if key != "settings"}
        given = msgspec.to_builtins(convert(profile.get("settings", {}), Settings))
        return cls(**{**settings, **given}, profile=habits)

    def _connect(self, world: World) -> None:
        self.account, self.knobs, self.rng = world.account, world.knobs, world.rng
        self.clock, self.agenda = world.clock, world.agenda
        self.catalogue, self.ledger, self.phonebook = world.catalogue, world.ledger, world.phonebook
        self.faults = Faults(world.rng)
        self.courier = Courier(world)
        self.reactions = Reactions(world, self.courier)
        self.delivery = Delivery(world, self.courier, self.reactions)
        self.sending = Sending(world, self.reactions)
        self.events = Events(world, self.courier)

    # Life

    async def start(self) -> None:
        """Start deliveries, webhooks and visits in the running loop."""
        self._tasks = [asyncio.create_task(part.run()) for part in (self.agenda, self.courier, self.reactions)]

    async def stop(self) -> None:
        """Stop them; a part that broke on its way raises its error here."""
        for task in self._tasks:
            task.cancel()
        outcomes = await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for outcome in outcomes:
            if isinstance(outcome, Exception):  # a cancellation is none
                raise outcome

    async def watch(self) -> None:
        """Wait for ever; raises what broke the background work, if something does."""
        await asyncio.gather(*self._tasks)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # Behaviour

    def tune(self, **changes: Any) -> None:
        """Set knobs by name. Raises ValueError for an unknown name or a wrong value."""
        set_knobs(self.knobs, changes)

    def person(self, phone: str, **habits: Any) -> None:
        """Lay down what a phone (E.164, or a business-scoped user id) does; what is away and comes back is delivered.

        Raises ValueError for an unknown habit.
        """
        self.phonebook.overrides[phone] = convert(habits, Persona)
        if habits.get("reachable"):
            self.delivery.come_online(phone, self.clock.now())

    def inject(self, kind: str, **details: Any) -> None:
        """Let the next sends meet a fault: error, reset, hang or gateway. Raises ValueError if it is not one."""
        self.faults.pending.append(convert({"kind": kind, **details}, Fault))

    # Time

    @property
    def speed(self) -> float:
        """Simulated seconds per real second."""
        return self.clock.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self.clock.set_speed(speed)
        self.agenda.wake()

    def advance(self, seconds: float) -> None:
        """Let simulated time jump; everything that falls due happens now, in order."""
        self.clock.jump(seconds)
        self.agenda.run_due()
        self.agenda.wake()

    async def settle(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109  a bound for tests
        """Wait until everything due has happened and its webhooks are answered. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while not (self.agenda.idle and self.courier.idle and self.reactions.idle):  # noqa: ASYNC110
                await asyncio.sleep(0.002)

    # People

    def last_message(self, phone: str) -> Message:
        """Return what a phone received last. Raises KeyError if nothing."""
        if phone not in self.ledger.received:
            raise KeyError(f"{phone} has received nothing")
        return self.ledger.received[phone][-1]

    def tap(self, phone: str, text: str = "") -> None:
        """Tap a quick reply of the last message; the first one if no text is given."""
        message = self.last_message(phone)
        if not message.seen.all_replies():
            raise KeyError(f"The last message to {phone} has no quick reply")
        self.reactions.tap(message, text, self.clock.now())

    def click(self, phone: str) -> None:
        """Press the first link of the last message."""
        self.reactions.click(self.last_message(phone), self.clock.now())

    def say(self, phone: str, text: str, number_id: str | None = None) -> None:
        """Type a text to the business."""
        self.reactions.say(phone, text, self.clock.now(), number_id)

    def prefer(self, phone: str, value: str) -> None:
        """Stop or resume marketing in WhatsApp itself."""
        if value not in {"stop", "resume"}:
            raise ValueError(f"A preference is stop or resume, not {value}")
        self.reactions.prefer(phone, value, self.clock.now())

    def release_held(self, *, drop: bool = False) -> int:
        """End every hold now: sent, or dropped with 132015. Returns how many were held."""
        return self.delivery.release(self.clock.now(), drop=drop)

    def call_back(self, url: str) -> None:
        """Send webhooks to this address from now on, as the app's own callback."""
        self.account.callback_url, self.account.subscribed = url, True

    async def handshake(self, url: str | None = None, token: str | None = None) -> None:
        """Verify a callback as Meta does before it subscribes it. Raises GraphError 2200."""
        await verify(url or self.account.callback_url or "", token or self.account.verify_token)

    # Books

    @property
    def received(self) -> dict[str, list[Message]]:
        """Every accepted message by phone, oldest first."""
        return self.ledger.received

    def rate(self) -> dict[str, dict[str, int]]:
        """Count requests per number: admitted, refused with 130429, and those of the busiest sliding second."""
        return {
            number.id: {
                "admitted": len(number.pace.admitted),
                "refused": number.pace.refused,
                "busiest_second": number.pace.busiest(),
            }
            for number in self.account.numbers.values()
        }

    def state(self) -> dict[str, Any]:
        """Summarise everything a test may want to wait for."""
        return {
            "now": self.clock.now(),
            "speed": self.clock.speed,
            "totals": self.ledger.totals(),
            "people_24h": self.ledger.people_since(self.clock.now() - 86_400),
            "webhooks": {**self.courier.counts, "scheduled": self.courier.scheduled, "idle": self.courier.idle},
            "rate": self.rate(),
            "stopped": sorted(self.reactions.stopped),
            "faults": msgspec.to_builtins(self.faults.pending),
            "templates": {f"{t.name}/{t.language}": t.status for t in self.catalogue.by_id.values()},
            "subscribed": self.account.subscribed,
            "restriction": self.account.restriction,
        }
