"""The audit chain: whatever is done to stored lines, the walk finds it."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import GENESIS, entry_hash, verify
from bot.ports.records import AuditEntry, AuditRow
from tests.builders import NOW

_ENTRIES = st.lists(
    st.builds(
        AuditEntry,
        at=st.integers(0, 2**41),
        actor=st.text(max_size=5),
        action=st.sampled_from(["approved", "paused"]),
        subject=st.text(max_size=5),
        detail=st.dictionaries(st.text(max_size=3), st.none() | st.integers() | st.text(max_size=3), max_size=3),
    ),
    min_size=2,
    max_size=8,
)


def _chained(entries: list[AuditEntry]) -> list[AuditRow]:
    rows: list[AuditRow] = []
    previous = GENESIS
    for seq, entry in enumerate(entries, 1):
        link = entry_hash(previous, seq, entry)
        rows.append(AuditRow(seq, entry, previous, link))
        previous = link
    return rows


def _head(rows: list[AuditRow]) -> tuple[int, str]:
    return rows[-1].seq, rows[-1].hash


def test_an_empty_chain_holds():
    assert verify([]) is None


@given(entries=_ENTRIES)
def test_an_untouched_chain_holds(entries: list[AuditEntry]):
    rows = _chained(entries)

    assert verify(rows) is None
    assert verify(rows, _head(rows)) is None


@given(entries=_ENTRIES, data=st.data())
def test_any_edit_is_found_where_it_is(entries: list[AuditEntry], data: st.DataObject):
    rows = _chained(entries)
    place = data.draw(st.integers(0, len(rows) - 1))
    edits: list[dict[str, Any]] = [
        {"at": rows[place].entry.at + 1},
        {"actor": rows[place].entry.actor + "x"},
        {"action": "rejected"},
        {"subject": rows[place].entry.subject + "x"},
        {"detail": {**rows[place].entry.detail, "new": 1}},
    ]
    edited = replace(rows[place], entry=replace(rows[place].entry, **data.draw(st.sampled_from(edits))))

    assert verify([*rows[:place], edited, *rows[place + 1 :]]) == place + 1


@given(entries=_ENTRIES, data=st.data())
def test_any_removal_is_found(entries: list[AuditEntry], data: st.DataObject):
    rows = _chained(entries)
    place = data.draw(st.integers(0, len(rows) - 1))

    assert verify([*rows[:place], *rows[place + 1 :]], _head(rows)) == place + 1


@given(entries=_ENTRIES, data=st.data())
def test_any_swap_is_found(entries: list[AuditEntry], data: st.DataObject):
    rows = _chained(entries)
    first = data.draw(st.integers(0, len(rows) - 2))
    second = data.draw(st.integers(first + 1, len(rows) - 1))
    swapped = list(rows)
    swapped[first], swapped[second] = swapped[second], swapped[first]

    assert verify(swapped) == first + 1


@given(entries=_ENTRIES)
def test_a_chain_written_anew_is_found_by_its_head(entries: list[AuditEntry]):
    rows = _chained(entries)
    forged = _chained([replace(entry, actor=entry.actor + "x") for entry in entries])

    assert verify(forged) is None
    assert verify(forged, _head(rows)) == len(rows)


def test_the_hash_of_a_line_never_changes_between_versions():
    entry = AuditEntry(at=NOW, actor="U0", action="approved", subject="campaign 7Q2K", detail={"b": 1, "a": "ö"})

    assert entry_hash(GENESIS, 1, entry) == "93b2006ce81da3c6d615241287efe1b7f332db0342837b6e236e120286c361e2"
