"""docs/lifecycle.md and docs/sending.md show the tables of the code, line by line."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Any

import pytest

from bot.domain import campaign, message
from bot.domain.campaign import CampaignState
from bot.domain.instants import Millis
from bot.domain.message import Delivery, Dispatch, Recipient, RecipientId
from bot.ports.meta import ErrorClass
from bot.whatsapp.failures import failure
from tests.rules.documents import codes, table, text

LIFECYCLE, SENDING = "docs/lifecycle.md", "docs/sending.md"
TABLES = [("campaign", campaign.TRANSITIONS), ("dispatch", message.TRANSITIONS)]


def a_recipient(**times: Any) -> Recipient:
    return Recipient(id=RecipientId(1), campaign_id=1, person_id=1, market="Brazil", **times)


@pytest.mark.parametrize(("name", "transitions"), TABLES)
def test_every_change_of_state_is_in_the_table_and_no_other(
    name: str, transitions: Mapping[StrEnum, AbstractSet[StrEnum]]
):
    told = {codes(state)[0]: set(codes(changes)) for state, changes in table(LIFECYCLE, name)}

    assert told == {str(before): {str(after) for after in allowed} for before, allowed in transitions.items()}


def test_the_diagram_draws_no_change_that_the_table_forbids():
    drawn = re.findall(r"^  (\w+) --> (\w+)", text(LIFECYCLE), re.MULTILINE)

    forbidden = [(a, b) for a, b in drawn if not campaign.may_become(CampaignState(a), CampaignState(b))]

    assert len(drawn) > len(CampaignState)
    assert forbidden == []


def test_deliveries_are_ranked_as_the_code_ranks_them():
    told = [Delivery(codes(state)[0]) for state, _ in table(LIFECYCLE, "delivery")]

    times = {f"{state}_at": Millis(1) for state in told if state is not Delivery.NONE}
    found = []
    for state in told:
        found.append(a_recipient(**times).delivery)
        times.pop(f"{state}_at", None)

    assert set(told) == set(Delivery)
    assert found == told


def test_every_class_of_error_is_told_with_codes_of_that_class():
    told = {codes(row[0])[0]: re.findall(r"\d{3,}", row[1]) for row in table(SENDING, "error classes")}

    wrong = [(name, code) for name, found in told.items() for code in found if failure(int(code)).kind != name]

    assert list(told) == [str(kind) for kind in ErrorClass]
    assert all(told.values())
    assert wrong == []


def test_sending_names_only_states_that_exist():
    arrows = re.findall(r"`(\w+) → (\w+)`", text(SENDING))

    assert arrows
    assert all(Dispatch(after) in message.TRANSITIONS[Dispatch(before)] for before, after in arrows)
