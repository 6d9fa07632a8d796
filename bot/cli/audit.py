"""`audit verify`: proves that no line of the audit chain was changed, removed or added behind our back."""

from typing import TYPE_CHECKING

import typer

from bot.cli import options

if TYPE_CHECKING:
    from bot.ports.storage import Transaction

app = typer.Typer(help="Check who did what.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _audit() -> None:
    """Keep `verify` a command of its own."""


@app.command()
def verify(database: options.DatabaseUrl = None) -> None:
    """Check the audit chain; exit status 1 if it is broken."""
    url = options.database_url(database)
    from bot.cli.opening import with_existing_storage

    lines, broken = with_existing_storage(url, lambda storage: storage.read(_judge))
    if broken is None:
        typer.echo(f"The audit chain holds: {lines} lines.")
        return
    typer.echo(
        f"The audit chain is broken at line {broken}: this line was changed, removed or added afterwards; "
        "compare it with a backup.",
        err=True,
    )
    raise typer.Exit(1)


def _judge(tx: "Transaction") -> tuple[int, int | None]:
    """Give the number of lines and the first broken one. A chain whose end is not on record begins and ends at 0."""
    from bot.domain.audit import GENESIS, verify

    head = tx.audit.head() or (0, GENESIS)
    return head[0], verify(tx.audit.rows(), head)
