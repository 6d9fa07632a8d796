from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.consent import ConsentEvent, ConsentKind, Standing
from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.instants import DAY, Millis
from bot.domain.spellings import identity_of_digits
from bot.ports.people import NewPerson, Person
from bot.services import consenting
from tests.fakes import FakeTransaction

NOW = Millis(1_795_000_000_000)
ANA = "+5511999991234"


def person(tx: FakeTransaction, phone: str = ANA) -> Person:
    new = NewPerson(phone=phone, identity=identity_of_digits(phone[1:]), country="BR", market="Brazil")
    [saved] = tx.people.save([new], NOW)
    tx.consents.record(
        [(saved.person_id, ConsentEvent(kind=ConsentKind.OPT_IN, at=Millis(NOW - DAY), source="fair"))], NOW
    )
    return tx.people.rows[saved.person_id]


def says(
    tx: FakeTransaction, *texts: str, digits: str | None = ANA[1:], user_id: str | None = None, at: int = NOW
) -> list[int]:
    return consenting.stop_by_words(
        tx, digits=digits, user_id=user_id, texts=texts, at=Millis(at), message_id=f"wamid.{at}", now=NOW
    )


def prefers(
    tx: FakeTransaction, *, stop: bool, at: int = NOW, digits: str | None = ANA[1:], user_id: str | None = None
) -> list[int]:
    return consenting.apply_preference(
        tx, digits=digits, user_id=user_id, is_stop=stop, at=Millis(at), wording="User requested", now=NOW
    )


def test_a_stop_word_stops_and_keeps_the_words_as_evidence():
    tx = FakeTransaction()
    ana = person(tx)

    assert says(tx, "Parar!") == [ana.id]

    assert tx.people.rows[ana.id].standing == Standing.OPTED_IN | Standing.STOPPED
    event = tx.consents.history(ana.id)[-1]
    assert (event.kind, event.wording, event.evidence) == (ConsentKind.STOP, "Parar!", f"wamid.{NOW}")


def test_a_quick_reply_stops_by_its_payload_or_its_text():
    tx = FakeTransaction()
    ana = person(tx)

    assert says(tx, "payload-7", "Stop promotions") == [ana.id]
    assert says(tx, "STOP", "No thanks") == [ana.id]


def test_other_words_change_nothing_and_add_nobody():
    tx = FakeTransaction()

    assert says(tx, "When do you open?") == []

    assert tx.people.rows == {}


def test_a_stop_of_somebody_unknown_is_remembered():
    tx = FakeTransaction()

    [person_id] = says(tx, "STOP", user_id="BR.9f3k")

    stranger = tx.people.rows[person_id]
    assert (stranger.phone, stranger.bsuid, stranger.country, stranger.market) == (ANA, "BR.9f3k", "BR", "Brazil")
    assert stranger.standing == Standing.STOPPED


def test_a_stranger_with_an_old_spelling_is_remembered_as_an_import_would_spell_them():
    tx = FakeTransaction()

    [person_id] = says(tx, "STOP", digits="551199991234")

    assert tx.people.rows[person_id].phone == ANA
    assert tx.people.wa_ids == {"551199991234": person_id}


def test_a_stranger_without_a_number_is_remembered_by_user_id():
    tx = FakeTransaction()

    [person_id] = says(tx, "STOP", digits=None, user_id="NL.9f3k")

    stranger = tx.people.rows[person_id]
    assert (stranger.phone, stranger.bsuid, stranger.country, stranger.market) == (None, "NL.9f3k", "NL", "Netherlands")


def test_a_message_from_nobody_stops_nobody():
    assert says(FakeTransaction(), "STOP", digits=None, user_id=None) == []


@pytest.mark.parametrize(("stored", "digits"), [(ANA, "551199991234"), ("+525512345678", "5215512345678")])
def test_a_stop_reaches_the_number_meta_spells_differently(stored: str, digits: str):
    tx = FakeTransaction()
    known = person(tx, stored)

    assert says(tx, "STOP", digits=digits) == [known.id]


def test_a_stop_reaches_every_row_of_one_line():
    tx = FakeTransaction()
    rows = {person(tx, "+5491123456789").id, person(tx, "+541123456789").id}

    assert set(says(tx, "STOP", digits="5491123456789")) == rows


def test_a_stop_reaches_the_row_by_number_and_the_row_by_user_id():
    tx = FakeTransaction()
    by_number = person(tx).id
    [by_user_id] = says(tx, "STOP", digits=None, user_id="BR.9f3k")

    assert set(says(tx, "STOP", user_id="BR.9f3k", at=NOW + 1)) == {by_number, by_user_id}


def test_a_stop_heard_twice_is_written_once():
    tx = FakeTransaction()
    ana = person(tx)

    says(tx, "STOP")
    says(tx, "STOP")

    assert [event.kind for event in tx.consents.history(ana.id)] == [ConsentKind.OPT_IN, ConsentKind.STOP]


def test_a_stop_delivered_again_does_not_undo_a_later_coming_back():
    tx = FakeTransaction()
    ana = person(tx)
    says(tx, "STOP")
    consenting.resume(
        tx, ana.id, source="call", wording="yes again", at=Millis(NOW + 1), actor="U1", now=Millis(NOW + 1)
    )

    assert says(tx, "STOP") == []

    assert not tx.people.rows[ana.id].standing & Standing.STOPPED


def test_whatsapps_resume_lifts_whatsapps_stop_and_never_ours():
    tx = FakeTransaction()
    ana = person(tx)
    says(tx, "STOP")
    prefers(tx, stop=True)

    assert prefers(tx, stop=False, at=NOW + 1) == [ana.id]

    assert tx.people.rows[ana.id].standing == Standing.OPTED_IN | Standing.STOPPED


