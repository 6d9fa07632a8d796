"""The table of Meta's errors: every code has a class, words for people, and a wait where one is due."""

import pytest

from bot.ports.meta import ErrorClass
from bot.whatsapp.failures import TABLE, failure, is_known, plain_words

C, P, T = ErrorClass.CONFIG, ErrorClass.PERMANENT, ErrorClass.TRANSIENT
L, D, S = ErrorClass.RATE, ErrorClass.DELAYED, ErrorClass.STOPPED

EXPECTED = {
    C: [
        *(0, 3, 10, 33, 100, 190, 200, 299, 368, 131005, 131008, 131009, 131031, 131037, 131042, 131045, 131048),
        *(131051, 131052, 131053, 131055, 131061, 131063, 131064, 132000, 132001, 132007, 132008, 132012, 132015),
        *(132016, 132018, 132068, 132069, 133000, 133005, 133006, 133008, 133009, 133010, 134011, 134100, 134102),
        *(134103, 135000, 200005, 200006, 200007, 1752041, 2388019, 2388299),
    ],
    P: [130403, 130472, 130497, 131021, 131026, 131030, 131047, 131062, 131065, 132005, 137000],
    T: [1, 2, 131000, 131016, 131056, 131057, 131059, 133004],
    L: [4, 80007, 130429],
    D: [131049, 133015, 133016, 134101],
    S: [131050],
}


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in EXPECTED.items() for code in codes])
def test_every_code_asks_for_what_meta_says(kind: ErrorClass, code: int):
    assert is_known(code)
    assert failure(code).kind is kind


def test_no_row_of_the_table_is_left_out_above():
    assert set(TABLE) <= {code for codes in EXPECTED.values() for code in codes}


def test_an_unknown_code_ends_this_message_and_says_that_it_is_unknown():
    unknown = failure(999_999, "odd", "trace")

    assert not is_known(999_999)
    assert (unknown.kind, unknown.wait_seconds) == (P, 0.0)
    assert (unknown.detail, unknown.trace_id) == ("odd", "trace")


@pytest.mark.parametrize("code", [*TABLE, 299, 2388040, 999_999])
def test_every_code_is_told_in_words_a_marketer_can_act_on(code: int):
    what, mend = plain_words(code)

    assert (what, mend) == (failure(code).what, failure(code).mend)
    for sentence in (what, mend):
        assert sentence[0].isupper()
        assert not sentence.endswith(".")
        assert 5 < len(sentence) < 120


@pytest.mark.parametrize(("code", "seconds"), [(131049, 86_400), (134101, 600), (133015, 300)])
def test_a_delayed_error_waits_as_long_as_meta_says(code: int, seconds: float):
    assert failure(code).wait_seconds == seconds


def test_the_pair_rate_waits_in_powers_of_four():
    assert (failure(131056).wait_seconds, failure(131056).growth) == (1, 4.0)


def test_other_transient_errors_double():
    assert (failure(131016).wait_seconds, failure(131016).growth) == (1, 2.0)


def test_what_is_no_use_repeating_has_no_wait():
    assert {failure(code).wait_seconds for kind in (C, P, S) for code in EXPECTED[kind]} == {0.0}


@pytest.mark.parametrize(("code", "kind"), [(100, T), (131026, T), (5, T), (131050, S), (130429, L), (131049, D)])
def test_meta_may_call_a_refusal_transient_but_not_a_stop_or_a_limit(code: int, kind: ErrorClass):
    assert failure(code, is_transient=True).kind is kind


@pytest.mark.parametrize("code", [100, 131053, 132000, 132001, 132015, 134102, 2388019, 2388299])
def test_what_meta_says_of_one_template_is_told_apart(code: int):
    assert failure(code).is_about_template
    assert not failure(code, is_transient=True).is_about_template


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 10, 190, 200, 299, 368, 80007, 130429, 131031, 131042, 999_999])
def test_what_concerns_the_account_or_the_moment_is_not_about_a_template(code: int):
    assert not failure(code).is_about_template


@pytest.mark.parametrize(("kind", "passes"), [(T, True), (L, True), (D, True), (C, False), (P, False), (S, False)])
def test_a_fault_passes_where_nobody_has_to_mend_anything(kind: ErrorClass, passes: bool):
    assert {failure(code).is_passing for code in EXPECTED[kind]} == {passes}
