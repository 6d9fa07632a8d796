"""A working directory of its own for every test, with nothing of this machine's environment in it."""

from pathlib import Path

import pytest

from bot.settings import variables
from tests.cli.terminal import Terminal


@pytest.fixture
def arauto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for variable in variables():
        monkeypatch.delenv(variable.name, raising=False)
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path)
