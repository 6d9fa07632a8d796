"""The ids of the contract, and that no module but `ids` spells one."""

import ast
from pathlib import Path

import pytest

from bot.slack import ids
from bot.slack.views.help import HELP

SLACK = Path(ids.__file__).parent
CONSTANTS = {value for name, value in vars(ids).items() if name.isupper() and isinstance(value, str)}
#: One-word ids are ordinary words too: as text they may occur, as the id of an element they may not.
UNMISTAKABLE = {value for value in CONSTANTS if "_" in value or value.startswith("/")}
MODULES = [path for path in SLACK.rglob("*.py") if path.name != "ids.py"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_module_spells_an_id_itself(path: Path):
    nodes = list(ast.walk(ast.parse(path.read_text())))

    spelt = {node.value for node in nodes if isinstance(node, ast.Constant) and node.value in UNMISTAKABLE}
    given = {
        keyword.arg
        for node in nodes
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in {"action_id", "block_id", "callback_id"} and isinstance(keyword.value, ast.Constant)
        if keyword.value.value is not None
    }

    assert (spelt, given) == (set(), set())


def test_the_contract_names_these_ids():
    named = {
        "campaign_new", "audience_new", "optins_import", "campaign_confirm", "campaign_approve", "campaign_reject",
        "campaign_request_changes", "campaign_test_send", "campaign_pause", "campaign_resume", "campaign_cancel",
        "campaign_refresh", "campaign_resolve_in_doubt", "name", "template", "audience", "ttl", "schedule",
        "offer_ends", "policy", "channel", "tags_any", "tags_all", "tags_none", "countries", "languages",
        "not_messaged_days", "file", "source", "wording", "/campaign", "/audience", "/templates", "/optins", "/digest",
    }  # fmt: skip

    assert named <= CONSTANTS


def test_a_variables_input_names_its_component_and_its_name():
    assert ids.var_key("body", "first_name") == "var:body:first_name"
    assert ids.binding_key("var:body:first_name") == "body:first_name"
    assert ids.binding_key("name") is None


def test_every_command_has_help_and_offers_it():
    commands = {value for value in CONSTANTS if value.startswith("/")}

    assert set(HELP) == commands
    assert all(any(sub.word == "help" for sub in subs) for subs in HELP.values())
