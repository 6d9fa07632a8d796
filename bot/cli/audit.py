"""`audit verify`: proves that no line of the audit chain was changed, removed or added behind our back."""

import typer

from bot.cli import options

app = typer.Typer(help="The audit chain.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _audit() -> None:
    """Keep `verify` a command of its own."""


@app.command()
def verify(database: options.DatabaseUrl = None) -> None:
    """Check the audit chain; exit status 1 if it is broken."""
    url = options.database_url(database)
    from bot.cli.opening import with_storage
    from bot.domain.audit import verify as find_broken

    broken = with_storage(url, lambda storage: storage.read(lambda tx: find_broken(tx.audit.rows())))
    if broken is None:
        typer.echo("The audit chain holds.")
        return
    typer.echo(
        f"The audit chain is broken at line {broken}: it, or the line before it, is not as it was written. "
        "Compare it with a backup.",
        err=True,
    )
    raise typer.Exit(1)
