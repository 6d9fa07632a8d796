"""Every view: as agreed (snapshots for Block Kit Builder), within limits, and safe against what people type."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from bot.ports.chat import ChatMessage
from bot.slack.limits import check_message, check_view
from tests.slack import extremes, gallery

MESSAGES = gallery.usual_messages()
VIEWS = gallery.usual_views()
EXTREME_MESSAGES = extremes.extreme_messages()
EXTREME_VIEWS = extremes.extreme_views()
ALL_MESSAGES = [*MESSAGES.items(), *EXTREME_MESSAGES.items()]
ALL_VIEWS = [*VIEWS.items(), *EXTREME_VIEWS.items()]


def named(pairs: list[tuple[str, Any]]) -> Any:
    return pytest.mark.parametrize("payload", [pytest.param(one, id=name) for name, one in pairs])


@pytest.fixture
def as_json(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(JSONSnapshotExtension)


@pytest.mark.parametrize("name", MESSAGES)
def test_message(name: str, as_json: SnapshotAssertion):
    message = MESSAGES[name]

    assert as_json == {"text": message.text, "blocks": list(message.blocks)}


@pytest.mark.parametrize("name", VIEWS)
def test_view(name: str, as_json: SnapshotAssertion):
    assert as_json == VIEWS[name]


@named(ALL_MESSAGES)
def test_a_message_stays_within_slacks_limits(payload: ChatMessage):
    check_message(payload)


@named(ALL_VIEWS)
def test_a_view_stays_within_slacks_limits(payload: Mapping[str, Any]):
    check_view(payload)


@named(ALL_MESSAGES)
def test_slacks_own_models_take_every_block_of_a_message(payload: ChatMessage):
    for block in payload.blocks:
        parsed = Block.parse(dict(block))

        assert parsed is not None, block
        parsed.validate_json()


@named(ALL_VIEWS)
def test_slacks_own_models_take_every_view(payload: Mapping[str, Any]):
    View(**payload).validate_json()

    assert all(Block.parse(dict(block)) is not None for block in payload["blocks"])


@named([(name, message) for name, message in EXTREME_MESSAGES.items()])
def test_what_people_type_never_becomes_a_command_in_a_message(payload: ChatMessage):
    texts = [payload.text, *formatted_texts(list(payload.blocks))]

    assert [text for text in texts if has_command(text)] == []


@named([(name, view) for name, view in EXTREME_VIEWS.items()])
def test_what_people_type_never_becomes_a_command_in_a_view(payload: Mapping[str, Any]):
    assert [text for text in formatted_texts(payload["blocks"]) if has_command(text)] == []


@named(ALL_MESSAGES)
def test_typed_words_such_as_at_here_are_never_turned_into_mentions(payload: ChatMessage):
    made = [found for found in walk(list(payload.blocks)) if found.get("type") == "mrkdwn"]

    assert all(found["verbatim"] is True for found in made)


@named(ALL_VIEWS)
def test_every_input_of_a_view_bears_one_name(payload: Mapping[str, Any]):
    inputs = [block for block in payload["blocks"] if block["type"] == "input"]

    assert [one["block_id"] for one in inputs] == [one["element"]["action_id"] for one in inputs]


def test_no_card_speaks_of_a_person_in_its_buttons():
    buttons = [
        found for message in EXTREME_MESSAGES.values() for found in walk(list(message.blocks)) if "value" in found
    ]

    assert buttons
    for button in buttons:
        assert set(json.loads(button["value"])) == {"id", "version", "digest"}


def formatted_texts(blocks: Any) -> list[str]:
    return [found["text"] for found in walk(blocks) if found.get("type") == "mrkdwn"]


def has_command(text: str) -> bool:
    """Look for mentions and links beyond those the views make themselves."""
    ours = r"<!date\^\d+\^[^|<>]*\|[^<>]*>|<@U0(ANA|BRUNO|CARLA)>|<#C0MARKETING>|<https://feira-norte\.slack\.example/[^<>]*>"
    return bool(re.search(r"<[!@#h]", re.sub(ours, "", text)))


def walk(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        yield node
        for part in node.values():
            yield from walk(part)
    elif isinstance(node, list):
        for part in node:
            yield from walk(part)
