"""An answer that comes after its sender was replaced: it settles the doubt, and never opens a second way out."""

from pathlib import Path

from bot.domain.campaign import CampaignState
from bot.domain.message import Dispatch
from bot.services import rescuing, sending
from tests.faults import model as world
from tests.faults.campaigns import MANAGER
from tests.faults.model import NOT_SENT, PEOPLE, POLICY, Model


def _all_in_doubt(folder: Path) -> Model:
    """Everybody is marked, another holder takes over, and the campaign is declared sent meanwhile."""
    model = Model.open(folder, *world.prepare(folder))
    model.take_over()
    model.claim(PEOPLE)
    model.mark(PEOPLE)
    model.take_over()
    model.write(lambda tx: sending.finish(tx, model.id, model.now))
    return model


def test_a_late_proof_that_nothing_left_opens_a_sent_campaign_once_the_template_was_read(tmp_path: Path):
    model = _all_in_doubt(tmp_path)
    declared = model.books().state

    model.post(0, is_taken=False, outcome=NOT_SENT, is_tracked=True)
    model.settle(1)
    kept = model.books()
    model.relaunch(world.TEMPLATE)
    books = model.books()
    model.close()

    assert declared is kept.state is CampaignState.SENT
    assert kept.dispatches() == {Dispatch.IN_DOUBT: PEOPLE}
    assert books.state is CampaignState.SENDING
    assert books.dispatches() == {Dispatch.IN_DOUBT: PEOPLE - 1, Dispatch.PLANNED: 1}


def test_a_late_answer_does_not_settle_the_attempt_after_its_own(tmp_path: Path):
    model = _all_in_doubt(tmp_path)
    model.wait(20)
    model.write(lambda tx: rescuing.send_again(tx, model.id, MANAGER, POLICY, model.now))
    model.relaunch(world.TEMPLATE)
    again = model.leaving.copy()
    model.claim(PEOPLE)
    model.mark(PEOPLE)

    model.leaving = again
    model.post(0, is_taken=False, outcome=world.refusal(131026), is_tracked=True)
    model.settle(1)
    books = model.books()
    model.close()

    assert books.dispatches() == {Dispatch.SENDING: PEOPLE}
    assert {message.attempt for message in books.messages} == {2}
