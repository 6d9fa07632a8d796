"""`migrate` and `database copy`: what an operator does to a whole database."""

from typing import Annotated

import typer

from bot.cli import options

app = typer.Typer(help="Move to another database.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _database() -> None:
    """Keep `copy` a command of its own."""


def migrate(database: options.DatabaseUrl = None) -> None:
    """Bring the database to the newest schema; does nothing if it is there already."""
    url = options.database_url(database)
    import storage

    steps = storage.migrate(url)
    for step in steps:
        typer.echo(f"applied {step}")
    if not steps:
        typer.echo("The database has the newest schema already.")


@app.command()
def copy(
    source: Annotated[str, typer.Option("--from", metavar="URL", help="The SQLite database, not served from.")],
    target: Annotated[str, typer.Option("--to", metavar="URL", help="An empty PostgreSQL database.")],
) -> None:
    """Copy everything and prove it by counts and hashes; broken off, the same command goes on where it stopped."""
    import storage

    old, new = options.database_url(source), options.database_url(target)
    for table in storage.copy_database(old, new, _show):
        typer.echo(f"{table.table}: {table.rows} rows, sha256 {table.sha256}")
    typer.echo("The copy is the same as the source; set DATABASE_URL to it and start `arauto serve`.")


def _show(table: str, rows: int) -> None:
    typer.echo(f"{table}: {rows} copied", err=True)
