"""The command line: one small module per subject; each command imports what it needs only when it runs."""

from typing import Annotated

import typer

from bot.cli import audit, database, doctor, optins, report, serving
from bot.cli.sentences import Sentences

app = typer.Typer(
    name="arauto",
    cls=Sentences,
    help="WhatsApp marketing campaigns from Slack: planned, approved, sent at most once, and truthfully counted.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(serving.serve)
app.command("demo")(serving.demo)
app.add_typer(serving.simulators, name="simulate")
app.command("migrate")(database.migrate)
app.add_typer(database.app, name="database")
app.command("doctor")(doctor.doctor)
app.add_typer(optins.app, name="optins")
app.add_typer(audit.app, name="audit")
app.command("report")(report.report)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        from importlib.metadata import version

        typer.echo(f"arauto {version('arauto')}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take what stands before the command."""
