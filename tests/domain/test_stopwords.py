from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.stopwords import STOP_PHRASES, is_stop

STOPS = [
    "STOP", "stop.", " Stop \n", "*stop*", "STOP 🛑", "Unsubscribe!", "Stop promotions", "don’t message me", "ＳＴＯＰ",
    "Não quero receber", "NAO QUERO RECEBER", "sair", "Descadastrar", "cancelar", "BAJA", "darme de baja", "Arrêt",
    "arret", "Désabonner", "Abmelden", "stopp!!!", "cancellami", "afmelden",
    "berhenti", "İPTAL", "iptal", "ÇIKIŞ", "çık", "ret",
    "إلغاء الاشتراك", "الغاء الاشتراك", "توقف", "बंद करें", "रोकें", "стоп", "退订", "配信停止", "수신거부", "הסר", "ยกเลิก",
    "dừng",
]  # fmt: skip
OTHERS = [
    "", " ", "!", "don't stop", "please do not stop the offers", "para", "no", "ok", "stopping by tomorrow", "bus stop",
    "cancelar meu pedido 123", "I want to stop by your shop", "👍", "s t o p",
]  # fmt: skip


@pytest.mark.parametrize("text", STOPS)
def test_a_text_that_is_a_stop_word_stops(text: str):
    assert is_stop(text)


@pytest.mark.parametrize("text", OTHERS)
def test_a_text_that_says_anything_else_does_not(text: str):
    assert not is_stop(text)


@given(
    st.sampled_from(sorted(STOP_PHRASES)),
    st.text(" \t\n", max_size=3),
    st.text(" .!…?,;。！", max_size=3),
    st.sampled_from([str.upper, str.title, str]),
)
def test_case_spaces_and_trailing_punctuation_are_ignored(
    phrase: str, before: str, behind: str, cased: Callable[[str], str]
):
    assert is_stop(before + cased(phrase) + behind)


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str):
    assert is_stop(text) in (True, False)


def test_a_word_more_is_no_stop_word():
    assert not any(is_stop(f"{phrase} xyzzy") for phrase in STOP_PHRASES)
