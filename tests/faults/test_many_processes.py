"""Three processes share four numbers over one PostgreSQL; one dies and one freezes, and nobody gets two or none."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.demo.world import free_port
from bot.domain.campaign import Campaign, CampaignState
from bot.domain.message import Dispatch
from tests.faults.books import Books, assert_balanced, most_per_person
from tests.faults.bot_process import BotProcess
from tests.faults.rig import MOST_UNDER_WAY, NUMBER, Rig, rigged_with_process
from tests.postgres_server import a_database, execute

NUMBERS = (NUMBER, "106540352242923", "106540352242924", "106540352242925")
#: The contract: whoever is gone is replaced within this.
REPLACED_SECONDS = 60.0
#: Where somebody may be of whom Meta has a message.
_WITH_META = (Dispatch.ACCEPTED, Dispatch.IN_DOUBT)
_PLAYERS = "SELECT name, holder FROM leases WHERE holder IS NOT NULL AND name LIKE 'number %'"


@dataclass(slots=True)
class _Fleet:
    """The processes, and the database that they share. `rig.bot` alone is known to Meta and Slack."""

    rig: Rig[BotProcess]
    others: Sequence[BotProcess]
    database: str

    def senders(self) -> dict[str, str]:
        """Say which process sends for which number: number to holder."""
        return {name.removeprefix("number "): holder for name, holder in execute(_PLAYERS, self.database)}

    def numbers_of(self, process: BotProcess) -> set[str]:
        """Give the numbers that a process sends for; holders are named after host and process id."""
        return {number for number, holder in self.senders().items() if holder.split()[1] == str(process.pid)}

    def accepted(self) -> Counter[str]:
        """Count what Meta accepted from each number."""
        return Counter(message.number_id for message in self.rig.meta.ledger.messages.values())


@asynccontextmanager
async def _fleet(folder: Path, *, mps: int) -> AsyncIterator[_Fleet]:
    """Start three processes of all roles and wait until each of them sends for some number."""
    async with AsyncExitStack() as stack:
        database = stack.enter_context(a_database())
        rigging = rigged_with_process(folder, numbers=NUMBERS, DATABASE_URL=database, ARAUTO_MAX_MPS=str(mps))
        rig = await stack.enter_async_context(rigging)
        rig.meta.tune(latency_real=0.02, latency_jitter_real=0.06)
        others = [_another(rig, folder / name) for name in ("second", "third")]
        fleet = _Fleet(rig, others, database)
        for process in (rig.bot, *others):
            stack.push_async_callback(_end, process)
            await process.start()
        await rig.ready()
        await rig.until(lambda: _is_shared(fleet), "the three share the numbers")
        yield fleet


def _another(rig: Rig[BotProcess], folder: Path) -> BotProcess:
    folder.mkdir()
    return BotProcess(folder, rig.bot.environment | {"PORT": str(free_port())})


async def _end(process: BotProcess) -> None:
    if process.is_alive:
        process.signal(signal.SIGCONT)
        await process.kill()


def _is_shared(fleet: _Fleet) -> bool:
    holders = Counter(fleet.senders().values())
    return sorted(holders.values()) == [1, 1, 2]


async def _send_through_death_and_sleep(fleet: _Fleet, people: int) -> list[Books]:
    """Send a campaign from each number; in the middle of it one process dies and another sleeps past its leases."""
    rig, (dying, sleeping) = fleet.rig, fleet.others
    campaigns = [await rig.author.approved(people, phone_number_id=number) for number in NUMBERS]
    await rig.until(lambda: _all_above(fleet, dict.fromkeys(NUMBERS, people // 4)), "every number is well under way")
    lost = fleet.numbers_of(dying) | fleet.numbers_of(sleeping)
    await dying.kill()
    sleeping.signal(signal.SIGSTOP)
    await asyncio.sleep(0.5)  # what was on its way to Meta has arrived
    accepted = fleet.accepted()
    before = {number: accepted[number] for number in lost}
    await rig.until(lambda: _all_above(fleet, before), "the numbers of both go on", patience=REPLACED_SECONDS)
    sleeping.signal(signal.SIGCONT)
    return [await _finished(rig, campaign) for campaign in campaigns]


def _all_above(fleet: _Fleet, bounds: Mapping[str, int]) -> bool:
    accepted = fleet.accepted()
    return all(accepted[number] > bound for number, bound in bounds.items())


async def _finished(rig: Rig[BotProcess], campaign: Campaign) -> Books:
    books = await rig.until_state(campaign, CampaignState.SENT)
    reached = books.dispatches()[Dispatch.ACCEPTED]
    return await rig.until_books(campaign, lambda books: books.funnel["delivered"] >= reached, "all is delivered")


def _assert_nobody_got_two_and_nobody_is_lost(fleet: _Fleet, all_books: list[Books], people: int) -> None:
    received = fleet.rig.meta.received
    for books in all_books:
        assert_balanced(books, fleet.rig.meta)
        ended = books.dispatches()
        assert ended[Dispatch.ACCEPTED] + ended[Dispatch.IN_DOUBT] == people
        assert ended[Dispatch.IN_DOUBT] <= MOST_UNDER_WAY
        assert books.phones_in(Dispatch.ACCEPTED) <= received.keys()
    assert most_per_person(fleet.rig.meta) == 1
    known = set().union(
        *(books.phones_in(Dispatch.ACCEPTED) | books.phones_in(Dispatch.IN_DOUBT) for books in all_books)
    )
    assert received.keys() <= known


@pytest.mark.timeout(300)
async def test_three_processes_survive_a_death_and_a_sleep(tmp_path: Path):
    async with _fleet(tmp_path, mps=20) as fleet:
        books = await _send_through_death_and_sleep(fleet, 200)

        _assert_nobody_got_two_and_nobody_is_lost(fleet, books, 200)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_twenty_thousand_people_from_four_numbers_survive_a_death_and_a_sleep(tmp_path: Path):
    async with _fleet(tmp_path, mps=80) as fleet:
        books = await _send_through_death_and_sleep(fleet, 5_000)

        _assert_nobody_got_two_and_nobody_is_lost(fleet, books, 5_000)
