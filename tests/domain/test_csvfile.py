import csv
import io
from itertools import chain
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.csvfile import CsvFile, Refused, Row, ScatteredCellError, as_cell
from bot.domain.errors import InvalidInputError


class Cells(NamedTuple):
    """A row with its trimmed cells by column."""

    line: int
    values: dict[str, str]


def read(data: bytes, size: int = 65_536) -> list[Cells | Refused]:
    file = opened(data, size)
    return [_by_column(file, row) if isinstance(row, Row) else row for row in file]


def opened(data: bytes, size: int) -> CsvFile:
    return CsvFile(data[start : start + size] for start in range(0, len(data), size))


def in_blocks(file: CsvFile) -> list[Row | Refused]:
    """Read a file in blocks, and give what they hold in the order of lines."""
    found = list[Row | Refused]()
    for block in file.blocks():
        taken = map(Row, block.lines, block.rows)
        found += sorted((*taken, *block.refused), key=lambda row: row.line)
    return found


def _by_column(file: CsvFile, row: Row) -> Cells:
    return Cells(row.line, dict(zip(file.columns, map(str.strip, row.cells), strict=True)))


def values(data: bytes) -> list[dict[str, str]]:
    return [row.values for row in read(data) if isinstance(row, Cells)]


ANA = {"phone": "+5511999991234", "name": "Ana"}


@pytest.mark.parametrize(
    "data",
    [
        b"phone,name\n+5511999991234,Ana\n",
        b"phone,name\r\n+5511999991234,Ana\r\n",
        b"phone,name\r+5511999991234,Ana\r",
        b"\xef\xbb\xbfphone;name\n+5511999991234;Ana",
        b'"phone","name"\n"+5511999991234","Ana"\n',
        b" Phone , NAME \n +5511999991234 , Ana \n",
        b"\n\nphone,name\n\n+5511999991234,Ana\n\n  \n",
    ],
)
def test_a_file_is_read_however_it_was_saved(data: bytes):
    assert values(data) == [ANA]


def test_a_semicolon_in_a_comma_file_is_text():
    assert values(b"phone,tags\n+1,vip;new\n") == [{"phone": "+1", "tags": "vip;new"}]


def test_a_comma_in_a_semicolon_file_is_text():
    assert values(b"phone;name\n+1;Silva, Ana\n") == [{"phone": "+1", "name": "Silva, Ana"}]


def test_a_quoted_cell_may_hold_line_ends_and_quotes():
    [row] = read(b'phone,note\n+1,"a ""b""\r\nc"\n')

    assert row == Cells(2, {"phone": "+1", "note": 'a "b"\r\nc'})


def test_lines_are_numbered_as_an_editor_numbers_them():
    rows = read(b'phone,note\n+1,"two\nlines"\n\n+2,x\n')

    assert [row.line for row in rows] == [2, 5]


def test_columns_of_ours_are_found_in_any_case_and_others_keep_their_name():
    file = CsvFile([b"PHONE,First_Name,Loyalty Card,,Opted_In_At\n"])

    assert file.columns == ("phone", "first_name", "Loyalty Card", "column_4", "opted_in_at")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "file is empty"),
        (b"\n \r\n", "no header"),
        (b"\xef\xbb\xbf", "no header"),
        (b"+5511999991234,Ana\n", "no header"),
        (b"name,email\nAna,a@example.com\n", "no column named phone; its columns are: name, email"),
        (b"phone\tname\n+1\tAna\n", "no column named phone"),
        (b"phone,name,Phone\n", "“phone” is there twice"),
        (b"phone,x,x\n", "“x” is there twice"),
        ("phone,name\n".encode("utf-16"), "UTF-16"),
        (b"phone,pa\xeds\n", "header line is not UTF-8"),
        (b"phone,\0\n", "header line is not UTF-8"),
        (b'phone,"name\n+1,Ana\n', "header line has a quotation mark"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(data: bytes, words: str):
    with pytest.raises(InvalidInputError, match=r"^The [^\n]+\.$") as refusal:
        read(data)

    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (b"+1,Ana,more", "3 cells, the header 2"),
        (b"+1", "1 cells, the header 2"),
        (b"+1,Jos\xe9", "not UTF-8 (byte 0xE9); save the file as CSV UTF-8"),
        (b"+1,A\0na", "NUL"),
        (b'+1,"Ana', "quotation mark"),
        (b'+1,"Ana"x', "quotation mark"),
        (b'+1,"' + b"x" * 200_000 + b'"', "a cell of more than 131,072 characters"),
        (b"+1," + b"x" * 200_000, "a cell of more than 131,072 characters"),
        (b'+1,"Ana' + b"\n+2,Eve" * 30_000, "quotation mark"),
    ],
)
def test_a_bad_row_is_refused_and_the_rows_around_it_are_read(row: bytes, words: str):
    before, bad, *_, after = read(b"phone,name\n+7,Bea\n" + row + b"\n+8,Cy\n")

    assert before == Cells(2, {"phone": "+7", "name": "Bea"})
    assert after == Cells(4 + row.count(b"\n"), {"phone": "+8", "name": "Cy"})
    assert (bad.line, words in bad.reason) == (3, True)


