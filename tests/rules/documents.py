"""Reads the Markdown documents as their readers do: tables, code blocks, words in code type, links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.rules.repository import ROOT, text

_CODE: Final = re.compile(r"`([^`\n]+)`")
_FENCE: Final = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\[[^\]\n]+\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
_NOT_IN_ANCHOR: Final = re.compile(r"[^\w\- ]")


def documents() -> list[str]:
    """Name every Markdown file that people read, from the top of the repository."""
    paths = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in paths)


def table(document: str, name: str) -> list[list[str]]:
    """Give the cells of the table behind `<!-- name -->`, without its head."""
    behind = text(document).split(f"<!-- {name} -->\n", 1)[1]
    lines = behind.split("\n\n", 1)[0].splitlines()
    return [_cells(line) for line in lines[2:]]


def rows(document: str) -> list[list[str]]:
    """Give the rows of all tables of a document, heads left out."""
    lines = text(document).splitlines()
    return [_cells(line) for line in lines if line.startswith("|") and not _is_head(line, lines)]


def codes(written: str) -> list[str]:
    """Give what stands in code type, in order."""
    return _CODE.findall(written)


def first_words(document: str) -> list[str]:
    """Give what stands in code type in the first column of any table."""
    return [code for row in rows(document) for code in codes(row[0])]


def code_blocks(document: str) -> Iterator[tuple[str, str]]:
    """Give each fenced block with its language."""
    yield from _FENCE.findall(text(document))


def prose(document: str) -> str:
    """Give a document without its fenced blocks."""
    return _FENCE.sub("", text(document))


def links(document: str) -> list[str]:
    """Give the targets of all links within the repository."""
    targets = _LINK.findall(prose(document))
    return [target for target in targets if "://" not in target and not target.startswith("mailto:")]


def anchors(path: Path) -> set[str]:
    """Give the anchors of a file's headings as they are made on the web."""
    return {_NOT_IN_ANCHOR.sub("", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(path.read_text())}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _is_head(line: str, lines: list[str]) -> bool:
    place = lines.index(line)
    is_ruler = set(line) <= set("|-: ")
    return is_ruler or (place + 1 < len(lines) and set(lines[place + 1]) <= set("|-: ") and "-" in lines[place + 1])
