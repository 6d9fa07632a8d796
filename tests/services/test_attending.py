"""What somebody of ours does for one person, on record and without their number in the audit chain."""

from collections.abc import Callable

import pytest

from bot.domain.consent import ConsentKind, Standing
from bot.domain.errors import ConflictError, InvalidInputError, NotFoundError
from bot.ports.people import Person
from bot.services import attending
from tests.fakes import FakeTransaction
from tests.services.voices import ANA, NOW, person, prefers, says, suppressed


@pytest.mark.parametrize(
    ("act", "standing"),
    [
        (attending.opt_in, Standing.OPTED_IN),
        (attending.stop, Standing.OPTED_IN | Standing.STOPPED),
        (attending.resume, Standing.OPTED_IN),
    ],
)
def test_what_an_operator_records_is_audited_without_the_number(act: Callable[..., None], standing: Standing):
    tx = FakeTransaction()
    ana = person(tx)

    act(tx, ana.id, source="letter", wording="as written", at=NOW, actor="U1", now=NOW)

    assert tx.people.rows[ana.id].standing == standing
    [entry] = tx.audit.entries
    assert (entry.actor, entry.subject, entry.detail) == ("U1", f"person {ana.id}", {"source": "letter"})
    assert tx.consents.history(ana.id)[-1].actor == "U1"


def test_nothing_can_be_recorded_of_somebody_who_is_not_there():
    with pytest.raises(NotFoundError):
        attending.stop(FakeTransaction(), 1, source="letter", wording="", at=NOW, actor="U1", now=NOW)


@pytest.mark.parametrize("text", [ANA, "+55 (11) 99999-1234", "11 99999-1234"])
def test_a_person_is_found_as_a_number_is_written(text: str):
    tx = FakeTransaction()
    ana = person(tx)

    record = attending.find(tx, text, default_region="BR")

    assert (record.person.id, [event.kind for event in record.history]) == (ana.id, [ConsentKind.OPT_IN])


def test_a_person_is_found_by_user_id():
    tx = FakeTransaction()
    [person_id] = says(tx, "STOP", digits=None, user_id="NL.9f3k")

    assert attending.find(tx, " NL.9f3k ").person.id == person_id


def test_of_two_spellings_the_exact_one_is_found():
    tx = FakeTransaction()
    rows = {phone: person(tx, phone).id for phone in ("+5491123456789", "+541123456789")}

    assert {phone: attending.find(tx, phone).person.id for phone in rows} == rows


def test_who_is_not_on_record_is_named_masked():
    with pytest.raises(NotFoundError, match=r"\+55 11 \*{5}-1234 is on record") as refusal:
        attending.find(FakeTransaction(), ANA)

    assert ANA not in str(refusal.value)


def test_what_is_no_number_cannot_be_looked_up():
    with pytest.raises(InvalidInputError):
        attending.find(FakeTransaction(), "Ana")


def test_revealing_a_number_leaves_a_trace():
    tx = FakeTransaction()
    ana = person(tx)

    assert attending.reveal(tx, ana.id, actor="U1", now=NOW) == ANA

    assert [(entry.action, entry.actor) for entry in tx.audit.entries] == [("number revealed", "U1")]


def test_erasing_forgets_every_spelling_and_is_audited_without_the_number():
    tx = FakeTransaction()
    rows = [person(tx, phone).id for phone in ("+5491123456789", "+541123456789")]

    assert sorted(attending.erase(tx, "+5491123456789", actor="U1", now=NOW)) == rows

    assert [tx.people.rows[each].phone for each in rows] == [None, None]
    assert {entry.action for entry in tx.audit.entries} == {"person erased"}
    assert "541123456789" not in str(tx.audit.entries)
    with pytest.raises(NotFoundError):
        attending.find(tx, "+5491123456789")
    with pytest.raises(NotFoundError):
        attending.reveal(tx, rows[0], actor="U1", now=NOW)


FICTIONAL = "447700900123"


@pytest.mark.parametrize("text", ["+44 7700 900123", "447700900123", "+44 (7700) 900-123"])
def test_who_wrote_from_a_number_that_the_library_refuses_can_be_found_and_erased(text: str):
    tx = FakeTransaction()
    [person_id] = says(tx, "STOP", digits=FICTIONAL)

    assert attending.find(tx, text).person.id == person_id
    assert attending.erase(tx, text, actor="cli", now=NOW) == [person_id]
    with pytest.raises(InvalidInputError, match=r"given out|starts with"):
        attending.find(tx, text)


