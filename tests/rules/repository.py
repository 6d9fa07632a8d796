"""Finds the repository's own files, for the rules they must keep."""

import re
import subprocess
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
#: `.env.example` and docs name a variable at these places.
_EXAMPLE_LINE: Final = re.compile(r"^#?([A-Z_]+)=(.*)$", re.MULTILINE)
_TABLE_ROW: Final = re.compile(r"^\| `([A-Z_]+)` \| .* \| (.*) \|$", re.MULTILINE)


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text("manifest.yml"))
    return found


def example_variables() -> dict[str, str]:
    """Give what `.env.example` names, commented out or not, with the value it shows."""
    return dict(_EXAMPLE_LINE.findall(text(".env.example")))


def documented_variables() -> dict[str, str]:
    """Give what docs/configuration.md has a row for, with what it says of the default."""
    return dict(_TABLE_ROW.findall(text("docs/configuration.md")))


def files() -> list[Path]:
    """List the files under version control, or, where this is no checkout, everything that could be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and not _is_made(path.relative_to(ROOT))]


def _is_made(path: Path) -> bool:
    """Tell whether a file is made by a tool: caches, the virtual environment, builds."""
    return any(
        part in {"__pycache__", "build", "dist"} or part.endswith(("_cache", ".egg-info")) for part in path.parts
    ) or (path.parts[0] in {".venv", ".git", ".hypothesis"})
