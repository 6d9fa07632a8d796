"""A tracker comes back from outside: ours is read, anything else is nobody's, and nothing of it can break a write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message import parse_tracker, tracker


@given(st.integers(0, 10**18 - 1), st.integers(0, 10**9 - 1))
def test_what_was_written_is_read_back(recipient_id: int, attempt: int):
    assert parse_tracker(tracker("7Q2KX", recipient_id, attempt)) == ("7Q2KX", recipient_id, attempt)


@pytest.mark.parametrize(
    "text", [None, "", "x", "a.1", "a.1.2.3", "a.².1", "a.١.1", "a.-1.1", f"a.{10**18}.1", "..", "a. 1.1"]
)
def test_what_is_not_ours_is_nobodys(text: str | None):
    assert parse_tracker(text) is None


@given(st.text(max_size=30))
def test_no_text_can_break_the_reading(text: str):
    found = parse_tracker(text)

    assert found is None or found[1] < 10**18
