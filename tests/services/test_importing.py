import csv
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.consent import ConsentEvent, ConsentKind, Standing
from bot.domain.csvfile import Refused
from bot.domain.errors import InvalidInputError
from bot.domain.instants import DAY, Millis
from bot.ports.people import Person
from bot.services.batching import WINDOW_ROWS
from bot.services.importing import KNOWN_ROWS, Importer, ImportOptions, ImportReport, run
from tests.fakes import FakeStorage, FakeTransaction

NOW = Millis(1_795_000_000_000)  # 2026-11-18T11:06:40Z
ANA, BEA, CY = "+5511999991234", "+12025550123", "+31612345678"


class Import:
    """One import into the given books, and everything it reported."""

    def __init__(
        self, data: str | bytes, tx: FakeTransaction | None = None, now: Millis = NOW, **options: object
    ) -> None:
        self.tx = tx or FakeTransaction()
        self.storage = FakeStorage(self.tx)
        self.refused = list[Refused]()
        self.progress: list[int] = []
        self.data = data.encode() if isinstance(data, str) else data
        self._importer = Importer(
            lambda: iter([self.data]), ImportOptions(file_name="fair.csv", actor="U1", **options), now
        )

    async def run(self) -> ImportReport:
        return await run(self.storage, self._importer, on_refused=self.refused.append, on_progress=self.progress.append)

    def person(self, address: str) -> Person:
        found = self.tx.people.find(address)
        assert found is not None
        return found


