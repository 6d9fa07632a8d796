"""Code, `.env.example` and docs/configuration.md name the same settings with the same defaults."""

from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.settings import Variable, variables
from tests.rules.repository import ROOT, documented_variables, example_variables, text

NAMES = [variable.name for variable in variables()]


def named(variable: Variable) -> str:
    return variable.name


def test_no_setting_is_there_twice():
    assert len(set(NAMES)) == len(NAMES)


def test_the_example_names_every_setting_and_no_other_in_the_same_order():
    assert list(example_variables()) == NAMES


def test_the_documentation_names_every_setting_and_no_other_in_the_same_order():
    assert list(documented_variables()) == NAMES


@pytest.mark.parametrize("variable", variables(), ids=named)
def test_the_documentation_tells_the_default_in_force(variable: Variable):
    told = documented_variables()[variable.name]

    if variable.is_required:
        assert told == "required"
    else:
        assert told == (f"`{variable.default}`" if variable.default else "none")


@pytest.mark.parametrize("variable", variables(), ids=named)
def test_the_example_shows_the_default_in_force_or_leaves_it_open(variable: Variable):
    shown = example_variables()[variable.name]

    assert shown in {variable.default or "", "https://bot.example.org"}


def test_the_example_is_a_file_that_can_be_read_and_sets_nothing_by_itself():
    values = dotenv_values(ROOT / ".env.example", interpolate=False)

    assert set(values.values()) == {""}
    required = {variable.name for variable in variables() if variable.is_required}
    assert required <= set(values)


def test_the_example_marks_what_is_required():
    blocks = text(".env.example").split("# Required.")[1:]
    marked = [next(line for line in block.splitlines() if line.endswith("=")).rstrip("=") for block in blocks]

    assert marked == [variable.name for variable in variables() if variable.is_required]


@pytest.mark.parametrize("variable", variables(), ids=named)
def test_a_meaning_is_one_phrase_that_fits_into_a_sentence(variable: Variable):
    assert variable.meaning
    assert not variable.meaning.endswith(".")
    assert "\n" not in variable.meaning


def test_the_documented_rate_card_is_one_that_is_taken(tmp_path: Path):
    from bot.setting_kinds import rate_card

    path = tmp_path / "documented.csv"
    path.write_text(text("docs/configuration.md").split("```csv\n")[1].split("```")[0])

    assert rate_card(str(path)).currency == "USD"
