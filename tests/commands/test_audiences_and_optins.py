"""Audiences and opt-ins: saved, previewed, imported and looked up, with every bad file answered in a sentence."""

import copy
import re

import pytest

from bot.domain.audience import AudienceRule
from bot.domain.consent import Standing
from bot.services import attending, consenting
from bot.services.recognising import Named
from commands.grammar import split_address
from tests.builders import NOW
from tests.commands.office import ADMIN, APPROVER, MARKETER, Office

GOOD = "phone,name,tags\n+12025550101,Ada,vip\n+12025550102,Bob,vip\n"


async def test_a_saved_audience_is_previewed_to_its_author(office: Office):
    await office.type("/audience new British")
    await office.modal(MARKETER, "audience_new")

    outcome = await office.sim.submit(MARKETER, {"countries": "gb", "tags_none": "Staff"})

    assert outcome.is_ok
    assert "3 will be sent" in await office.told(MARKETER, "British")
    saved = await office.store.read(lambda tx: tx.audiences.by_name("British"))
    assert saved.rule == AudienceRule(countries=frozenset({"GB"}), tags_none=frozenset({"staff"}))


@pytest.mark.parametrize(
    ("field", "values", "words"),
    [
        ("name", {"name": "Everybody"}, "named “Everybody” already"),
        ("name", {"name": "  "}, "needs a name"),
        ("countries", {"name": "New", "countries": "UK"}, "use GB"),
        ("not_messaged_days", {"name": "New", "not_messaged_days": "4000"}, "from 1 to 3650"),
    ],
)
async def test_an_audience_that_cannot_be_saved_is_refused_at_its_field(office: Office, field, values, words):
    await office.type("/audience new")
    await office.modal(MARKETER, "audience_new")
    await office.sim.fill(MARKETER, {key: value for key, value in values.items() if key != "not_messaged_days"})
    days = values.get("not_messaged_days")
    view = office.sim.view(MARKETER)
    if days:
        view.typed["not_messaged_days"] = {"not_messaged_days": {"type": "number_input", "value": days}}

    outcome = await office.sim.submit(MARKETER, force=True)

    assert words in outcome.errors[field]


async def test_a_preview_explains_whom_it_leaves_out(office: Office):
    answer = await office.answer("/audience preview every")

    assert "3 match the rule" in answer
    assert "3 will be sent" in answer


async def test_an_audience_that_is_not_there_is_named(office: Office):
    answer = await office.answer("/audience preview Nobody")

    assert "no audience “Nobody”" in answer


async def test_the_list_names_the_audiences(office: Office):
    assert "Everybody" in await office.answer("/audience list")


async def import_file(office: Office, content: bytes, name: str = "people.csv"):
    file = office.sim.upload(MARKETER, name, content)
    await office.type("/optins import")
    await office.modal(MARKETER, "optins_import")
    return await office.sim.submit(MARKETER, {"file": [file.id], "source": "Spring fair", "wording": "Yes"})


async def test_an_import_reports_every_row_to_whoever_brought_the_file(office: Office):
    outcome = await import_file(office, (GOOD + "nobody,Eve,vip\n").encode())

    report = await office.told(MARKETER, "Opt-ins imported")

    people = await office.store.read(lambda tx: tx.people.count())
    assert outcome.is_ok
    assert people == 5
    assert "Line 4" in report
    assert "Spring fair" in report


async def test_full_numbers_of_refused_rows_are_not_shown(office: Office):
    await import_file(office, (GOOD + "+120255501031234,Eve,vip\n").encode())

    report = await office.told(MARKETER, "Opt-ins imported")

    assert "Line 4" in report
    assert "12025550103123456" not in report


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name,tags\nAda,vip\n", "no column named phone"),
        (b"", "empty"),
        ("phone,name\n+12025550101,Ad\xe9\n".encode("utf-16"), "UTF-16"),
        (b"phone,n\xe9\n+12025550101,Ada\n", "not UTF-8"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_at_file(office: Office, content: bytes, words: str):
    outcome = await import_file(office, content)

    assert words in outcome.errors["file"]
    assert await office.store.read(lambda tx: tx.people.count()) == 3


async def test_a_row_in_latin_1_is_refused_alone(office: Office):
    await import_file(office, GOOD.encode() + "+12025550103,Andr\xe9,vip\n".encode("latin-1"))

    report = await office.told(MARKETER, "Opt-ins imported")

    assert "not UTF-8" in report
    assert await office.store.read(lambda tx: tx.people.count()) == 5


async def test_a_formula_in_a_cell_is_kept_as_text(office: Office):
    await import_file(office, b'phone,name\n+12025550101,"=HYPERLINK(""https://evil.example"")"\n')
    await office.told(MARKETER, "Opt-ins imported")

    person = await office.store.read(lambda tx: tx.people.find("+12025550101"))

    assert person.name == '=HYPERLINK("https://evil.example")'


async def test_a_file_of_more_than_ten_megabytes_is_refused_at_file(office: Office):
    outcome = await import_file(office, b"name\nAda\n")
    view = copy.deepcopy(outcome.payload["view"])
    view["state"]["values"]["file"]["file"]["files"][0]["size"] = 10_000_001

    answer = await office.send_again(outcome, view=view)

    assert "larger than 10 MB" in answer["errors"]["file"]


async def test_importing_the_same_file_again_changes_nothing(office: Office):
    await import_file(office, GOOD.encode())
    await office.told(MARKETER, "Opt-ins imported")

    await import_file(office, GOOD.encode(), "again.csv")

    report = await office.told(MARKETER, "again.csv")
    assert "Unchanged\n2" in report.replace("*", "")
    assert await office.store.read(lambda tx: tx.people.count()) == 5


async def test_finding_somebody_shows_a_masked_number_and_their_history(office: Office):
    await import_file(office, GOOD.encode())
    await office.told(MARKETER, "Opt-ins imported")

    answer = await office.answer("/optins find +1 202-555-0101")

    assert "***" in answer
    assert "2025550101" not in re.sub(r"\D", "", answer)
    assert "Opted in" in answer


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/optins find", "Give the phone number"),
        ("/optins find +12025550199", "is on record"),
        ("/optins find hello", "check"),
    ],
)
async def test_a_search_that_finds_nobody_is_answered_in_one_sentence(office: Office, line: str, words: str):
    assert words in await office.answer(line)