def test_a_quote_never_closed_swallows_no_other_row():
    rows = read(b'phone,name\n+1,"Ana\n+2,Bea\n+3,C"y\n+4,Di\n')

    assert [(type(row), row.line) for row in rows] == [(Refused, 2), (Cells, 3), (Cells, 4), (Cells, 5)]


@pytest.mark.parametrize("padding", [0, 1, 20, 333])
def test_a_file_of_many_blocks_loses_no_row_where_two_of_them_meet(padding: int):
    bad = set(range(7, 4_000, 97))
    text = "".join(f'+{n},"Ana\n' if n in bad else f'+{n},"two\nlines{"x" * padding}"\n' for n in range(4_000))

    rows = read(f"phone,name\n{text}".encode(), 4_096)

    taken = [row.values["phone"] for row in rows if isinstance(row, Cells)]
    refused = [row for row in rows if isinstance(row, Refused)]
    assert taken == [f"+{n}" for n in range(4_000) if n not in bad]
    assert [row.value for row in refused] == [f'+{n},"Ana' for n in sorted(bad)]
    assert [row.line for row in refused] == [2 + 2 * n - before for before, n in enumerate(sorted(bad))]


def test_a_bad_byte_spoils_its_own_row_only_wherever_it_stands():
    lines = [b"+%d,Jos%s\n" % (n, b"\xe9" if n % 1_000 == 500 else b"\xc3\xa9" * 40) for n in range(5_000)]

    rows = read(b"phone,name\n" + b"".join(lines), 10_000)

    assert [row.line - 2 for row in rows if isinstance(row, Refused)] == [500, 1_500, 2_500, 3_500, 4_500]
    assert len(rows) == 5_000


def test_a_line_of_empty_cells_is_a_row():
    [row] = read(b"phone,name\n,\n")

    assert row == Cells(2, {"phone": "", "name": ""})


def test_a_file_over_its_limit_is_refused_while_reading():
    data = b"phone\n" + b"+12025550123\n" * 100

    assert len(list(CsvFile([data], max_bytes=len(data)))) == 100
    with pytest.raises(InvalidInputError, match="arauto optins import"):
        list(CsvFile([data[:50], data[50:]], max_bytes=len(data) - 1))


def test_reading_tells_how_far_it_is():
    data = b"phone\n" + b"+12025550123\n" * 100
    file = CsvFile([data[:600], data[600:]])

    assert file.bytes_read == 600
    assert len(list(file)) == 100
    assert file.bytes_read == len(data)


def test_a_refused_row_is_one_line_of_the_report():
    refused = Refused(7, "Wrong.", "a\tb\nc\u2028d")

    assert str(refused) == "7\tWrong.\ta b c d"


def test_the_phones_alone_are_those_of_the_rows_that_have_every_cell():
    data = b'phone,name\n +1 ,Ana\n+2,B,C\n\n+3,"a\nb"\n+4,"x\n+5,Cy\n'

    assert [*chain.from_iterable(CsvFile([data]).phones())] == ["+1", "+3", "+5"]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12).map(str.strip)
TABLES = st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=12))


