"""Types commands as an operator would, and fills the database they work on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from typer.testing import CliRunner

from bot.cli import app
from bot.cli.opening import with_storage
from bot.ports.storage import Transaction

T = TypeVar("T")

#: Everything that has no default.
REQUIRED = {
    "SLACK_BOT_TOKEN": "xoxb-simulated",
    "SLACK_SIGNING_SECRET": "slack-signing-secret",
    "META_ACCESS_TOKEN": "EAAsimulated",
    "META_APP_SECRET": "meta-app-secret",
    "META_VERIFY_TOKEN": "meta-verify-token",
    "META_WABA_ID": "102290129340398",
    "META_PHONE_NUMBER_IDS": "106540352242922",
    "ARAUTO_APPROVAL_CHANNEL": "C0APPROVALS",
}


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Terminal:
    """A working directory with commands typed into it."""

    folder: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'arauto.db'}"

    def __call__(self, *arguments: str) -> Answer:
        """Run `arauto` with these arguments."""
        result = CliRunner().invoke(app, arguments, prog_name="arauto")
        return Answer(result.exit_code, result.stdout, result.stderr)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Change the database behind the commands' back."""
        return with_storage(self.url, lambda storage: storage.write(work))

    def read(self, work: Callable[[Transaction], T]) -> T:
        return with_storage(self.url, lambda storage: storage.read(work))

    def file(self, name: str, text: str) -> str:
        """Put a file into the working directory; gives its path."""
        path = self.folder / name
        path.write_bytes(text.encode())
        return str(path)
