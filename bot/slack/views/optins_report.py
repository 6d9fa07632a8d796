"""What became of an import of opt-ins."""

from bot.domain.people_sheet import ImportSheet, RefusedRow
from bot.ports.chat import ChatMessage
from bot.slack.views import reasons
from bot.slack.views.parts import context, fields, header, section
from bot.slack.views.phrases import code, line, number, people, plain

_ROWS_SHOWN = 15


def optins_report(sheet: ImportSheet) -> ChatMessage:
    """Draw the result: every row of the file is in exactly one of the counts."""
    title = "Trial run of an import" if sheet.is_dry_run else "Opt-ins imported"
    blocks = [
        header(f"📥 {title}: {plain(sheet.file_name, 100)}"),
        *fields(_counts(sheet)),
        *([section(_stopped(sheet))] if sheet.kept_stopped else []),
        *([section(_refused(sheet))] if sheet.first_refused else []),
        *([context("Nothing was saved: this was a trial run.")] if sheet.is_dry_run else []),
    ]
    counts = ", ".join(f"{label} {value}" for label, value in _counts(sheet)[:5])
    return ChatMessage(text=f"{title}: {line(sheet.file_name, 100)}. {counts}.", blocks=blocks)


def _counts(sheet: ImportSheet) -> list[tuple[str, str]]:
    pairs = [
        ("Rows", number(sheet.rows)),
        ("Added", number(sheet.added)),
        ("Updated", number(sheet.updated)),
        ("Unchanged", number(sheet.unchanged)),
        ("Refused", number(sheet.refused)),
    ]
    return [*pairs, ("Source", line(sheet.source, 100))] if sheet.source else pairs


def _stopped(sheet: ImportSheet) -> str:
    verb = "has" if sheet.kept_stopped == 1 else "have"
    return (
        f"✋ {people(sheet.kept_stopped)} in the file {verb} stopped before. The stop stays; they are not written to."
    )


def _refused(sheet: ImportSheet) -> str:
    rows = reasons.some([_row(row) for row in sheet.first_refused], _ROWS_SHOWN)
    missing = sheet.refused - len(sheet.first_refused)
    note = f"\n… and {number(missing)} further rows" if missing > 0 and len(sheet.first_refused) <= _ROWS_SHOWN else ""
    return "*Rows that were not taken*\n" + "\n".join(rows) + note


def _row(row: RefusedRow) -> str:
    value = f" ({code(row.value, 40)})" if row.value else ""
    return f"• Line {number(row.line)}: {line(row.reason, 100)}{value}"
