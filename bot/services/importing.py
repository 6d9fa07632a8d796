"""Importing opt-ins: every row of a file ends as added, updated, unchanged or refused, and is counted once.

A file is read twice, in flat memory: once to find the numbers that may occur again, once to take the rows. Each batch
is one transaction, so an import may run beside everything else; running it again changes nothing.
"""

import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

from bot.domain.csvfile import CsvFile, Refused, ScatteredCellError
from bot.domain.instants import Millis
from bot.domain.optin_rows import OptInReader
from bot.domain.repeats import repeated_endings
from bot.ports.people import ImportRun
from bot.ports.records import AuditEntry
from bot.ports.storage import Storage, Transaction
from bot.services.batching import BATCH_ROWS, WINDOW_ROWS, Batch, OpenFile, read_batches
from bot.services.enrolling import Enrolments, enrol, judge

#: Rows of one transaction in a process that answers webhooks meanwhile, each within 100 ms.
SERVING_ROWS = 1_000
#: Rows of one transaction where many are of people on record, each of whom takes as long as twenty new ones.
KNOWN_ROWS = 500
#: What Slack's file input takes; the command line has no limit.
SLACK_MAX_BYTES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the command says: `source` and `wording` are for rows that have none of their own."""

    file_name: str
    actor: str
    source: str = ""
    wording: str = ""
    default_region: str | None = None
    is_dry_run: bool = False
    max_bytes: int | None = None


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What became of the rows: `rows` = added + updated + unchanged + refused.

    `kept_stopped` of those taken are still under a stop, which no import lifts. `first_refused` are a few for a view.
    """

    rows: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    kept_stopped: int = 0
    is_dry_run: bool = False
    first_refused: list[Refused] = field(default_factory=list)

    REFUSED_SHOWN = 20

    @property
    def imported(self) -> int:
        """Count the rows that were taken."""
        return self.added + self.updated + self.unchanged

    def add(self, refused: tuple[Refused, ...], enrolments: Enrolments) -> None:
        """Count one batch."""
        self.rows += len(enrolments.newcomers) + len(enrolments.known) + len(refused)
        self.added += len(enrolments.newcomers)
        for enrolment in enrolments.known:
            self.added += enrolment.is_new
            self.updated += enrolment.is_changed and not enrolment.is_new
            self.unchanged += not enrolment.is_changed
            self.kept_stopped += enrolment.is_stopped
        self.refused += len(refused)
        self.first_refused.extend(refused[: self.REFUSED_SHOWN - len(self.first_refused)])


