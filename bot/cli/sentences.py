"""Turns what went wrong into one clear sentence on stderr and an exit status, never a traceback."""

import sys
from collections.abc import Sequence
from typing import Any, Final

from typer._click.exceptions import ClickException  # typer carries click inside and gives this name no public home
from typer.core import TyperGroup

from bot.domain.errors import ArautoError, ConfigurationError

#: A wrong setting or argument.
WRONG_USE: Final = 2


class Sentences(TyperGroup):
    """The root command: every error that a person can mend ends here, whichever command raised it."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 - typer's signature
        windows_expand_args: bool = True,  # noqa: FBT001, FBT002 - typer's signature
        **extra: Any,
    ) -> Any:
        """Run a command and end the process with its status; without `standalone_mode` errors are raised instead."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            status = super().main(
                args,
                prog_name,
                complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )
        except ClickException as wrong:
            _end(_with_help(wrong))
        except (ArautoError, ConfigurationError) as wrong:
            _end(str(wrong))
        sys.exit(status if isinstance(status, int) else 0)


def _with_help(wrong: ClickException) -> str:
    """Say what is wrong with the arguments, and where all of them are listed."""
    context = getattr(wrong, "ctx", None)
    hint = "" if context is None else f" See `{context.command_path} --help`."
    what = wrong.format_message().removeprefix("Invalid value: ").rstrip(".?")
    return f"{what}.{hint}"


def _end(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(WRONG_USE)