async def test_only_admins_reveal_a_number_and_each_look_is_on_record(office: Office):
    await import_file(office, GOOD.encode())
    await office.told(MARKETER, "Opt-ins imported")

    refused = await office.answer("/optins reveal +12025550101")
    shown = await office.answer("/optins reveal +12025550101", user=ADMIN)

    looks = [entry for entry in await office.audit() if entry.action == "number revealed"]
    assert "Only admins" in refused
    assert "+12025550101" in shown
    assert [entry.actor for entry in looks] == [ADMIN]


async def test_who_stopped_from_a_number_the_library_refuses_is_found_as_the_help_writes_it(office: Office):
    said = {"texts": ["STOP"], "at": NOW, "message_id": "wamid.in", "now": NOW}
    await office.store.write(lambda tx: consenting.hear(tx, Named("447700900123"), **said))

    answer = await office.answer("/optins find +44 7700 900123")

    assert "asked us to stop" in answer
    assert "447700900123" not in re.sub(r"\D", "", answer)


KNOWN = "+12025550101"


async def with_people(office: Office) -> None:
    await import_file(office, GOOD.encode())
    await office.told(MARKETER, "Opt-ins imported")


async def test_a_stop_told_to_somebody_of_ours_holds_and_is_on_record_with_who_noted_it(office: Office):
    await with_people(office)

    answer = await office.answer("/optins stop +1 202-555-0101 2 letters asked for it")

    found = await office.store.read(lambda tx: attending.find(tx, KNOWN))
    assert "is stopped" in answer
    assert "2025550101" not in re.sub(r"\D", "", answer)
    assert found.person.standing == Standing.OPTED_IN | Standing.STOPPED
    assert (found.history[-1].wording, found.history[-1].actor) == ("2 letters asked for it", MARKETER)
    assert [(entry.action, entry.actor) for entry in (await office.audit())[-1:]] == [("stop recorded", MARKETER)]
    assert "asked us to stop before" in await office.answer(f"/optins stop {KNOWN}")


async def test_an_approver_lifts_a_stop_by_a_new_consent_and_nobody_else_does(office: Office):
    await with_people(office)
    await office.answer(f"/optins stop {KNOWN}")

    refused = await office.answer(f"/optins resume {KNOWN} she called and wants them again")
    wordless = await office.answer(f"/optins resume {KNOWN}", user=APPROVER)
    lifted = await office.answer(f"/optins resume {KNOWN} she called and wants them again", user=APPROVER)

    found = await office.store.read(lambda tx: attending.find(tx, KNOWN))
    assert "Only approvers may" in refused
    assert "new consent" in wordless
    assert "May be written to" in lifted
    assert found.person.standing == Standing.OPTED_IN
    assert (found.history[-1].wording, found.history[-1].actor) == ("she called and wants them again", APPROVER)


async def test_the_answer_says_that_a_stop_made_in_whatsapp_is_the_person_s_own(office: Office):
    await with_people(office)
    said = {"is_stop": True, "at": NOW, "wording": "", "now": NOW}
    await office.store.write(lambda tx: consenting.apply_preference(tx, Named(KNOWN[1:]), **said))
    alone = await office.answer(f"/optins resume {KNOWN} she called", user=APPROVER)
    await office.answer(f"/optins stop {KNOWN}")

    both = await office.answer(f"/optins resume {KNOWN} she called", user=APPROVER)

    assert "only they can lift" in alone
    assert "Only they can lift" in both


@pytest.mark.parametrize("line", ["/optins stop", "/optins stop hello", "/optins resume"])
async def test_an_order_about_nobody_asks_whose(office: Office, line: str):
    assert "Give the phone number" in await office.answer(line, user=APPROVER)


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("+1 202-555-0101", ("+1 202-555-0101", "")),
        ("+12025550101 no more", ("+12025550101", "no more")),
        ("+1 (202) 555 0101 2 letters", ("+1 (202) 555 0101", "2 letters")),
        ("GB.9f3k  no more", ("GB.9f3k", "no more")),
        ("+44 7700 900123 by letter", ("+44 7700 900123", "by letter")),
        ("hello", ("", "hello")),
        ("", ("", "")),
    ],
)
def test_a_number_is_told_from_the_words_behind_it(typed: str, parts: tuple[str, str]):
    assert split_address(typed) == parts
