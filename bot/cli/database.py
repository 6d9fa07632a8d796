"""`migrate`: brings the database to the newest schema."""

import typer

from bot.cli import options


def migrate(database: options.DatabaseUrl = None) -> None:
    """Bring the database to the newest schema; does nothing if it is there already."""
    url = options.database_url(database)
    import storage

    steps = storage.migrate(url)
    for step in steps:
        typer.echo(f"applied {step}")
    if not steps:
        typer.echo("The database has the newest schema already.")