@given(
    TABLES,
    st.sampled_from([",", ";"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.integers(1, 50),
)
def test_what_was_written_is_read_back(
    cells: list[list[str]], delimiter: str, line_end: str, encoding: str, quoting: int, size: int
):
    # Python's writer leaves a lone carriage return unquoted; outside quotes it ends a row, as it does for spreadsheets.
    has_return = any("\r" in cell for row in cells for cell in row)
    quoting = csv.QUOTE_ALL if has_return else quoting
    width = len(cells[0]) if cells else 1
    delimiter = delimiter if width > 1 else ","  # the header of a single column does not tell what separates it
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    writer.writerows([["phone", *(f"x{n}" for n in range(1, width))], *cells])

    rows = read(out.getvalue().encode(encoding), size)

    assert [list(row.values.values()) for row in rows] == cells


@given(st.binary(max_size=300), st.integers(1, 40))
def test_any_bytes_are_read_or_refused_in_a_sentence(data: bytes, size: int):
    try:
        rows = read(data, size)
    except InvalidInputError:
        return

    assert all(isinstance(row, Row | Refused) for row in rows)


@given(
    st.lists(
        st.sampled_from(['+1,"a', "+2,b", '+3,"c"', '"', '+4,d"e', "", "+5", '+6,"f"g', '+7,"h\xe9"']), max_size=12
    )
)
def test_no_line_is_given_twice_and_none_without_quotes_above_it_is_lost(rows: list[str]):
    data = ("phone,name\n" + "".join(f"{row}\n" for row in rows)).encode("latin-1")

    given_lines = [row.line for row in read(data)]

    assert given_lines == sorted(set(given_lines))
    clear = next((at for at, row in enumerate(rows) if '"' in row), len(rows))
    assert {at + 2 for at, row in enumerate(rows[:clear]) if row} <= set(given_lines)


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1", "@x", "\tx", "\r=1", "+SUM(A1)"])
def test_an_exported_cell_cannot_become_a_formula(text: str):
    assert as_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ana", "+5511999991234", "a=b", "'x"])
def test_other_cells_are_exported_as_they_are(text: str):
    assert as_cell(text) == text


LINES = st.sampled_from(
    [
        *(
            "+1,Ana",
            "+2,Bea",
            '"+3","Cy, ""X"""',
            "+4",
            "+5,a,b",
            "",
            " ",
            ",",
            '+6,"two',
            'lines"',
            '"',
            '+7,"x"y',
            "+8,Jos\udce9",
        ),
        *("+9,\0", "+10,a\u2028b", "\udcff", '"",""', "+11," + "x" * 140_000, '"' + "y" * 140_000),
    ]
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


FILES = st.lists(st.tuples(LINES, ENDS, st.integers(1, 4_000)), max_size=12)


def a_file(lines: list[tuple[str, str, int]]) -> bytes:
    """Repeat short lines, so that there are several blocks."""
    rows = "".join((line + end) * (times if len(line) < 20 else 1) for line, end, times in lines)
    return f"phone,name\n{rows}".encode("utf-8", "surrogateescape")


@given(FILES, st.integers(10_000, 70_000))
def test_blocks_hold_what_reading_row_by_row_gives(lines: list[tuple[str, str, int]], size: int):
    data = a_file(lines)

    assert in_blocks(opened(data, size)) == list(opened(data, size))


@given(FILES, st.integers(10_000, 70_000))
def test_what_lines_begin_with_holds_the_phone_of_every_row(lines: list[tuple[str, str, int]], size: int):
    data = a_file(lines)
    phones = set(chain.from_iterable(opened(data, size).phones()))

    try:
        scanned = set(chain.from_iterable(opened(data, size).scanned_phones()))
    except ScatteredCellError:
        assert b'\n"' in data or b'\r"' in data
    else:
        assert phones <= scanned


def test_a_phone_that_is_scattered_over_lines_takes_a_closer_look():
    data = b'phone,name\n"+55 11\n99999-1234",Ana\n'

    with pytest.raises(ScatteredCellError):
        list(CsvFile([data]).scanned_phones())


def test_phones_that_stand_behind_other_cells_are_found_too():
    assert [*chain.from_iterable(CsvFile([b'name,phone\n"Ana,\nB",+1\n']).scanned_phones())] == ["+1"]
