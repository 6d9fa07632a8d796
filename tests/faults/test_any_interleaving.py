"""Any interleaving of sender, webhooks, people's clicks, stops, time and crashes keeps the promises.

Hypothesis invents the interleavings; storage and services are the real ones, Meta is a list.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.domain.campaign import Campaign, CampaignState
from bot.domain.delivery import Status
from bot.domain.errors import ConflictError, FencedError, InvalidInputError
from bot.domain.message import Dispatch
from bot.domain.template import Template
from bot.ports.meta import InDoubt
from bot.services import ageing, controlling, rescuing, sending, tracking
from tests.faults import model as world
from tests.faults.campaigns import ADMIN, MANAGER
from tests.faults.model import ABOUT_TRACKER, CODES, NOT_SENT, POLICY, Model

_UNSETTLED = {Dispatch.PLANNED, Dispatch.CLAIMED, Dispatch.SENDING}
_RANK = ["none", "held", "sent", "expired", "failed", "delivered", "read"]
_INDEX = st.integers(0, 9)
_COUNT = st.integers(1, 4)
CHANGED = replace(world.TEMPLATE, components=({"type": "BODY", "text": "Goodbye."},))


class Interleaving(RuleBasedStateMachine):
    """One campaign of five people, and everything that can happen to it."""

    original: tuple[Path, Campaign]

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="arauto-model-")
        self.model = Model.open(Path(self.folder.name), *self.original)
        self.ranks: dict[tuple[int, int], int] = {}
        self.again = 0
        self.model.take_over()

    def teardown(self) -> None:
        if hasattr(self, "model"):
            self.model.close()
            self.folder.cleanup()

    # The sender.

    @rule(count=_COUNT)
    def claim(self, count: int) -> None:
        self.model.claim(count)

    @precondition(lambda self: self.model.claimed)
    @rule(count=_COUNT)
    def mark(self, count: int) -> None:
        state = self.model.books().state
        going = self.model.mark(count)
        assert not going or state is CampaignState.SENDING
        assert not self.model.stopped & {claim.recipient.person_id for claim in going}

    @precondition(lambda self: self.model.leaving)
    @rule(which=_INDEX, is_tracked=st.booleans())
    def meta_accepts(self, which: int, is_tracked: bool) -> None:
        self.model.post(which, is_taken=True, outcome=None, is_tracked=is_tracked)

    @precondition(lambda self: self.model.leaving)
    @rule(which=_INDEX, is_taken=st.booleans(), is_tracked=st.booleans())
    def the_answer_gets_lost(self, which: int, is_taken: bool, is_tracked: bool) -> None:
        self.model.post(which, is_taken=is_taken, outcome=InDoubt("reset"), is_tracked=is_tracked)

    @precondition(lambda self: self.model.leaving)
    @rule(which=_INDEX, code=st.sampled_from(CODES))
    def meta_refuses(self, which: int, code: int) -> None:
        self.model.post(which, is_taken=False, outcome=world.refusal(code), is_tracked=True)

    @precondition(lambda self: self.model.leaving)
    @rule(which=_INDEX, outcome=st.sampled_from([NOT_SENT, ABOUT_TRACKER]))
    def nothing_is_accepted(self, which: int, outcome: Any) -> None:
        self.model.post(which, is_taken=False, outcome=outcome, is_tracked=True)

    @precondition(lambda self: self.model.answers)
    @rule(count=_COUNT)
    def settle(self, count: int) -> None:
        self.model.settle(count)

    @rule()
    def finish(self) -> None:
        self.model.write(lambda tx: sending.finish(tx, self.model.id, self.model.now))

    @rule(reached=st.lists(st.booleans(), min_size=4, max_size=4), is_tracked=st.booleans())
    def crash(self, reached: list[bool], is_tracked: bool) -> None:
        self.model.crash(reached, is_tracked=is_tracked)

    @rule()
    def another_machine_takes_over_while_answers_are_still_coming(self) -> None:
        self.model.lost |= {leaving.mark for leaving in self.model.leaving}
        self.model.lost |= {f"{self.model.campaign.token}.{a.recipient_id}.{a.attempt}" for a in self.model.answers}
        self.model.take_over()

    @precondition(lambda self: self.model.claimed and len(self.model.fences) > 1)
    @rule()
    def a_sender_that_lost_its_lease_marks_nobody(self) -> None:
        old, ids, campaign_id = self.model.fences[-2], self.model.claimed, self.model.id
        if self.model.books().state is not CampaignState.SENDING:
            return
        with pytest.raises(FencedError):
            self.model.write(lambda tx: sending.mark(tx, campaign_id, ids, old, POLICY, self.model.now))

    # Meta and the people behind the phones.

    @precondition(lambda self: self.model.taken)
    @rule(which=_INDEX, status=st.sampled_from(Status), code=st.sampled_from([131049, 131026, 132015, 131050]))
    def meta_reports(self, which: int, status: Status, code: int) -> None:
        self.model.report(which, status, code)

    @rule(which=_INDEX)
    def somebody_stops(self, which: int) -> None:
        self.model.stop(which)

    # People of ours, and time.

    @rule(act=st.sampled_from([controlling.pause, controlling.resume, controlling.cancel]))
    def somebody_clicks(self, act: Any) -> None:
        actor = MANAGER
        try:
            self.model.write(lambda tx: act(tx, self.model.id, actor, self.model.now))
        except ConflictError:
            return

    @rule()
    def an_admin_stops_everything(self) -> None:
        self.model.write(lambda tx: controlling.stop_all(tx, ADMIN, self.model.now))

    @rule(decide=st.sampled_from([rescuing.send_again, rescuing.assume_sent]))
    def a_manager_decides_about_doubts(self, decide: Any) -> None:
        try:
            self.model.write(lambda tx: decide(tx, self.model.id, MANAGER, POLICY, self.model.now))
        except InvalidInputError:
            return

    @rule(minutes=st.sampled_from([1, 20, 25 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.model.wait(minutes)
        campaign_id, now = self.model.id, self.model.now
        self.model.write(lambda tx: sending.lapse(tx, campaign_id, now))
        self.model.write(lambda tx: ageing.expire(tx, campaign_id, POLICY, now))
        self.model.write(lambda tx: ageing.close(tx, campaign_id, POLICY, now))
        self.model.write(lambda tx: tracking.sweep(tx, now))
        self.model.write(lambda tx: controlling.finish_cancelling(tx, campaign_id))

    @rule(template=st.sampled_from([world.TEMPLATE, world.TEMPLATE, CHANGED]))
    def the_launcher_looks_for_further_tries(self, template: Template) -> None:
        before = self.model.books().state
        tried = self.model.relaunch(template)
        after = self.model.books().state
        assert not tried or (before is CampaignState.SENT and template is world.TEMPLATE)
        assert after is (CampaignState.SENDING if tried else before)

    # What must always be true.

    @invariant()
    def nobody_gets_the_same_attempt_twice(self) -> None:
        if hasattr(self, "model"):
            assert max(self.model.accepted_by_mark().values(), default=0) <= 1

    @invariant()
    def the_books_balance(self) -> None:
        if not hasattr(self, "model"):
            return
        books = self.model.books()
        assert books.funnel.balances()
        assert {fact: n for fact, n in books.funnel.tallies.items() if n} == books.recount
        self._check_states(books)
        self._check_doubts(books)
        self._check_ranks(books)

    def _check_states(self, books: Any) -> None:
        """A campaign that is over has nobody on the way."""
        if books.state in (CampaignState.SENT, CampaignState.CLOSED):
            assert not books.dispatches().keys() & _UNSETTLED
        wamids = [message.wamid for message in books.messages if message.wamid]
        assert len(wamids) == len(set(wamids))

    def _check_doubts(self, books: Any) -> None:
        """Only somebody whose answer was really lost is in doubt."""
        doubted = [one for one in books.messages if one.dispatch is Dispatch.IN_DOUBT]
        assert {f"{self.model.campaign.token}.{one.id}.{one.attempt}" for one in doubted} <= self.model.lost

    def _check_ranks(self, books: Any) -> None:
        """What Meta reported of a message is never taken back; `expired` is ours and may be."""
        for message in books.messages:
            if message.dispatch is not Dispatch.ACCEPTED or message.delivery == "expired":
                continue
            key = (message.id, message.attempt)
            rank = _RANK.index(message.delivery)
            assert rank >= self.ranks.get(key, 0)
            self.ranks[key] = rank


def _play(folder: Path, *, examples: int, steps: int) -> None:
    machine = type("Example", (Interleaving,), {"original": world.prepare(folder)})
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, suppress_health_check=checks
    )
    run_state_machine_as_test(machine, settings=chosen)


def test_any_interleaving_keeps_the_promises(tmp_path: Path):
    _play(tmp_path, examples=40, steps=40)


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_any_long_interleaving_keeps_the_promises(tmp_path: Path):
    _play(tmp_path, examples=2_000, steps=120)