def test_a_resume_of_somebody_unknown_adds_nobody():
    tx = FakeTransaction()

    assert prefers(tx, stop=False) == []
    assert tx.people.rows == {}


def test_of_a_stop_and_a_resume_at_one_instant_the_stop_holds():
    for order in ([True, False], [False, True]):
        tx = FakeTransaction()
        ana = person(tx)

        for stop in order:
            prefers(tx, stop=stop)

        assert tx.people.rows[ana.id].standing & Standing.WHATSAPP_STOPPED


@given(
    st.dictionaries(st.integers(0, 5), st.booleans(), min_size=1).flatmap(
        lambda said: st.tuples(st.just(said), st.permutations([*said, *said]))
    )
)
def test_what_was_preferred_last_holds_in_whatever_order_it_arrives(said: tuple[dict[int, bool], list[int]]):
    preferences, arrivals = said
    tx = FakeTransaction()
    ana = person(tx)

    for at in arrivals:
        prefers(tx, stop=preferences[at], at=NOW + at)

    is_stopped = bool(tx.people.rows[ana.id].standing & Standing.WHATSAPP_STOPPED)
    assert is_stopped == preferences[max(preferences)]


def test_error_131050_is_whatsapps_stop():
    tx = FakeTransaction()
    ana = person(tx)

    consenting.stop_by_error(tx, person_id=ana.id, at=NOW, message_id="wamid.1", now=NOW)

    assert tx.people.rows[ana.id].standing & Standing.WHATSAPP_STOPPED
    assert prefers(tx, stop=False, at=NOW + 1) == [ana.id]
    assert not tx.people.rows[ana.id].standing & Standing.WHATSAPP_STOPPED


def test_an_error_about_nobody_on_record_is_passed_over():
    tx = FakeTransaction()

    consenting.stop_by_error(tx, person_id=99, at=NOW, message_id="wamid.1", now=NOW)

    assert tx.consents.lines == {}


def test_the_third_undeliverable_message_in_a_row_suppresses():
    tx = FakeTransaction()
    ana = person(tx)

    suppressed = [consenting.suppress_undeliverable(tx, {ana.id: f"wamid.{n}"}, at=NOW, now=NOW) for n in range(1, 5)]

    assert suppressed == [[], [], [ana.id], []]
    assert tx.people.rows[ana.id].standing & Standing.SUPPRESSED
    assert tx.consents.history(ana.id)[-1].evidence == "wamid.3"


def test_a_delivery_between_failures_begins_the_count_anew():
    tx = FakeTransaction()
    ana = person(tx)
    for n in range(2):
        consenting.suppress_undeliverable(tx, {ana.id: f"wamid.{n}"}, at=NOW, now=NOW)
    tx.people.clear_failures([ana.id])

    assert consenting.suppress_undeliverable(tx, {ana.id: "wamid.9"}, at=NOW, now=NOW) == []


@pytest.mark.parametrize(
    ("act", "standing"),
    [
        (consenting.opt_in, Standing.OPTED_IN),
        (consenting.stop, Standing.OPTED_IN | Standing.STOPPED),
        (consenting.resume, Standing.OPTED_IN),
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
        consenting.stop(FakeTransaction(), 1, source="letter", wording="", at=NOW, actor="U1", now=NOW)


@pytest.mark.parametrize("text", [ANA, "+55 (11) 99999-1234", "11 99999-1234"])
def test_a_person_is_found_as_a_number_is_written(text: str):
    tx = FakeTransaction()
    ana = person(tx)

    record = consenting.find(tx, text, default_region="BR")

    assert (record.person.id, [event.kind for event in record.history]) == (ana.id, [ConsentKind.OPT_IN])


def test_a_person_is_found_by_user_id():
    tx = FakeTransaction()
    [person_id] = says(tx, "STOP", digits=None, user_id="NL.9f3k")

    assert consenting.find(tx, " NL.9f3k ").person.id == person_id


def test_of_two_spellings_the_exact_one_is_found():
    tx = FakeTransaction()
    rows = {phone: person(tx, phone).id for phone in ("+5491123456789", "+541123456789")}

    assert {phone: consenting.find(tx, phone).person.id for phone in rows} == rows


def test_who_is_not_on_record_is_named_masked():
    with pytest.raises(NotFoundError, match=r"\+55 11 \*{5}-1234 is on record") as refusal:
        consenting.find(FakeTransaction(), ANA)

    assert ANA not in str(refusal.value)


def test_what_is_no_number_cannot_be_looked_up():
    with pytest.raises(InvalidInputError):
        consenting.find(FakeTransaction(), "Ana")


def test_revealing_a_number_leaves_a_trace():
    tx = FakeTransaction()
    ana = person(tx)

    assert consenting.reveal(tx, ana.id, actor="U1", now=NOW) == ANA

    assert [(entry.action, entry.actor) for entry in tx.audit.entries] == [("number revealed", "U1")]


def test_erasing_forgets_every_spelling_and_is_audited_without_the_number():
    tx = FakeTransaction()
    rows = [person(tx, phone).id for phone in ("+5491123456789", "+541123456789")]

    assert sorted(consenting.erase(tx, "+5491123456789", actor="U1", now=NOW)) == rows

    assert [tx.people.rows[each].phone for each in rows] == [None, None]
    assert {entry.action for entry in tx.audit.entries} == {"person erased"}
    assert "541123456789" not in str(tx.audit.entries)
    with pytest.raises(NotFoundError):
        consenting.find(tx, "+5491123456789")
    with pytest.raises(NotFoundError):
        consenting.reveal(tx, rows[0], actor="U1", now=NOW)
