"""Arguments that several commands take, and the settings behind them."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.settings import Settings

DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", help="The database; default: DATABASE_URL.", show_default=False),
]


def settings() -> "Settings":
    """Read all settings from the environment and from .env of the working directory; raises ConfigurationError."""
    from bot.settings import load

    return load(os.environ)


def database_url(given: str | None) -> str:
    """Say which database is meant: the option's, else the setting's; raises ConfigurationError."""
    from bot import setting_kinds
    from bot.settings import load_database_url

    if given is None:
        return load_database_url(os.environ)
    try:
        return setting_kinds.database_url(given)
    except ValueError as problem:
        raise typer.BadParameter(f"--database {problem}.") from problem