def figures(report: ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.refused


async def test_a_row_becomes_a_person_with_their_consent():
    job = Import(f"phone,name,language,tags,opted_in_at,city\n{ANA},Ana Silva,pt-br,vip;new,2026-03-31,Recife\n")

    report = await job.run()

    ana = job.person(ANA)
    assert figures(report) == (1, 0, 0, 0)
    assert (ana.name, ana.language, ana.tags, ana.attributes) == (
        "Ana Silva",
        "pt_BR",
        {"vip", "new"},
        {"city": "Recife"},
    )
    assert (ana.country, ana.market, ana.identity, ana.standing) == ("BR", "Brazil", "5511999991234", Standing.OPTED_IN)
    assert job.tx.consents.history(ana.id) == [
        ConsentEvent(
            kind=ConsentKind.OPT_IN,
            at=Millis(1_774_915_200_000),
            source="file fair.csv",
            wording="",
            evidence="import 1, line 2",
            actor="U1",
        )
    ]


async def test_the_row_speaks_before_the_command():
    job = Import(f"phone,source,wording\n{ANA},shop,I agree\n{BEA},,\n", source="fair", wording="Yes")

    await job.run()

    said = [job.tx.consents.history(job.person(phone).id)[0] for phone in (ANA, BEA)]
    assert [(event.source, event.wording, event.at) for event in said] == [
        ("shop", "I agree", NOW),
        ("fair", "Yes", NOW),
    ]


async def test_a_row_without_a_time_is_an_opt_in_as_of_now():
    job = Import(f"phone\n{ANA}\n")

    await job.run()

    assert job.person(ANA).opted_in_at == NOW


async def test_the_same_file_again_changes_nothing():
    data = f"phone,name,opted_in_at\n{ANA},Ana,2026-03-31\n{BEA},Bea,\n"
    first = Import(data)
    await first.run()
    again = Import(data, first.tx, now=Millis(NOW + DAY))

    report = await again.run()

    assert figures(report) == (0, 0, 2, 0)
    assert [len(lines) for lines in first.tx.consents.lines.values()] == [1, 1]


async def test_news_about_a_person_is_an_update():
    tx = FakeTransaction()
    await Import(f"phone,name\n{ANA},Ana\n{BEA},Bea\n{CY},Cy\n", tx).run()

    report = await Import(f"phone,name,tags\n{ANA},Ana Silva,\n{BEA},,vip\n{CY},,\n", tx).run()

    assert figures(report) == (0, 2, 1, 0)
    assert {person.name for person in tx.people.rows.values()} == {"Ana Silva", "Bea", "Cy"}


async def test_consent_with_other_words_is_written_down():
    tx = FakeTransaction()
    await Import(f"phone\n{ANA}\n", tx, source="fair").run()

    report = await Import(f"phone\n{ANA}\n", tx, source="shop").run()

    assert figures(report) == (0, 1, 0, 0)
    assert [event.source for event in tx.consents.history(1)] == ["fair", "shop"]


async def test_of_a_phone_twice_in_a_file_the_last_row_wins_and_the_earlier_is_reported():
    job = Import(f"phone,name,city\n{ANA},Old,Recife\n{BEA},Bea,\n+55 11 99999-1234,Mid,\n{ANA},New,\n")

    report = await job.run()

    assert figures(report) == (2, 0, 0, 2)
    assert (job.person(ANA).name, job.person(ANA).attributes) == ("New", {})
    assert [(row.line, row.value) for row in job.refused] == [(2, ANA), (4, ANA)]
    assert [row.reason for row in job.refused][-1] == "The same number stands in line 5 again, and the last row wins."


async def test_a_phone_that_is_scattered_over_lines_is_known_for_the_same():
    job = Import(f'phone,name\n"+55 11\n99999-1234",Old\n{BEA},Bea\n{ANA},New\n')

    report = await job.run()

    assert figures(report) == (2, 0, 0, 1)
    assert job.person(ANA).name == "New"
    assert [row.line for row in job.refused] == [2]


async def test_a_file_that_changes_between_its_two_readings_harms_nobody():
    tx = FakeTransaction()
    readings = iter([f"phone,name\n{BEA},Bea\n", f"phone,name\n{ANA},Old\n{BEA},Bea\n{ANA},New\n"])
    importer = Importer(lambda: [next(readings).encode()], ImportOptions(file_name="fair.csv", actor="U1"), NOW)

    report = await run(FakeStorage(tx), importer)

    assert (report.rows, report.refused) == (3, 0)
    assert sorted(person.name for person in tx.people.rows.values()) == ["Bea", "New"]


async def test_a_last_row_that_cannot_be_taken_leaves_the_earlier_one():
    job = Import(f"phone,opted_in_at\n{ANA},2026-03-31\n{ANA},tomorrow\n")

    report = await job.run()

    assert figures(report) == (1, 0, 0, 1)
    assert [row.line for row in job.refused] == [3]


async def test_numbers_that_end_alike_are_different_people():
    job = Import("phone\n+5511999991234\n+5521999991234\n+5531999991234\n")

    assert figures(await job.run()) == (3, 0, 0, 0)


async def test_a_bad_row_is_reported_and_the_others_are_taken():
    job = Import(f"phone,name\n{ANA},Ana\nhello,x\n\n5.51E+12,y\n=1+1,z\n{BEA},B,C\n{CY},Cy\n")

    report = await job.run()

    assert figures(report) == (2, 0, 0, 4)
    assert [row.line for row in job.refused] == [3, 5, 6, 7]
    assert report.first_refused == job.refused


async def test_a_default_region_reads_numbers_without_a_plus():
    job = Import("phone\n11 99999-1234\n", default_region="BR")

    await job.run()

    assert job.person(ANA).country == "BR"


@pytest.mark.parametrize("kind", [ConsentKind.STOP, ConsentKind.WHATSAPP_STOP])
async def test_an_import_lifts_no_stop(kind: ConsentKind):
    tx = FakeTransaction()
    await Import(f"phone\n{ANA}\n", tx).run()
    tx.consents.record([(1, ConsentEvent(kind=kind, at=NOW, source="test"))], NOW)

    report = await Import(f"phone,name\n{ANA},Ana\n", tx, source="shop").run()

    assert (figures(report), report.kept_stopped) == ((0, 1, 0, 0), 1)
    assert tx.people.rows[1].name == "Ana"
    assert tx.people.rows[1].standing & (Standing.STOPPED | Standing.WHATSAPP_STOPPED)


async def test_a_stop_holds_for_the_other_spelling_of_the_same_line():
    tx = FakeTransaction()
    await Import("phone\n+5491123456789\n", tx).run()
    tx.consents.record([(1, ConsentEvent(kind=ConsentKind.STOP, at=NOW, source="test"))], NOW)

    report = await Import("phone\n+541123456789\n", tx).run()

    assert (figures(report), report.kept_stopped) == ((1, 0, 0, 0), 1)
    assert tx.people.rows[2].standing == Standing.OPTED_IN | Standing.STOPPED


async def test_a_dry_run_tells_the_same_and_writes_nothing():
    data = f"phone,name\n{ANA},Ana\nhello,x\n{BEA},Bea\n{BEA},Bea\n"
    tx = FakeTransaction()
    await Import(f"phone,name\n{ANA},Ana\n", tx).run()
    dry = Import(data, tx, is_dry_run=True)

    foretold = await dry.run()

    assert dry.storage.writes == 0
    assert len(tx.people.rows) == 1
    assert (foretold.is_dry_run, figures(foretold)) == (True, figures(await Import(data, tx).run()))


async def test_the_import_is_on_record_with_its_file_and_counts():
    job = Import(f"phone\n{ANA}\nhello\n")

    await job.run()

    record = job.tx.imports.runs[1]
    assert (record.rows, record.added, record.refused, record.finished_at) == (2, 1, 1, NOW)
    assert record.file_sha256 == hashlib.sha256(job.data).hexdigest()
    [entry] = job.tx.audit.entries
    assert (entry.actor, entry.subject, entry.detail["added"]) == ("U1", "import 1", 1)
    assert ANA not in str(entry)


async def test_a_large_file_goes_in_in_batches_with_progress():
    rows = [f"+5511{98_000_0000 + n}" for n in range(2 * KNOWN_ROWS + 1)]
    job = Import("phone\n" + "\n".join([*rows, rows[0]]) + "\n")

    report = await job.run()

    assert figures(report) == (len(rows), 0, 0, 1)
    assert job.storage.writes >= 3 + 2
    assert job.progress == sorted(job.progress)
    assert job.progress[-1] == len(job.data)


def test_numbers_that_repeat_beyond_a_window_are_taken_once_and_every_row_is_counted():
    rows = [f"+5511{98_000_0000 + n % 40_000}" for n in range(WINDOW_ROWS + 20_000)]
    data = ("phone\n" + "\n".join(rows) + "\n").encode()
    importer = Importer(lambda: [data], ImportOptions(file_name="fair.csv", actor="U1"), NOW)

    batches = list(importer.batches())

    taken = [e164 for batch in batches for e164 in batch.opt_ins.columns.e164]
    assert sorted(taken) == sorted(set(rows))
    assert [row.line for batch in batches for row in batch.refused] == list(range(2, 2 + len(rows) - 40_000))


def test_long_rows_are_taken_a_few_at_a_time():
    wording = "yes " * 10_000
    data = ("phone,wording\n" + "".join(f"+5511{98_000_0000 + n},{wording}\n" for n in range(1_000))).encode()
    pieces = [data[start : start + 1_000_000] for start in range(0, len(data), 1_000_000)]
    importer = Importer(lambda: pieces, ImportOptions(file_name="fair.csv", actor="U1"), NOW)

    batches = list(importer.batches())

    assert sum(len(batch.opt_ins) for batch in batches) == 1_000
    assert len({batch.bytes_read for batch in batches}) > 1


@pytest.mark.parametrize("data", [b"", b"name\nAna\n", "phone\n".encode("utf-16")])
async def test_a_file_that_cannot_be_read_writes_nothing(data: bytes):
    tx = FakeTransaction()

    with pytest.raises(InvalidInputError):
        Import(data, tx)

    assert tx.imports.runs == {}


async def test_a_file_over_slacks_limit_writes_nothing():
    tx = FakeTransaction()

    with pytest.raises(InvalidInputError, match="arauto optins import"):
        Import("phone\n" + f"{ANA}\n" * 10, tx, max_bytes=100)

    assert tx.imports.runs == {}


async def test_a_header_alone_imports_nobody():
    report = await Import("phone,name\n").run()

    assert (report.rows, report.imported) == (0, 0)


PHONES = st.sampled_from(
    [
        ANA,
        BEA,
        CY,
        "+55 11 99999-1234",
        "+5491123456789",
        "+541123456789",
        "hello",
        "",
        "=1",
        "12025550123",
        "+1202555",
        "é",
    ]
)
ROWS = st.lists(
    st.tuples(PHONES, st.sampled_from(["", "Ana", "=1", 'a"b', "a\nb"]), st.sampled_from(["", "2026-03-31", "soon"])),
    max_size=15,
)


@given(ROWS, st.lists(st.sampled_from([2, 5, 9]), max_size=2), st.sampled_from(["utf-8", "latin-1"]))
async def test_every_row_is_counted_once_and_every_refused_row_reported_once(
    table: list[tuple[str, str, str]], widened: list[int], encoding: str
):
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["phone", "name", "opted_in_at"])
    writer.writerows([*row, "extra"] if at in widened else row for at, row in enumerate(table))
    job = Import(out.getvalue().encode(encoding))

    report = await job.run()

    assert report.rows == len(table) + _lines_of_split_rows(table, widened)
    assert report.rows == sum(figures(report))
    assert len(job.refused) == report.refused
    assert len({row.line for row in job.refused}) == report.refused
    assert len(job.tx.people.rows) == report.added


def _lines_of_split_rows(table: list[tuple[str, str, str]], widened: list[int]) -> int:
    """Count the second lines of rows of two lines with a cell too many: such a row is refused line by line."""
    return sum("\n" in row[1] for at, row in enumerate(table) if at in widened)
