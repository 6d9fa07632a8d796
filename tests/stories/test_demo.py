"""The demo plays itself as a process of its own, and says by its exit status whether the books balance."""

import json
import subprocess
import sys

import pytest


@pytest.mark.timeout(300)
def test_the_demo_plays_itself_and_its_books_balance():
    demo = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--auto", "--contacts", "200"],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert demo.returncode == 0, demo.stdout[-2_000:] + demo.stderr[-2_000:]
    last = json.loads(demo.stdout.splitlines()[-1])
    funnel = last["funnel"]
    parts = ("waiting", "sending", "sent", "refused", "in_doubt", "skipped", "lapsed")
    assert set(last) == {"campaign", "funnel"}
    assert funnel["planned"] == sum(funnel[part] for part in parts) > 100
    assert funnel["read"] <= funnel["delivered"] <= funnel["sent"]
    assert funnel["waiting"] == funnel["sending"] == 0
