"""`optins import`, `stop`, `resume` and `erase`: the operator's way to people's consent."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from bot.cli import options
from bot.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from bot.domain.csvfile import Refused
    from bot.ports.storage import Storage
    from bot.services.importing import Importer, ImportReport

T = TypeVar("T")

app = typer.Typer(
    help="Import people's opt-ins; stop, resume or erase one person.", no_args_is_help=True, rich_markup_mode=None
)

#: Who acts, in consent history and audit rows.
ACTOR: Final = "cli"
_SOURCE: Final = "told us, noted on the command line"
#: A smaller file is judged before a process that would do it has started.
_WORTH_A_PROCESS: Final = 2_000_000
_OWNER_ONLY: Final = 0o600

Country = Annotated[
    str | None,
    typer.Option("--country", metavar="CC", help="Country of numbers without +, two letters such as BR."),
]


Phone = Annotated[str, typer.Argument(metavar="PHONE", help="The number, with + and country code.")]


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header row; `phone` is required.")],
    source: Annotated[str, typer.Option("--source", help="Where rows without a source come from.")] = "",
    wording: Annotated[str, typer.Option("--wording", help="What people agreed to, for rows without wording.")] = "",
    country: Country = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Gets a line for every refused row.")
    ] = None,
    database: options.DatabaseUrl = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Import opt-ins; one bad row never stops the others. Exit status 0 if at least one row was imported."""
    url = options.database_url(database)
    from bot.cli.opening import with_storage
    from bot.domain.phone import check_region
    from bot.runtime.clock import SystemClock
    from bot.runtime.judge import rarely_collecting, read_chunks
    from bot.services.importing import Importer, ImportOptions

    given = ImportOptions(
        file_name=file.name,
        actor=ACTOR,
        source=source,
        wording=wording,
        default_region=None if country is None else check_region(country),
        is_dry_run=dry_run,
    )
    with rarely_collecting():
        importer = Importer(partial(read_chunks, file), given, SystemClock().now())
        is_large = file.stat().st_size > _WORTH_A_PROCESS
        done = with_storage(url, lambda storage: _run(storage, importer, file, report, is_large=is_large))
    typer.echo(summary(done))
    if not done.imported:
        raise typer.Exit(1)


@app.command()
def stop(
    phone: Phone,
    wording: Annotated[str, typer.Option("--wording", help="What they said or wrote.")] = "",
    source: Annotated[str, typer.Option("--source", help="How it reached us: a letter, a call.")] = _SOURCE,
    country: Country = None,
    database: options.DatabaseUrl = None,
) -> None:
    """Record that somebody wants nothing more: nothing is sent to them from now on, and no import lifts it."""
    from bot.services import attending

    people = _one_person(attending.stop_address, phone, country, database, source=source, wording=wording)
    typer.echo(f"Stopped. People on record under this number: {len(people)}.")


@app.command()
def resume(
    phone: Phone,
    wording: Annotated[str, typer.Option("--wording", help="What they agreed to anew.")],
    source: Annotated[str, typer.Option("--source", help="How it reached us: a letter, a call.")] = _SOURCE,
    country: Country = None,
    database: options.DatabaseUrl = None,
) -> None:
    """Record that somebody came back to us: a new consent, which lifts our stop, never one made in WhatsApp itself."""
    from bot.domain.consent import Standing
    from bot.services import attending

    people = _one_person(attending.resume_address, phone, country, database, source=source, wording=wording)
    typer.echo(f"The new consent is on record. People on record under this number: {len(people)}.")
    if any(person.standing & Standing.WHATSAPP_STOPPED for person in people):
        typer.echo(f"Nothing is sent all the same: {attending.STOPPED_IN_WHATSAPP}")


@app.command()
def erase(
    phone: Phone,
    country: Country = None,
    database: options.DatabaseUrl = None,
) -> None:
    """Erase one person: the number, the name and every attribute go, totals stay."""
    from bot.services import attending

    erased = _one_person(attending.erase, phone, country, database)
    typer.echo(f"Erased. People on record under this number: {len(erased)}.")


def _one_person(
    act: Callable[..., list[T]], phone: str, country: str | None, database: str | None, **said: str
) -> list[T]:
    """Do something to whoever is on record under a number; gives what it gives for each row."""
    url = options.database_url(database)
    from bot.cli.opening import with_existing_storage
    from bot.domain.phone import check_region
    from bot.runtime.clock import SystemClock

    region = None if country is None else check_region(country)
    work = partial(act, text=phone, actor=ACTOR, now=SystemClock().now(), default_region=region, **said)
    return with_existing_storage(url, lambda storage: storage.write(work))


def summary(report: "ImportReport") -> str:
    """Say in one line what became of the rows."""
    done = "would be " if report.is_dry_run else ""
    return (
        f"{report.rows} rows: {report.added} {done}added, {report.updated} {done}updated, "
        f"{report.unchanged} unchanged, {report.refused} refused; {report.kept_stopped} stay stopped."
    )


async def _run(
    storage: "Storage", importer: "Importer", file: Path, report: Path | None, *, is_large: bool
) -> "ImportReport":
    from bot.runtime.clock import SystemClock
    from bot.runtime.giving_way import GivingWay
    from bot.runtime.judging import in_process
    from bot.services import importing

    with _reporting(report) as write, _progress(file) as show:
        return await importing.run(
            storage,
            importer,
            read=in_process if is_large else importing.here,
            rest=GivingWay(storage, SystemClock()).rest,
            on_refused=write,
            on_progress=show,
        )


@contextmanager
def _reporting(path: Path | None) -> Iterator[Callable[["Refused"], None] | None]:
    """Open the report; it holds phone numbers, so only its owner may read it."""
    if path is None:
        yield None
        return
    try:
        path.touch(mode=_OWNER_ONLY)
        file = path.open("w", encoding="utf-8", newline="\n")
    except OSError as problem:
        raise InvalidInputError(f"The report {path} cannot be written: {problem.strerror}.") from problem

    def write(refused: "Refused") -> None:
        file.write(f"{refused}\n")

    with file:
        yield write


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr while it is a terminal; gives what to call with the bytes read so far."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("Importing", total=file.stat().st_size)

        def show(bytes_read: int) -> None:
            bar.update(task, completed=bytes_read)

        yield show
