"""The Slack app's manifest says what the code does, within Slack's limits (docs.slack.dev, "App manifest", 2026-11)."""

import re
from typing import Any

import pytest
import yaml

from bot.services.diagnosing import OPTIONAL_SCOPES, SCOPES
from bot.slack import ids
from tests.rules.repository import manifest, text

MANIFEST = manifest()
COMMANDS: list[dict[str, Any]] = MANIFEST["features"]["slash_commands"]
SHORTCUTS: list[dict[str, Any]] = MANIFEST["features"]["shortcuts"]


def constants(*, prefix: str = "", suffix: str = "") -> set[str]:
    """Give the values of the ids whose names begin and end like this."""
    return {value for name, value in vars(ids).items() if name.startswith(prefix) and name.endswith(suffix)}


def with_http() -> str:
    """Do to the manifest what its comments say for HTTP."""
    written = re.sub(r"# ((?:request_|message_menu_options_)?url: https)", r"\1", text("manifest.yml"))
    return written.replace("socket_mode_enabled: true", "socket_mode_enabled: false")


def test_it_has_exactly_the_commands_the_code_knows():
    assert {command["command"] for command in COMMANDS} == constants(prefix="COMMAND_")
    assert len(COMMANDS) == len(constants(prefix="COMMAND_"))


def test_it_has_exactly_the_shortcuts_the_code_knows():
    known = {*constants(suffix="_SHORTCUT"), ids.CAMPAIGN_FROM_MESSAGE}

    assert {shortcut["callback_id"] for shortcut in SHORTCUTS} == known


def test_only_the_shortcut_on_a_message_is_one_on_messages():
    on_messages = [shortcut["callback_id"] for shortcut in SHORTCUTS if shortcut["type"] == "message"]

    assert on_messages == [ids.CAMPAIGN_FROM_MESSAGE]
    assert {shortcut["type"] for shortcut in SHORTCUTS} == {"message", "global"}


def test_it_asks_for_the_scopes_that_doctor_looks_for_and_demands_no_history():
    scopes = MANIFEST["oauth_config"]["scopes"]

    assert set(scopes) == {"bot", "bot_optional"}
    assert sorted(scopes["bot"]) == sorted(SCOPES | OPTIONAL_SCOPES)
    assert sorted(scopes["bot_optional"]) == sorted(OPTIONAL_SCOPES)
    assert not [scope for scope in SCOPES if "history" in scope]


def test_it_subscribes_to_what_is_listened_to():
    events = MANIFEST["settings"]["event_subscriptions"]["bot_events"]

    assert events == ["app_home_opened", "app_uninstalled", "tokens_revoked"]
    assert MANIFEST["settings"]["interactivity"]["is_enabled"] is True
    assert MANIFEST["features"]["app_home"]["home_tab_enabled"] is True


def test_as_it_stands_it_is_for_socket_mode():
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    assert "url" not in COMMANDS[0]


def test_its_comments_make_it_one_for_http():
    http = yaml.safe_load(with_http())

    endpoint = "https://bot.example.org/slack/events"
    assert http["settings"]["socket_mode_enabled"] is False
    assert {command["url"] for command in http["features"]["slash_commands"]} == {endpoint}
    assert http["settings"]["event_subscriptions"]["request_url"] == endpoint
    assert http["settings"]["interactivity"]["request_url"] == endpoint
    assert http["settings"]["interactivity"]["message_menu_options_url"] == endpoint


@pytest.mark.parametrize(
    ("path", "shortest", "longest"),
    [
        (("display_information", "name"), 1, 35),
        (("display_information", "description"), 1, 140),
        (("display_information", "long_description"), 175, 4_000),
        (("features", "bot_user", "display_name"), 1, 80),
    ],
)
def test_its_texts_keep_slacks_limits(path: tuple[str, ...], shortest: int, longest: int):
    value: Any = MANIFEST
    for key in path:
        value = value[key]

    assert shortest <= len(value) <= longest


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command["command"])
def test_a_command_keeps_slacks_limits(command: dict[str, Any]):
    assert re.fullmatch(r"/[a-z0-9_-]{1,31}", command["command"])
    assert 1 <= len(command["description"]) <= 2_000
    assert len(command["usage_hint"]) <= 1_000
    assert "help" in command["usage_hint"]


@pytest.mark.parametrize("shortcut", SHORTCUTS, ids=lambda shortcut: shortcut["callback_id"])
def test_a_shortcut_keeps_slacks_limits(shortcut: dict[str, Any]):
    assert 1 <= len(shortcut["name"]) <= 24
    assert 1 <= len(shortcut["description"]) <= 150
    assert len(shortcut["callback_id"]) <= 255


def test_there_are_not_more_than_slack_takes():
    assert len(COMMANDS) <= 50
    assert len(SHORTCUTS) <= 10
