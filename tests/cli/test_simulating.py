"""The simulators as processes of their own: they say where they are, and go when told to."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.terminal import Terminal

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 30


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a command and wait for its first line; whatever happens, it does not outlive the test."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.parametrize("who", ["meta", "slack"])
def test_a_simulator_says_where_it_is_answers_and_ends_when_told(tmp_path: Path, who: str):
    with started(tmp_path, "simulate", who, "--port", "0") as (process, line):
        url = next(word for word in line.replace(",", " ").split() if word.startswith("http://127.0.0.1:"))
        answered = httpx.get(url, trust_env=False)
        process.send_signal(signal.SIGTERM)
        status = process.wait(PATIENCE_SECONDS)

    assert line.startswith(f"Simulated {who.capitalize()} at ")
    assert answered.status_code < 500
    assert status == 0


@pytest.mark.parametrize("who", ["meta", "slack"])
def test_a_port_that_is_taken_is_one_sentence(arauto: Terminal, who: str):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = arauto("simulate", who, "--port", str(port))

    assert answer.status == 2
    assert answer.err.startswith(f"--port {port} cannot be listened on: ")
    assert answer.err.count("\n") == 1


def test_a_profile_must_be_an_object(arauto: Terminal):
    answer = arauto("simulate", "meta", "--port", "0", "--profile", arauto.file("profile.json", "[1]"))

    assert answer.status == 2
    assert "must name a JSON file that holds one object" in answer.err


def test_a_profile_that_means_nothing_is_one_sentence(arauto: Terminal):
    answer = arauto("simulate", "meta", "--port", "0", "--profile", arauto.file("profile.json", '{"nonsense": 1}'))

    assert answer.status == 2
    assert "unknown field `nonsense`" in answer.err
    assert answer.err.count("\n") == 1
