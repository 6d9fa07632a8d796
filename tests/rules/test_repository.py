"""What holds for the files of this repository as such: locked dependencies, no traces of a machine, a changelog."""

import re
import tomllib
from typing import Any

import pytest

from tests.rules.repository import ROOT, files, text

LOCKS = ("requirements.txt", "requirements-dev.txt")
#: Homes of people and of builds; written in two parts so that this file keeps its own rule.
LOCAL_PATHS = re.compile(
    "|".join(["/" + "home/", "/" + "Users/", "/" + "root/", "/" + "tmp/wt", "/" + "work/", r"C:\\" + "Users"])
)
BINARY = {".png", ".jpg", ".gif", ".ico", ".woff2", ".db"}


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(text("pyproject.toml"))["project"]
    return found


def requirements(lock: str) -> list[str]:
    """Give the entries of a lock file, each with all its continued lines."""
    joined = text(lock).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def name_of(requirement: str) -> str:
    """Spell a requirement's name as package indexes compare it."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_one_version_and_hashes(lock: str):
    for requirement in requirements(lock):
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^\s=]+ ", requirement), requirement[:80]
        assert "--hash=sha256:" in requirement, requirement[:80]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place_to_download_from(lock: str):
    written = text(lock)

    assert "://" not in written
    assert "--index-url" not in written
    assert "--find-links" not in written


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_locked(lock: str):
    locked = {name_of(requirement) for requirement in requirements(lock)}

    assert {name_of(wanted) for wanted in project()["dependencies"]} <= locked


def test_what_runs_is_tested_in_the_same_version():
    def pins(lock: str) -> set[str]:
        return {requirement.split(" ")[0] for requirement in requirements(lock)}

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_no_file_names_a_path_of_somebodys_machine():
    texts = [path for path in files() if path.suffix not in BINARY]

    naming = [str(path.relative_to(ROOT)) for path in texts if LOCAL_PATHS.search(path.read_text("utf-8"))]

    assert texts
    assert naming == []


def test_the_changelog_has_the_version_and_a_place_for_the_next():
    headings = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", text("CHANGELOG.md"), re.MULTILINE)

    assert headings[0] == ("Unreleased", "")
    assert headings[1][0] == project()["version"]
    assert all(day for _, day in headings[1:])


def test_the_changelogs_groups_are_those_of_keep_a_changelog():
    groups = set(re.findall(r"^### (.+)$", text("CHANGELOG.md"), re.MULTILINE))

    assert groups <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
