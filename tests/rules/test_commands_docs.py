"""docs/commands.md names every subcommand, input and button that there is, and nothing else."""

import inspect
from collections.abc import Mapping
from typing import Any

import pytest

from bot.domain.funnel import Funnel
from bot.slack import ids
from bot.slack.views import live_parts
from bot.slack.views.audience_modal import audience_modal
from bot.slack.views.campaign_modal import campaign_modal
from bot.slack.views.help import HELP
from bot.slack.views.optins_modal import optins_modal
from commands import BUTTONS, audience, campaign, digest, optins, templates
from tests.rules.documents import codes, rows, table

DOCUMENT = "docs/commands.md"
MODULES = {
    ids.COMMAND_CAMPAIGN: campaign,
    ids.COMMAND_AUDIENCE: audience,
    ids.COMMAND_TEMPLATES: templates,
    ids.COMMAND_OPTINS: optins,
    ids.COMMAND_DIGEST: digest,
}
MODALS = [campaign_modal(), audience_modal(), optins_modal()]


def told() -> list[str]:
    return [codes(row[0])[0] for row in table(DOCUMENT, "commands")]


def test_everything_that_help_lists_is_documented_with_the_same_usage():
    listed = [f"{command} {sub.usage}" for command, subs in HELP.items() for sub in subs]

    assert [usage for usage in listed if usage not in told()] == []


def test_every_documented_subcommand_is_one_the_command_understands():
    typed = [(usage.split()[0], usage.split()[1]) for usage in told()]

    unknown = [
        f"{command} {word}"
        for command, word in typed
        if not word.startswith("[") and f'"{word}"' not in inspect.getsource(MODULES[command])
    ]

    assert unknown == []


def test_nothing_is_documented_twice():
    assert len(set(told())) == len(told())


@pytest.mark.parametrize("modal", MODALS, ids=lambda modal: modal["callback_id"])
def test_every_input_of_a_modal_is_documented_in_its_order(modal: Mapping[str, Any]):
    documented = [codes(row[0])[0] for row in table(DOCUMENT, modal["callback_id"])]

    inputs = [block["block_id"] for block in modal["blocks"] if block["type"] == "input"]
    assert [name for name in documented if name != ids.VAR_PREFIX] == inputs


def test_the_variables_of_a_template_are_documented():
    assert ids.VAR_PREFIX in [codes(row[0])[0] for row in table(DOCUMENT, ids.CAMPAIGN_NEW)]


def test_every_button_that_is_routed_is_documented_and_no_other():
    documented = [codes(row[0])[0] for name in ("approval", "live") for row in table(DOCUMENT, name)]

    assert sorted(documented) == sorted(button for button in BUTTONS if button != ids.TEMPLATE)


def test_every_figure_of_the_live_card_is_explained_in_its_order():
    labels = [label for label, _ in live_parts.figures(Funnel({}))]
    explained = [row[0] for row in rows(DOCUMENT) if row[0] in labels]

    assert explained == labels