@pytest.mark.parametrize("text", ["+44 7700 900124", "+447700 900123 ext 4", "1", ""])
def test_a_number_that_is_neither_given_out_nor_on_record_is_refused_with_the_reason(text: str):
    tx = FakeTransaction()
    says(tx, "STOP", digits=FICTIONAL)

    with pytest.raises(InvalidInputError):
        attending.find(tx, text)


def notes(tx: FakeTransaction, act: Callable[..., list[Person]], text: str = ANA, **changes: str) -> list[Person]:
    return act(tx, text, **{"source": "letter", "wording": "as written", "actor": "U1", "now": NOW, **changes})


def test_a_stop_by_number_is_recorded_under_every_spelling_and_audited():
    tx = FakeTransaction()
    rows = [person(tx, phone).id for phone in ("+5491123456789", "+541123456789")]

    before = notes(tx, attending.stop_address, "+54 9 11 2345-6789")

    assert [one.standing for one in before] == [Standing.OPTED_IN] * 2
    assert {tx.people.rows[each].standing for each in rows} == {Standing.OPTED_IN | Standing.STOPPED}
    said = tx.consents.history(rows[0])[-1]
    assert (said.kind, said.source, said.wording, said.actor) == (ConsentKind.STOP, "letter", "as written", "U1")
    assert [entry.action for entry in tx.audit.entries] == ["stop recorded"] * 2
    assert "541123456789" not in str(tx.audit.entries)


@pytest.mark.parametrize("text", [ANA, "NL.9f3k"])
def test_a_stop_of_somebody_unknown_is_remembered_for_imports_to_come(text: str):
    tx = FakeTransaction()

    notes(tx, attending.stop_address, text)

    assert tx.people.find(text).standing == Standing.STOPPED


def test_a_number_that_is_not_given_out_and_not_on_record_cannot_be_stopped():
    tx = FakeTransaction()

    with pytest.raises(InvalidInputError, match="given out"):
        notes(tx, attending.stop_address, "+44 7700 900123")

    assert tx.people.rows == {}


def test_a_new_consent_lifts_our_stop_and_keeps_its_words():
    tx = FakeTransaction()
    [stopped] = says(tx, "STOP")

    [after] = notes(tx, attending.resume_address)

    assert after.standing == Standing.OPTED_IN
    history = tx.consents.history(stopped)
    assert [(line.kind, line.wording) for line in history] == [
        (ConsentKind.STOP, "STOP"),
        (ConsentKind.OPT_IN, "as written"),
        (ConsentKind.RESUME, "as written"),
    ]
    assert [entry.action for entry in tx.audit.entries] == ["opt-in recorded", "stop lifted"]


def test_a_new_consent_ends_a_suppression():
    tx = FakeTransaction()
    ana = suppressed(tx)

    [after] = notes(tx, attending.resume_address, now=NOW + 1)

    assert (after.id, after.standing) == (ana.id, Standing.OPTED_IN)


@pytest.mark.parametrize("wording", ["", "  "])
def test_no_stop_is_lifted_without_the_words_of_a_consent(wording: str):
    tx = FakeTransaction()
    [stopped] = says(tx, "STOP")

    with pytest.raises(InvalidInputError, match="new consent"):
        notes(tx, attending.resume_address, wording=wording)

    assert tx.people.rows[stopped].standing == Standing.STOPPED


def test_a_stop_made_in_whatsapp_is_not_ours_to_lift():
    tx = FakeTransaction()
    ana = person(tx)
    prefers(tx, stop=True)
    with pytest.raises(ConflictError, match="only they can lift"):
        notes(tx, attending.resume_address)
    says(tx, "STOP")

    [after] = notes(tx, attending.resume_address, now=NOW + 1)

    assert after.id == ana.id
    assert after.standing == Standing.OPTED_IN | Standing.WHATSAPP_STOPPED


def test_where_no_stop_is_on_record_nothing_is_lifted_and_nothing_written():
    tx = FakeTransaction()
    ana = person(tx)

    with pytest.raises(ConflictError, match="no stop on record"):
        notes(tx, attending.resume_address)

    assert len(tx.consents.history(ana.id)) == 1
    assert tx.audit.entries == []


def test_whoever_is_not_on_record_has_no_stop_to_lift():
    with pytest.raises(NotFoundError):
        notes(FakeTransaction(), attending.resume_address)
