"""Roles: one process plays each at a time, and whoever lost one can neither write nor speak for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.campaign import ProductPolicy
from bot.domain.errors import FencedError
from bot.ports.chat import ChatMessage
from bot.ports.meta import Accepted, NotSent, OutgoingMessage
from bot.ports.storage import Storage
from bot.runtime.leased import FencedStorage, LeasedChat, LeasedRounds
from bot.runtime.roles import CARDS, ROLES, SCHEDULER, SYNC, WEB, RoleLeases
from bot.runtime.sharing import Whole
from bot.runtime.tenure import LEASE_MS, LeasedMeta, Tenure
from storage import open_storage
from tests.builders import NOW, NUMBER, TestClock


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def store(tmp_path: Path, clock: TestClock) -> AsyncIterator[Storage]:
    opened = open_storage(f"sqlite:///{tmp_path / 'arauto.db'}", clock=clock)
    yield opened
    await opened.close()


def _leases(store: Storage, clock: TestClock, holder: str, *roles: str) -> RoleLeases:
    return RoleLeases(roles or ROLES, store=store, clock=clock, holder=holder)


class _Diary:
    """Rounds, a chat and Meta in one, that note what they were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def round(self) -> bool:
        self.asked.append("round")
        return True

    async def post(self, channel: str, message: ChatMessage, **_: object) -> tuple[str, str]:
        self.asked.append("post")
        return channel, "1.0"

    async def edit(self, channel: str, ts: str, message: ChatMessage) -> None:
        self.asked.append("edit")

    async def whisper(self, channel: str, user: str, message: ChatMessage) -> None:
        self.asked.append("whisper")

    async def send(self, message: OutgoingMessage) -> Accepted:
        self.asked.append("send")
        return Accepted("wamid.1")


async def test_a_role_is_played_by_whoever_came_first(store: Storage, clock: TestClock):
    first, second = _leases(store, clock, "a"), _leases(store, clock, "b")

    await first.renew()
    await second.renew()

    assert [first.holds(role) for role in (SCHEDULER, CARDS, SYNC)] == [True] * 3
    assert [second.holds(role) for role in (SCHEDULER, CARDS, SYNC)] == [False] * 3


async def test_roles_that_were_not_asked_for_are_left_to_others(store: Storage, clock: TestClock):
    web, rest = _leases(store, clock, "a", WEB, CARDS), _leases(store, clock, "b", SCHEDULER, CARDS)

    await web.renew()
    await rest.renew()

    assert [web.holds(role) for role in (SCHEDULER, CARDS)] == [False, True]
    assert [rest.holds(role) for role in (SCHEDULER, CARDS)] == [True, False]


async def test_a_dead_player_is_replaced_within_a_minute(store: Storage, clock: TestClock):
    dead, living = _leases(store, clock, "a"), _leases(store, clock, "b")
    await dead.renew()

    clock.instant += LEASE_MS
    await living.renew()

    assert LEASE_MS < 60_000
    assert living.holds(CARDS)


async def test_a_player_who_slept_too_long_knows_it_before_asking_anybody(store: Storage, clock: TestClock):
    leases = _leases(store, clock, "a")
    await leases.renew()
    diary = _Diary()
    rounds, chat = LeasedRounds(diary, leases, CARDS), LeasedChat(diary, leases, CARDS)

    clock.instant += LEASE_MS

    assert not leases.holds(CARDS)
    assert await rounds.round() is False
    with pytest.raises(FencedError, match="cards"):
        await chat.post("C0", ChatMessage(text="late"))
    with pytest.raises(FencedError):
        await chat.edit("C0", "1.0", ChatMessage(text="late"))
    with pytest.raises(FencedError):
        await FencedStorage(store, leases, CARDS).write(lambda tx: tx.switches.set("late", "on", NOW))
    assert diary.asked == []


async def test_a_write_of_a_player_whose_clock_stood_still_is_fenced(store: Storage, clock: TestClock):
    stopped_clock = TestClock()
    sleeper, living = _leases(store, stopped_clock, "a"), _leases(store, clock, "b")
    await sleeper.renew()
    clock.instant += LEASE_MS
    await living.renew()

    assert sleeper.holds(CARDS)  # as far as it knows
    with pytest.raises(FencedError):
        await FencedStorage(store, sleeper, CARDS).write(lambda tx: tx.switches.set("late", "on", NOW))
    await FencedStorage(store, living, CARDS).write(lambda tx: tx.switches.set("timely", "on", NOW))

    assert await store.read(lambda tx: [tx.switches.get(name) for name in ("late", "timely")]) == [None, "on"]


async def test_rounds_end_quietly_when_their_role_is_lost_in_the_middle(store: Storage, clock: TestClock):
    leases = _leases(store, clock, "a")
    await leases.renew()

    class Losing:
        async def round(self) -> bool:
            clock.instant += LEASE_MS
            leases.fence(CARDS)
            raise AssertionError("it went on without its role")

    assert await LeasedRounds(Losing(), leases, CARDS).round() is False


async def test_who_stops_gives_every_role_back(store: Storage, clock: TestClock):
    leaving, staying = _leases(store, clock, "a"), _leases(store, clock, "b")
    await leaving.renew()
    leaving.stop()
    await leaving.run()

    await staying.renew()

    assert staying.holds(SCHEDULER)
    assert not leaving.holds(SCHEDULER)


async def test_what_is_held_may_be_written_and_said(store: Storage, clock: TestClock):
    leases, diary = _leases(store, clock, "a"), _Diary()
    await leases.renew()
    chat = LeasedChat(diary, leases, CARDS)

    assert await LeasedRounds(diary, leases, CARDS).round() is True
    assert await chat.post("C0", ChatMessage(text="x")) == ("C0", "1.0")
    await chat.edit("C0", "1.0", ChatMessage(text="y"))
    await chat.whisper("C0", "U0", ChatMessage(text="z"))
    assert await FencedStorage(store, leases, CARDS).read(lambda tx: tx.switches.get("x")) is None

    assert diary.asked == ["round", "post", "edit", "whisper"]


async def test_no_request_leaves_once_the_lease_of_its_number_is_over(store: Storage, clock: TestClock):
    tenure = Tenure(
        NUMBER, store=store, clock=clock, holder="a", share=Whole(), recall=lambda _: None, lost=lambda: None
    )
    diary = _Diary()
    meta = LeasedMeta(diary, lambda: tenure.stands)
    message = OutgoingMessage(
        phone_number_id=NUMBER,
        address="+447700900001",
        template_name="t",
        language="en",
        components=b"[]",
        policy=ProductPolicy.STRICT,
    )

    before = await meta.send(message)
    assert await tenure.hold()
    during = await meta.send(message)
    clock.instant += LEASE_MS
    after = await meta.send(message)

    assert [type(outcome) for outcome in (before, during, after)] == [NotSent, Accepted, NotSent]
    assert diary.asked == ["send"]
