"""Runs every benchmark after the other, each in a process of its own, with the options given here.

Run with `python -m benchmarks`, or `make bench` for the short form. Ends with the worst of their exit statuses.
"""

import subprocess
import sys

ALL = (
    *("send_path", "rate", "webhooks", "both", "optins_import", "audience_preview", "planning", "growth", "cold_start"),
    *("both_engines", "fleet"),
)


def main(arguments: list[str]) -> int:
    """Run them."""
    commands = [[sys.executable, "-m", f"benchmarks.{name}", *arguments] for name in ALL]
    return max(subprocess.run(command, check=False).returncode for command in commands)  # noqa: S603 - our own


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
