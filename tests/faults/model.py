"""A sender, a Meta and their people, reduced to what a state machine needs: every step by hand, nothing waits."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from bot.domain.campaign import Campaign, CampaignId
from bot.domain.delivery import Status, StatusEvent
from bot.domain.instants import DAY, MINUTE, Millis
from bot.domain.message import RecipientId, tracker
from bot.domain.policy import Policy
from bot.domain.template import Template
from bot.ports.meta import Accepted, InDoubt, NotSent, Outcome, Refused
from bot.ports.recipients import Claim, Fence
from bot.ports.storage import Storage, Transaction
from bot.services import consenting, launching, relaunching, rescuing, sending, settling, tracking
from bot.services.recognising import Named
from bot.services.settling import Settlement
from bot.whatsapp.failures import failure
from storage import open_storage
from tests.builders import NUMBER, TestClock, a_template
from tests.faults.books import Books, read_books
from tests.faults.campaigns import Author

T = TypeVar("T")

PEOPLE: Final = 5
POLICY: Final = Policy(approval_channel="C0APPROVALS", phone_number_ids=(NUMBER,), template_wait_seconds=0)
#: Refusals of every class there is: permanent, rate, transient, configuration, delayed, stopped, and of the tracker.
CODES: Final = (131026, 130429, 131000, 190, 131049, 131050, 999_999)
ABOUT_TRACKER: Final = Refused(failure(100, "Unexpected key biz_opaque_callback_data"))


@dataclass(frozen=True, slots=True)
class Taken:
    """A message Meta accepted, under the mark it left with; Meta may have been told the mark or not."""

    wamid: str
    mark: str
    is_tracked: bool
    phone: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """A marked message whose request may leave at any moment."""

    claim: Claim
    mark: str


#: The template of every campaign here; Meta may show it changed.
TEMPLATE: Final = a_template(components=({"type": "BODY", "text": "Hello."},), last_updated_at=TestClock().now())


async def _prepare(database: Path, clock: TestClock) -> Campaign:
    store = open_storage(f"sqlite:///{database}", clock=clock)
    template = TEMPLATE
    campaign = await Author(store, POLICY, template, clock.now()).approved(PEOPLE)
    await store.write(lambda tx: launching.launch(tx, campaign.id, template, POLICY, clock.now()))
    await store.close()
    return campaign


@dataclass(slots=True)
class Model:
    """One campaign that is being sent. `taken` is Meta's own book; everything else may be lost in a crash."""

    runner: asyncio.Runner
    store: Storage
    clock: TestClock
    campaign: Campaign
    taken: list[Taken] = field(default_factory=list)
    stopped: set[int] = field(default_factory=set)
    claimed: list[RecipientId] = field(default_factory=list)
    leaving: list[Leaving] = field(default_factory=list)
    answers: list[Settlement] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)
    #: Requests whose answer got lost, by mark: the only people who may ever be in doubt.
    lost: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, folder: Path, original: Path, campaign: Campaign) -> "Model":
        database = folder / "arauto.db"
        shutil.copy(original, database)
        clock = TestClock()
        return cls(asyncio.Runner(), open_storage(f"sqlite:///{database}", clock=clock), clock, campaign)

    def close(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()

    @property
    def now(self) -> Millis:
        return self.clock.now()

    @property
    def id(self) -> CampaignId:
        return self.campaign.id

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self.runner.run(self.store.write(work))

    def books(self) -> Books:
        return self.runner.run(self.store.read(lambda tx: read_books(tx, self.id)))

    # The sender's steps.

    def take_over(self) -> rescuing.Rescued:
        """Become the holder of the number, whoever it was."""
        holder = f"life {len(self.fences)}"

        def work(tx: Transaction) -> rescuing.Rescued:
            tx.leases.clear()
            fence = tx.leases.take(f"number {NUMBER}", holder, self.now, 10 * DAY)
            assert fence is not None
            self.fences.append(fence)
            return rescuing.rescue(tx, NUMBER, self.now)

        self.claimed.clear()
        return self.write(work)

    def claim(self, count: int) -> None:
        self.claimed += self.write(lambda tx: sending.claim(tx, self.id, count, self.fences[-1], self.now))

    def mark(self, count: int) -> list[Claim]:
        ids, self.claimed = self.claimed[:count], self.claimed[count:]
        marked = self.write(lambda tx: sending.mark(tx, self.id, ids, self.fences[-1], POLICY, self.now))
        if marked.is_halted:
            rest, self.claimed = self.claimed, []
            self.write(lambda tx: tx.recipients.release(rest))
        self.leaving += [Leaving(claim, self._mark_of(claim)) for claim in marked.go]
        return marked.go

    def _mark_of(self, claim: Claim) -> str:
        return tracker(self.campaign.token, claim.recipient.id, claim.recipient.attempt)

    def post(self, which: int, *, is_taken: bool, outcome: Outcome | None, is_tracked: bool) -> None:
        """Let one request meet its fate; `outcome` None is Meta's honest answer."""
        sent = self.leaving.pop(which % len(self.leaving))
        if is_taken:
            wamid = f"wamid.{len(self.taken)}"
            self.taken.append(Taken(wamid, sent.mark, is_tracked, sent.claim.address))
            outcome = outcome or Accepted(wamid)
        row = sent.claim.recipient
        answer = outcome or InDoubt("no answer")
        if isinstance(answer, InDoubt):
            self.lost.add(sent.mark)
        self.answers.append(Settlement(row.id, row.attempt, answer))

    def settle(self, count: int) -> None:
        batch, self.answers = self.answers[:count], self.answers[count:]
        self.write(lambda tx: settling.settle(tx, batch, self.now))

    def crash(self, reached: list[bool], *, is_tracked: bool) -> None:
        """Die: what was leaving reached Meta or not, and every answer in memory is gone."""
        self.lost |= {leaving.mark for leaving in self.leaving}
        self.lost |= {f"{self.campaign.token}.{one.recipient_id}.{one.attempt}" for one in self.answers}
        for has_left in reached[: len(self.leaving)]:
            self.post(0, is_taken=has_left, outcome=None, is_tracked=is_tracked)
        self.leaving.clear()
        self.answers.clear()
        self.take_over()

    def relaunch(self, template: Template) -> int:
        """Make the launcher's check of what a sent campaign tries again, with what Meta shows of the template."""
        return self.write(lambda tx: relaunching.relaunch(tx, self.id, template, POLICY, self.now))

    # The world's steps.

    def report(self, which: int, status: Status, code: int | None) -> None:
        """Let Meta report on a message, as often and in whatever order it likes."""
        taken = self.taken[which % len(self.taken)]
        event = StatusEvent(
            phone_number_id=NUMBER,
            wamid=taken.wamid,
            status=status,
            at=self.now,
            tracker=taken.mark if taken.is_tracked else None,
            recipient=taken.phone.removeprefix("+"),
            code=code if status is Status.FAILED else None,
        )
        self.write(lambda tx: tracking.absorb(tx, [event], self.now))

    def stop(self, which: int) -> None:
        """Let somebody stop marketing in WhatsApp."""
        books = self.books()
        n = which % PEOPLE
        digits = books.phones[n].removeprefix("+")
        self.stopped.add(books.messages[n].person_id)
        self.write(
            lambda tx: consenting.apply_preference(
                tx, Named(digits), is_stop=True, at=self.now, wording="", now=self.now
            )
        )

    def accepted_by_mark(self) -> Counter[str]:
        """Count what Meta took under each mark."""
        return Counter(taken.mark for taken in self.taken)

    def wait(self, minutes: int) -> None:
        self.clock.instant += minutes * MINUTE


def refusal(code: int) -> Refused:
    return Refused(failure(code))


NOT_SENT: Final = NotSent("connection refused")


def prepare(folder: Path) -> tuple[Path, Campaign]:
    """Write the database every example begins with."""
    database = folder / "original.db"
    return database, asyncio.run(_prepare(database, TestClock()))