class Importer:
    """One file on its way in, in steps that `run` puts into transactions."""

    #: What became of the rows so far.
    report: ImportReport

    def __init__(self, open_file: OpenFile, options: ImportOptions, now: Millis) -> None:
        """Read the file once, for its fingerprint and for numbers that may occur again.

        Takes seconds for a million rows, so an event loop leaves this to a thread. Raises InvalidInputError if the
        file as a whole cannot be read: nothing is written then.
        """
        self._open_file = open_file
        self._options = options
        self._now = now
        self._default_source = options.source or f"file {options.file_name}"
        self.report = ImportReport(is_dry_run=options.is_dry_run)
        try:
            self._repeated, self._sha256 = self._look_for_repeats(CsvFile.scanned_phones)
        except ScatteredCellError:
            self._repeated, self._sha256 = self._look_for_repeats(CsvFile.phones)

    def _look_for_repeats(self, phones: Callable[[CsvFile], Iterator[list[str]]]) -> tuple[frozenset[int], str]:
        """Read the whole file; gives the endings that occur again, and the SHA-256 of all bytes."""
        fingerprint = hashlib.sha256()
        file = CsvFile(_passing(self._open_file(), fingerprint.update), max_bytes=self._options.max_bytes)
        repeated = repeated_endings(phones(file), self._options.default_region)
        return repeated, fingerprint.hexdigest()

    @property
    def is_dry_run(self) -> bool:
        """Tell whether nothing is to be written."""
        return self._options.is_dry_run

    def begin(self, tx: Transaction) -> int:
        """Open the import's record; gives its id."""
        return tx.imports.start(self._record())

    def batches(self, window_rows: int = WINDOW_ROWS) -> Iterator[Batch]:
        """Read the rows into batches, putting so many in order together."""
        file = CsvFile(self._open_file(), max_bytes=self._options.max_bytes)
        reader = OptInReader(
            file.columns,
            default_region=self._options.default_region,
            default_source=self._default_source,
            default_wording=self._options.wording,
            now=self._now,
        )
        return read_batches(file, reader, self._repeated, window_rows)

    def foresee(self, tx: Transaction, batch: Batch) -> Enrolments:
        """Say what saving a batch would do, without writing anything."""
        return judge(tx, batch.opt_ins)

    def save(self, tx: Transaction, import_id: int, batch: Batch) -> Enrolments:
        """Write a batch: the people and their consent."""
        return enrol(tx, batch.opt_ins, evidence=f"import {import_id}", actor=self._options.actor, now=self._now)

    def finish(self, tx: Transaction, import_id: int) -> None:
        """Close the import's record and write down who imported what."""
        tx.imports.finish(import_id, self._record(finished_at=self._now))
        report = self.report
        counts = {"added": report.added, "updated": report.updated, "unchanged": report.unchanged}
        tx.audit.append(
            AuditEntry(
                at=self._now,
                actor=self._options.actor,
                action="opt-ins imported",
                subject=f"import {import_id}",
                detail={"file": self._options.file_name, "sha256": self._sha256, **counts, "refused": report.refused},
            )
        )

    def _record(self, finished_at: Millis | None = None) -> ImportRun:
        return ImportRun(
            source=self._options.source,
            wording=self._options.wording,
            file_name=self._options.file_name,
            file_sha256=self._sha256,
            actor=self._options.actor,
            started_at=self._now,
            rows=self.report.rows,
            added=self.report.added,
            updated=self.report.updated,
            refused=self.report.refused,
            finished_at=finished_at,
        )


#: Reads an importer's batches somewhere: in this thread, in another, in another process.
ReadBatches = Callable[[Importer], AsyncGenerator[Batch, None]]


async def here(importer: Importer) -> AsyncGenerator[Batch, None]:
    """Judge where the event loop runs, which serves nobody else meanwhile."""
    for batch in importer.batches():
        yield batch


async def run(
    storage: Storage,
    importer: Importer,
    *,
    read: ReadBatches = here,
    most_rows: int = BATCH_ROWS,
    rest: Callable[[], Awaitable[object]] | None = None,
    on_refused: Callable[[Refused], None] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Import a whole file, or in a dry run only say what would happen: the one way in for Slack and command line.

    `on_refused` gets every refused row once, `on_progress` the bytes read so far. Judging takes up to half a second
    at a time: a process that serves others hands in a `read` that does it elsewhere (`bot.runtime.judging`), and a
    smaller number of rows for one transaction. `rest` is awaited after each transaction.
    """
    import_id = None if importer.is_dry_run else await storage.write(importer.begin)
    at_once = KNOWN_ROWS
    async with aclosing(read(importer)) as batches:
        async for batch in batches:
            for part in batch.parts(at_once):
                enrolments = await _take(storage, importer, import_id, part)
                importer.report.add(part.refused, enrolments)
                has_many_known = len(enrolments.known) > len(enrolments.newcomers) // 10
                at_once = KNOWN_ROWS if has_many_known else most_rows
                if rest:
                    await rest()
            if on_refused:
                for refused in batch.refused:
                    on_refused(refused)
            if on_progress:
                on_progress(batch.bytes_read)
    if import_id is not None:
        await storage.write(partial(importer.finish, import_id=import_id))
    return importer.report


async def _take(storage: Storage, importer: Importer, import_id: int | None, batch: Batch) -> Enrolments:
    if import_id is None:
        return await storage.read(partial(importer.foresee, batch=batch))
    return await storage.write(partial(importer.save, import_id=import_id, batch=batch))


def _passing(chunks: Iterable[bytes], look: Callable[[bytes], object]) -> Iterator[bytes]:
    for chunk in chunks:
        look(chunk)
        yield chunk
