"""The machine's own Chromium: where it is, and how it is started so that it talks to nobody else."""

import shutil

from playwright.async_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",  # root in a container has no other choice; the only page is ours
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """Return the path of the first browser there is, None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


async def launch(playwright: Playwright) -> Browser:
    """Start it without a window. Raises RuntimeError when there is none."""
    path = find()
    if path is None:
        raise RuntimeError(f"No browser found; install one of {', '.join(NAMES)}.")
    return await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
