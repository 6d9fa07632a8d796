"""The lock file: one serving process for a database, and none left behind by a dead one."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.domain.errors import ConfigurationError
from storage import exclusive, open_storage
from tests.builders import NOW, TestClock

_HOLD = """
import sys
from storage import exclusive
with exclusive(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(url: str) -> subprocess.Popen[str]:
    """Start another process that holds the lock until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_server_is_refused_with_what_to_do(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/arauto.db"

    with exclusive(url), pytest.raises(ConfigurationError, match="Another `arauto serve`"), exclusive(url):
        pass
    with exclusive(url):
        pass


def test_a_killed_server_leaves_no_lock(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/arauto.db"
    with _holder(url) as process:
        with pytest.raises(ConfigurationError), exclusive(url):
            pass
        process.kill()

    with exclusive(url):
        pass


async def test_a_command_writes_beside_the_server(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/arauto.db"
    with exclusive(url):
        server, command = open_storage(url, clock=TestClock()), open_storage(url, clock=TestClock())

        await server.write(lambda tx: tx.switches.set("a", "server", NOW))
        await command.write(lambda tx: tx.switches.set("a", "command", NOW))

        assert await server.read(lambda tx: tx.switches.get("a")) == "command"
        await command.close()
        await server.close()
