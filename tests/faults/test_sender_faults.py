"""The number's sender against faults that no outside can stage: its clock jumps, its database refuses one write."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bot.demo.clock import DemoClock
from bot.domain.approval import Shown
from bot.domain.campaign import Campaign, CampaignState
from bot.domain.errors import StorageFullError
from bot.domain.message import Dispatch
from bot.domain.policy import Policy
from bot.ports.meta import Accepted, Outcome, OutgoingMessage, Refused
from bot.ports.storage import Storage, Transaction
from bot.runtime.headroom import Headroom
from bot.runtime.sender import NumberSender
from bot.services import controlling, launching, rehearsing
from bot.whatsapp.failures import failure
from storage import open_storage
from tests.builders import NUMBER, a_template
from tests.faults.books import Books, read_books
from tests.faults.campaigns import AUTHOR, MANAGER, Author, a_british_phone

T = TypeVar("T")

PATIENCE = 30.0
POLICY = Policy(
    approval_channel="C0APPROVALS",
    phone_number_ids=(NUMBER,),
    template_wait_seconds=0,
    testers=(a_british_phone(0),),
)


class StubbornStorage:
    """A real storage, of which single writes fail before they begin."""

    def __init__(self, inner: Storage) -> None:
        self._inner = inner
        self.failing: list[Exception] = []

    async def write(self, work: Callable[[Transaction], T]) -> T:
        if self.failing:
            raise self.failing.pop()
        return await self._inner.write(work)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self._inner.read(work)

    async def close(self) -> None:
        await self._inner.close()


class ScriptedMeta:
    """Accepts everything, unless the next answer is laid down."""

    def __init__(self) -> None:
        self.sent: list[OutgoingMessage] = []
        self.answers: list[Outcome] = []
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def send(self, message: OutgoingMessage) -> Outcome:
        self.sent.append(message)
        await self.is_open.wait()
        return self.answers.pop(0) if self.answers else Accepted(f"wamid.{len(self.sent)}")


@dataclass(slots=True)
class Bench:
    store: StubbornStorage
    meta: ScriptedMeta
    clock: DemoClock
    sender: NumberSender
    campaign: Campaign
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        self.tasks.append(asyncio.create_task(self.sender.run()))

    async def until_read(self, look: Callable[[Transaction], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                if await self.store.read(look):
                    return
                await asyncio.sleep(0.02)

    async def until(self, look: Callable[[Books], bool]) -> Books:
        async with asyncio.timeout(PATIENCE):
            while True:
                books = await self.store.read(lambda tx: read_books(tx, self.campaign.id))
                if look(books):
                    return books
                await asyncio.sleep(0.02)

    async def until_sent(self) -> Books:
        return await self.until(lambda books: books.state is CampaignState.SENT)


@asynccontextmanager
async def a_bench(folder: Path, people: int = 30) -> AsyncIterator[Bench]:
    clock = DemoClock()
    store = StubbornStorage(open_storage(f"sqlite:///{folder / 'arauto.db'}", clock=clock))
    template = a_template(components=({"type": "BODY", "text": "Hello."},), last_updated_at=clock.now())
    campaign = await Author(store, POLICY, template, clock.now()).approved(people)
    await store.write(lambda tx: launching.launch(tx, campaign.id, template, POLICY, clock.now()))
    meta = ScriptedMeta()
    headroom = Headroom(store, clock)
    sender = NumberSender(NUMBER, store=store, meta=meta, policy=POLICY, clock=clock, holder="bench", headroom=headroom)
    bench = Bench(store, meta, clock, sender, campaign)
    try:
        yield bench
    finally:
        sender.stop()
        meta.is_open.set()
        await asyncio.gather(*bench.tasks)
        await store.close()


async def test_a_clock_that_jumps_an_hour_either_way_neither_stops_nor_repeats_anything(tmp_path: Path):
    async with a_bench(tmp_path) as bench:
        bench.start()
        await bench.until(lambda books: books.funnel["sent"] > 0)

        bench.clock.advance(-3_600)
        await bench.until(lambda books: books.funnel["sent"] > 12)
        bench.clock.advance(7_200)
        books = await bench.until_sent()

        assert books.dispatches() == {Dispatch.ACCEPTED: 30}
        assert len(bench.meta.sent) == 30


async def test_a_fault_of_our_own_does_not_end_the_sender(tmp_path: Path, caplog):
    async with a_bench(tmp_path) as bench:
        bench.store.failing.append(ZeroDivisionError("a fault nobody foresaw"))

        bench.start()
        books = await bench.until_sent()

        assert books.dispatches() == {Dispatch.ACCEPTED: 30}
        assert "fault in Arauto" in caplog.text


async def test_an_answer_outlives_writes_that_fail(tmp_path: Path, caplog):
    async with a_bench(tmp_path, people=1) as bench:
        bench.meta.is_open.clear()
        bench.start()
        await bench.until(lambda books: books.dispatches()[Dispatch.SENDING] == 1)

        bench.store.failing += [StorageFullError("full"), ZeroDivisionError("a fault nobody foresaw")]
        bench.meta.is_open.set()
        books = await bench.until_sent()

        assert books.dispatches() == {Dispatch.ACCEPTED: 1}
        assert len(bench.meta.sent) == 1


async def test_claims_of_a_paused_campaign_go_back_even_over_a_full_disk(tmp_path: Path):
    async with a_bench(tmp_path) as bench:
        bench.meta.is_open.clear()
        bench.start()
        await bench.until(lambda books: books.dispatches()[Dispatch.SENDING] == 1)

        await bench.store.write(lambda tx: controlling.pause(tx, bench.campaign.id, AUTHOR, bench.clock.now()))
        bench.store.failing.append(StorageFullError("full"))
        bench.meta.is_open.set()
        books = await bench.until(lambda books: books.dispatches()[Dispatch.PLANNED] == 29)

        assert books.dispatches() == {Dispatch.ACCEPTED: 1, Dispatch.PLANNED: 29}


async def test_a_stop_holds_for_a_message_whose_tracker_was_refused(tmp_path: Path):
    async with a_bench(tmp_path, people=2) as bench:
        bench.meta.answers.append(Refused(failure(100, "Unexpected key biz_opaque_callback_data")))
        bench.meta.is_open.clear()
        bench.start()
        await bench.until(lambda books: books.dispatches()[Dispatch.SENDING] == 1)

        await bench.store.write(lambda tx: controlling.pause(tx, bench.campaign.id, AUTHOR, bench.clock.now()))
        bench.meta.is_open.set()
        books = await bench.until(lambda books: books.dispatches()[Dispatch.PLANNED] == 2)
        left_while_paused = len(bench.meta.sent)
        await bench.store.write(lambda tx: controlling.resume(tx, bench.campaign.id, MANAGER, bench.clock.now()))
        books = await bench.until_sent()

        assert left_while_paused == 1
        assert books.dispatches() == {Dispatch.ACCEPTED: 2}
        assert [message.tracker is None for message in bench.meta.sent] == [False, True, True]


async def test_a_refusal_of_a_tracker_that_was_not_sent_is_a_wrong_parameter(tmp_path: Path):
    async with a_bench(tmp_path, people=2) as bench:
        bench.meta.answers += [Refused(failure(100, "Unexpected key biz_opaque_callback_data"))] * 2

        bench.start()
        books = await bench.until(lambda books: books.state is CampaignState.FAILED)

        assert len(bench.meta.sent) == 2
        assert books.dispatches() == {Dispatch.PLANNED: 2} or Dispatch.CLAIMED in books.dispatches()


async def test_a_test_send_whose_tracker_was_refused_is_sent_without(tmp_path: Path):
    async with a_bench(tmp_path, people=1) as bench:
        campaign = bench.campaign
        shown = Shown(campaign_id=campaign.id, version=campaign.version, digest=campaign.digest or "")
        await bench.store.write(lambda tx: controlling.pause(tx, campaign.id, AUTHOR, bench.clock.now()))
        await bench.store.write(
            lambda tx: rehearsing.request(tx, shown, AUTHOR, POLICY, lambda: "token", bench.clock.now())
        )
        bench.meta.answers.append(Refused(failure(100, "Unexpected key biz_opaque_callback_data")))

        bench.start()
        await bench.until_read(lambda tx: tx.trials.with_dispatch(Dispatch.ACCEPTED))

        assert [message.tracker is None for message in bench.meta.sent] == [False, True]
