"""The two tables of states: no way out of an end, every state reachable, nothing undone that left."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.domain import campaign, message
from bot.domain.campaign import ACTIVE, FINAL, LIVE, CampaignState, may_become
from bot.domain.message import WAITING, Dispatch


def reachable(table: Mapping[Any, frozenset[Any]], start: Any) -> set[Any]:
    found, todo = {start}, [start]
    while todo:
        fresh = table[todo.pop()] - found
        found |= fresh
        todo += fresh
    return found


@pytest.mark.parametrize("state", FINAL)
def test_there_is_no_way_out_of_an_end(state: CampaignState):
    assert campaign.TRANSITIONS[state] == frozenset()


def test_only_ends_have_no_way_out():
    assert {state for state, after in campaign.TRANSITIONS.items() if not after} == FINAL


@pytest.mark.parametrize(
    ("table", "states", "start"),
    [
        (campaign.TRANSITIONS, CampaignState, CampaignState.DRAFT),
        (message.TRANSITIONS, Dispatch, Dispatch.PLANNED),
    ],
)
def test_every_state_has_its_row_and_can_be_reached(table: Any, states: Any, start: Any):
    assert set(table) == set(states)
    assert reachable(table, start) == set(states)


@pytest.mark.parametrize("state", set(CampaignState) - FINAL)
def test_every_campaign_can_come_to_an_end(state: CampaignState):
    assert reachable(campaign.TRANSITIONS, state) & FINAL


@pytest.mark.parametrize("state", CampaignState)
def test_nothing_becomes_what_it_is(state: CampaignState):
    assert not may_become(state, state)


def test_nothing_sends_that_was_not_approved():
    unapproved = {state: after - {CampaignState.APPROVED} for state, after in campaign.TRANSITIONS.items()}

    assert not reachable(unapproved, CampaignState.DRAFT) & {*ACTIVE, CampaignState.SCHEDULED, CampaignState.SENT}


def test_an_approval_comes_only_out_of_a_review():
    assert [s for s in CampaignState if may_become(s, CampaignState.APPROVED)] == [CampaignState.IN_REVIEW]


def test_what_sends_cannot_be_edited_any_more():
    began = reachable(campaign.TRANSITIONS, CampaignState.SENDING)

    assert not began & {CampaignState.DRAFT, CampaignState.PLANNING, CampaignState.IN_REVIEW}
    assert began <= LIVE


def test_an_accepted_message_goes_back_only_for_its_one_more_try():
    assert message.TRANSITIONS[Dispatch.ACCEPTED] == {Dispatch.PLANNED}


def test_nothing_leaves_that_was_not_marked():
    sends = [state for state, after in message.TRANSITIONS.items() if Dispatch.SENDING in after]

    assert sends == [Dispatch.CLAIMED]


def test_a_marked_message_is_never_skipped():
    assert not message.TRANSITIONS[Dispatch.SENDING] & {Dispatch.SKIPPED, Dispatch.LAPSED, Dispatch.CLAIMED}


@pytest.mark.parametrize("state", set(Dispatch) - {Dispatch.ACCEPTED})
def test_evidence_wins_over_every_belief(state: Dispatch):
    assert Dispatch.ACCEPTED in message.TRANSITIONS[state]


def test_only_what_waits_may_be_left_out():
    leaves_out = {state for state, after in message.TRANSITIONS.items() if Dispatch.SKIPPED in after}

    assert leaves_out == WAITING
