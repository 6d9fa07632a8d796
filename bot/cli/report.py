"""`report`: a campaign's figures as one JSON line, and its people as an operator's CSV."""

import csv
import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli import options
from bot.domain.errors import ConflictError, InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from bot.domain.campaign import Campaign
    from bot.domain.instants import Millis
    from bot.ports.recipients import ReportRow
    from bot.ports.storage import Storage, Transaction

COLUMNS: Final = (
    *("phone", "dispatch", "delivery", "code", "reason", "wamid", "route"),
    *("accepted_at", "sent_at", "delivered_at", "read_at", "clicked_at"),
)
_ACTOR: Final = "cli"
_OWNER_ONLY: Final = 0o600


def report(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its ID, or its name where that is unique.")],
    file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write one row per planned person, with full numbers.")
    ] = None,
    database: options.DatabaseUrl = None,
) -> None:
    """Print a campaign's figures as one JSON line."""
    url = options.database_url(database)
    from bot.cli.opening import with_existing_storage
    from bot.runtime.clock import SystemClock

    figures = with_existing_storage(url, partial(_report, name=campaign, file=file, now=SystemClock().now()))
    typer.echo(figures)


async def _report(storage: "Storage", *, name: str, file: Path | None, now: "Millis") -> str:
    campaign = await storage.read(partial(find, name=name))
    if file is not None:
        # On record before a number leaves the database, whatever becomes of the file.
        await storage.write(partial(_record_export, campaign=campaign, now=now))
        await storage.read(partial(_export, campaign=campaign, file=file))
    return await storage.read(partial(figures, campaign=campaign))


def find(tx: "Transaction", name: str) -> "Campaign":
    """Find a campaign by its ID or its exact name; raises NotFoundError, or ConflictError where several bear it."""
    found = tx.campaigns.find(name)
    if not found:
        raise NotFoundError(f"There is no campaign “{name}”; `/campaign list` in Slack shows the IDs.")
    if len(found) > 1:
        ids = ", ".join(campaign.token for campaign in found)
        raise ConflictError(f"{len(found)} campaigns are called “{name}”; name one by its ID: {ids}.")
    return found[0]


def figures(tx: "Transaction", campaign: "Campaign") -> str:
    """Write a campaign's state and figures as one JSON line."""
    from bot.domain.funnel import Funnel

    current = tx.campaigns.get(campaign.id) or campaign
    funnel = Funnel(tx.campaigns.tallies(campaign.id), tx.campaigns.meta_clicks(campaign.id))
    line = {"campaign": current.token, "state": current.state, "funnel": funnel.figures()}
    return json.dumps(line, ensure_ascii=False)


def cells(row: "ReportRow") -> list[str]:
    """Give one line of the CSV: what could be a formula begins with an apostrophe, a phone's `+` stays."""
    from bot.domain.csvfile import as_cell
    from bot.domain.instants import to_iso

    person = row.recipient
    times = (person.accepted_at, person.sent_at, person.delivered_at, person.read_at, person.clicked_at)
    facts = (person.dispatch, person.delivery, person.code, person.reason, person.wamid, person.route)
    texts = (row.address, *("" if fact is None else str(fact) for fact in facts), *map(to_iso, times))
    return [as_cell(text) for text in texts]


def _record_export(tx: "Transaction", campaign: "Campaign", now: "Millis") -> None:
    from bot.ports.records import AuditEntry

    tx.audit.append(AuditEntry(at=now, actor=_ACTOR, action="report exported", subject=f"campaign {campaign.token}"))


def _export(tx: "Transaction", campaign: "Campaign", file: Path) -> None:
    # Written while the rows are read, so that memory stays flat; only this command waits for the disk.
    _write_csv(file, tx.recipients.rows(campaign.id), cells)


def _write_csv(file: Path, rows: Iterable["ReportRow"], as_cells: Callable[["ReportRow"], list[str]]) -> None:
    """Write the file, which only its owner may read."""
    try:
        file.touch(mode=_OWNER_ONLY)
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(map(as_cells, rows))
    except OSError as problem:
        raise InvalidInputError(f"The file {file} cannot be written: {problem.strerror}.") from problem
