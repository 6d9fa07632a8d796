import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.consent import ConsentKind, Standing
from bot.domain.instants import DAY, Millis
from bot.services import attending, consenting
from tests.fakes import FakeTransaction
from tests.services.voices import ANA, NOW, person, prefers, says, suppressed


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


def test_a_stop_under_a_number_and_a_user_id_makes_one_of_the_rows_of_both():
    tx = FakeTransaction()
    by_number = person(tx).id
    [by_user_id] = says(tx, "STOP", digits=None, user_id="BR.9f3k")

    assert says(tx, "STOP", user_id="BR.9f3k", at=NOW + 1) == [by_number]
    assert tx.people.rows[by_number].bsuid == "BR.9f3k"
    assert tx.people.rows[by_user_id].standing == Standing.NO_ADDRESS
    assert [event.at for event in tx.consents.history(by_number)] == [NOW - DAY, NOW, NOW + 1]


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
    attending.resume(
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
    consenting.reach(tx, {ana.id: NOW}, NOW)

    assert consenting.suppress_undeliverable(tx, {ana.id: "wamid.9"}, at=NOW, now=NOW) == []


@pytest.mark.parametrize(("at", "lifts"), [(NOW - 1, False), (NOW, False), (NOW + 1, True)])
def test_what_arrives_later_lifts_the_suppression_and_is_audited(at: int, lifts: bool):
    tx = FakeTransaction()
    ana = suppressed(tx)

    consenting.reach(tx, {ana.id: Millis(at)}, NOW)

    assert bool(tx.people.rows[ana.id].standing & Standing.SUPPRESSED) != lifts
    assert [(entry.action, entry.subject) for entry in tx.audit.entries] == [
        ("suppression lifted", f"person {ana.id}") for _ in range(lifts)
    ]


@pytest.mark.parametrize(("words", "standing"), [("Hello?", 1), ("STOP", 3)])
def test_whoever_writes_to_us_is_no_longer_suppressed(words: str, standing: int):
    tx = FakeTransaction()
    ana = suppressed(tx)

    says(tx, words, at=NOW + 1)

    assert tx.people.rows[ana.id].standing == Standing(standing)
