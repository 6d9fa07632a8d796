"""What the documents name exists: links, files, commands with their options, settings, make targets, decisions."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from typer.main import get_command

from bot.cli import app
from bot.domain.funnel import Funnel
from bot.settings import variables
from tests.rules.documents import anchors, code_blocks, codes, documents, links, prose, table
from tests.rules.repository import ROOT, files, text

DOCUMENTS: Final = documents()
_FOLDERS: Final = ("bot/", "commands/", "storage/", "tests/", "docs/", "scripts/", "benchmarks/", ".ci/")
_COMMAND: Final = re.compile(r"\barauto((?: (?:--)?[a-z][a-z-]*)+)")
_SETTING: Final = re.compile(r"\b(?:ARAUTO|SLACK|META)_[A-Z_]+\b")
_SLASH: Final = re.compile(r"^/(?:campaign|audience|templates|optins|digest) [a-z-]+")


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def typed(document: str) -> Iterator[str]:
    """Give what a reader would type: lines of shell blocks and what stands in code type."""
    for language, block in code_blocks(document):
        if language in ("sh", "ini"):
            yield from block.splitlines()
    yield from codes(prose(document))


def unknown_part(words: list[str]) -> str | None:
    """Walk the command line's own tree; give the first word or option that is not in it."""
    command: Any = get_command(app)
    for word in words:
        if word.startswith("--"):
            if not any(word in parameter.opts for parameter in command.params):
                return word
        elif hasattr(command, "commands"):
            if word not in command.commands:
                return word
            command = command.commands[word]
    return None


def test_the_documents_are_found():
    assert {"README.md", "CONTRIBUTING.md", "docs/sending.md", "docs/decisions/0001-at-most-once.md"} <= set(DOCUMENTS)


def test_every_link_leads_somewhere(document: str):
    broken = []
    for target in links(document):
        path, _, anchor = target.partition("#")
        file = (ROOT / document).parent / path if path else ROOT / document
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)

    assert broken == []


def test_every_file_that_is_named_exists(document: str):
    named = [code for code in codes(prose(document)) if code.startswith(_FOLDERS) and "…" not in code]

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_command_that_is_shown_exists_with_its_options(document: str):
    shown = [found.split() for line in typed(document) for found in _COMMAND.findall(line)]

    assert [words for words in shown if unknown_part(words)] == []


def test_a_command_that_does_not_exist_is_noticed():
    assert unknown_part(["optins", "import", "--dry-run"]) is None
    assert unknown_part(["optins", "export"]) == "export"
    assert unknown_part(["report", "--pdf"]) == "--pdf"


def test_every_setting_that_is_named_exists(document: str):
    known = {variable.name for variable in variables()} | _read_by_tests()

    assert set(_SETTING.findall(text(document))) - known == set()


def test_every_slash_command_that_is_shown_is_one_of_the_list(document: str):
    listed = {" ".join(codes(row[0])[0].split()[:2]) for row in table("docs/commands.md", "commands")}

    shown = {found[0] for code in codes(prose(document)) if (found := _SLASH.match(code))}
    assert shown - listed == set()


def test_every_make_target_that_is_shown_exists(document: str):
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))

    shown = {word for line in typed(document) for word in re.findall(r"^make ([a-z-]+)", line)}
    assert shown - targets == set()


def test_decisions_are_numbered_without_a_gap_and_have_their_parts():
    records = [name for name in DOCUMENTS if name.startswith("docs/decisions/")]

    assert [int(name.removeprefix("docs/decisions/")[:4]) for name in records] == list(range(1, len(records) + 1))
    for place, name in enumerate(records, 1):
        assert re.match(rf"# {place}\. \S", text(name)), name
        assert re.findall(r"^## (\w+)$", text(name), re.MULTILINE) == ["Context", "Choice", "Price"], name


def test_the_readme_leads_to_every_document():
    linked = {target.partition("#")[0] for target in links("README.md")}
    written = {name for name in DOCUMENTS if name.startswith("docs/") and not name.startswith("docs/decisions/")}

    assert written - linked == set()


def test_the_readmes_figures_are_those_the_demo_prints_and_they_balance():
    (story,) = [block for language, block in code_blocks("README.md") if language == "text"]
    told = json.loads(story[story.index("{") :])["funnel"]

    assert list(told) == list(Funnel({}).figures())
    on_the_way = ("waiting", "sending", "sent", "refused", "in_doubt", "skipped", "lapsed")
    assert told["planned"] == sum(told[name] for name in on_the_way)
    assert told["sent"] == told["delivered"] + told["failed"] + told["expired"]


def _read_by_tests() -> set[str]:
    """Name what only tests and tools read from the environment."""
    tools = [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] != "bot"]
    return {name for path in tools for name in re.findall(r"environ\D*?\"([A-Z_]+)\"", path.read_text("utf-8"))}
