"""docs/glossary.md explains every state, reason and class that the code knows, and none that it does not."""

from enum import StrEnum

import pytest

from bot.domain.campaign import CampaignState, ProductPolicy
from bot.domain.consent import ConsentKind, Exclusion
from bot.domain.message import Delivery, Dispatch, Route
from bot.domain.roles import Role
from bot.ports.meta import ErrorClass
from tests.rules.documents import first_words, text

GLOSSARY = "docs/glossary.md"
#: These have a table of their own; the others are explained in a sentence.
TABLED = (CampaignState, Dispatch, Delivery, Exclusion, ConsentKind, ErrorClass)
TOLD = (ProductPolicy, Route)


@pytest.mark.parametrize("states", TABLED, ids=lambda states: states.__name__)
def test_every_state_has_a_row(states: type[StrEnum]):
    missing = {str(state) for state in states} - set(first_words(GLOSSARY))

    assert missing == set()


def test_no_row_explains_a_state_that_does_not_exist():
    known = {str(state) for states in TABLED for state in states}

    assert set(first_words(GLOSSARY)) - known == set()


@pytest.mark.parametrize("values", TOLD, ids=lambda values: values.__name__)
def test_every_other_value_is_explained_in_a_sentence(values: type[StrEnum]):
    missing = [str(value) for value in values if f"`{value}`" not in text(GLOSSARY)]

    assert missing == []


def test_every_role_is_named():
    missing = [str(role) for role in Role if str(role) not in text(GLOSSARY)]

    assert missing == []
