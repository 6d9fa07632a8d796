"""Taking a file of opt-ins from Slack: judged while the form is open where there is time, reported either way."""

import asyncio
import io
import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

from bot.domain.csvfile import Refused
from bot.domain.errors import InvalidInputError
from bot.domain.people_sheet import ImportSheet, RefusedRow
from bot.domain.phone import mask
from bot.domain.roles import Actor, Role, require
from bot.services import importing
from bot.services.batching import Batch
from bot.services.importing import Importer, ImportOptions, ImportReport
from bot.slack import ids
from bot.slack.views.optins_modal import importing_modal
from bot.slack.views.optins_report import optins_report
from commands.desk import Desk
from commands.exchange import Exchange
from commands.typed import Typed

#: Slack waits three seconds for the answer; a small file is fetched and read as far as its header well within these.
_JUDGE_SECONDS: Final = 1.5
_NUMBER: Final = re.compile(r"\+?\d[\d\s().-]{5,}\d")


async def take_file(desk: Desk, actor: Actor, exchange: Exchange) -> None:
    """Import the file handed over; what is wrong with it as a whole shows at `file` if it is found in time."""
    require(actor, Role.MARKETER)
    typed = Typed(exchange.view)
    file = _file(typed)
    options = ImportOptions(
        file_name=str(file.get("name") or "file"),
        actor=actor.user,
        source=typed.text(ids.SOURCE),
        wording=typed.text(ids.WORDING),
        max_bytes=importing.SLACK_MAX_BYTES,
    )
    opening = asyncio.create_task(_open(desk, file, options))
    await asyncio.wait({opening}, timeout=_JUDGE_SECONDS)
    if opening.done():
        opening.result()
    await exchange.replace(importing_modal(options.file_name))
    report = await importing.run(desk.store, await opening, read=_in_thread, most_rows=importing.SERVING_ROWS)
    await exchange.tell(optins_report(_sheet(report, options)))


async def _in_thread(importer: Importer) -> AsyncGenerator[Batch, None]:
    """Judge in a thread, while the event loop serves others."""
    batches = importer.batches()
    while (batch := await asyncio.to_thread(next, batches, None)) is not None:
        yield batch


async def _open(desk: Desk, file: Mapping[str, Any], options: ImportOptions) -> Importer:
    content = await desk.files.download(file)
    try:
        return await asyncio.to_thread(Importer, lambda: io.BytesIO(content), options, desk.now())
    except InvalidInputError as wrong:
        raise InvalidInputError(str(wrong), field=ids.FILE) from wrong


def _file(typed: Typed) -> Mapping[str, Any]:
    files = typed.files(ids.FILE)
    if len(files) != 1:
        raise InvalidInputError("Hand over one CSV file.", field=ids.FILE)
    if int(files[0].get("size") or 0) > importing.SLACK_MAX_BYTES:
        megabytes = importing.SLACK_MAX_BYTES // 1_000_000
        sentence = f"The file is larger than {megabytes} MB. Split it, or import it with `arauto optins import`."
        raise InvalidInputError(sentence, field=ids.FILE)
    return files[0]


def _sheet(report: ImportReport, options: ImportOptions) -> ImportSheet:
    return ImportSheet(
        file_name=options.file_name,
        source=options.source,
        rows=report.rows,
        added=report.added,
        updated=report.updated,
        unchanged=report.unchanged,
        refused=report.refused,
        kept_stopped=report.kept_stopped,
        first_refused=[_masked(row) for row in report.first_refused],
        is_dry_run=report.is_dry_run,
    )


def _masked(row: Refused) -> RefusedRow:
    """Hide every number of a refused row: nobody reads a full one in Slack."""
    return RefusedRow(row.line, row.reason, _NUMBER.sub(lambda found: mask(found[0]), row.value))
