import pytest

from bot.domain.csvfile import Block, Refused
from bot.domain.errors import InvalidInputError
from bot.domain.instants import DAY, Millis
from bot.domain.optin_rows import OptInReader, normal_language, parse_opted_in_at, parse_tags
from bot.domain.optins import OptIn

NOW = Millis(1_795_000_000_000)  # 2026-11-18T11:06:40Z


def read(**cells: str) -> OptIn | Refused:
    given = {"phone": "+5511999991234", **cells}
    reader = OptInReader(
        tuple(given), default_region=None, default_source="fair", default_wording="Yes to news", now=NOW
    )
    taken, refused = reader.read(Block([7], [list(given.values())]))
    return [*taken, *refused][0]


def test_a_row_says_who_how_and_when():
    opt_in = read(
        name="Ana Silva",
        first_name="Ana",
        language="pt-br",
        tags="VIP; new ;;vip",
        opted_in_at="2026-03-31T14:05:00-03:00",
        source="shop",
        wording="I agree",
        city="Recife",
        email="",
    )

    assert opt_in.number.e164 == "+5511999991234"
    assert (opt_in.name, opt_in.language, opt_in.tags) == ("Ana Silva", "pt_BR", {"vip", "new"})
    assert opt_in.attributes == {"first_name": "Ana", "city": "Recife"}
    assert (opt_in.source, opt_in.wording, opt_in.opted_in_at) == ("shop", "I agree", 1_774_976_700_000)


def test_a_row_that_says_less_takes_the_words_of_the_import():
    opt_in = read(source="", wording="")

    assert (opt_in.source, opt_in.wording, opt_in.opted_in_at) == ("fair", "Yes to news", None)


def test_a_formula_in_another_cell_is_kept_as_text():
    assert read(name="=1+1", note="@x").name == "=1+1"


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"phone": "=1+1"}, "formula"),
        ({"phone": "11 99999-1234"}, "starts with +"),
        ({"opted_in_at": "31/03/2026"}, "ISO 8601"),
        ({"opted_in_at": "2026-11-19"}, "future"),
        ({"opted_in_at": "1999-12-31"}, "before the year 2000"),
        ({"opted_in_at": "0001-01-01T00:00:00+14:00"}, "before the year 2000"),
    ],
)
def test_a_row_that_cannot_be_taken_names_line_reason_and_value(cells: dict[str, str], words: str):
    refused = read(**cells)

    assert (refused.line, refused.value) == (7, next(iter(cells.values())))
    assert words in refused.reason


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-31",
        "2026-03-31T00:00",
        "2026-03-31 00:00:00",
        "2026-03-31T00:00Z",
        "2026-03-31T02:00+02:00",
        "20260331",
    ],
)
def test_a_time_without_zone_is_utc(text: str):
    assert parse_opted_in_at(text, NOW) == 1_774_915_200_000


def test_this_very_instant_is_not_the_future():
    assert parse_opted_in_at("2026-11-18T11:06:40Z", NOW) == NOW

    with pytest.raises(InvalidInputError, match="future"):
        parse_opted_in_at("2026-11-18T11:06:40Z", Millis(NOW - DAY))


@pytest.mark.parametrize(
    ("text", "language"),
    [("pt-br", "pt_BR"), ("PT_BR", "pt_BR"), ("EN", "en"), ("fil", "fil"), ("", ""), ("Portuguese", "Portuguese")],
)
def test_a_language_is_written_as_meta_writes_it(text: str, language: str):
    assert normal_language(text) == language


def test_tags_are_compared_without_case_and_spaces():
    assert parse_tags(" Black  Friday ;VIP;;", ";") == {"black friday", "vip"}
