"""Consent: the append-only history, and the standing that follows from it in the same write."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.consent import ConsentEvent, ConsentKind, Standing, after
from bot.domain.errors import NotFoundError
from bot.domain.instants import Millis
from storage.books.book import Book
from storage.books.census import recount
from storage.rows import people as rows
from storage.rows.values import listed

_STANDINGS = """
SELECT id, standing, opted_in_at, stopped_at, whatsapp_stopped_at, suppressed_at FROM people
WHERE id IN (SELECT value FROM json_each(?))
"""
_HISTORY = "SELECT * FROM consents WHERE person_id = ? ORDER BY at, id"
#: The lines of one person are counted; two processes that write one at the same time meet in its number.
NEXT_LINE = "(SELECT coalesce(max(id), 0) + 1 FROM consents WHERE person_id = {person})"
# An opt-in that is on record already makes a row that is not added.
_APPEND = f"""
INSERT INTO consents (id, person_id, kind, at, source, wording, evidence, actor, recorded_at)
SELECT {NEXT_LINE.format(person=":person_id")}, :person_id, :kind, :at, :source, :wording, :evidence, :actor, :now
WHERE :kind <> 'opt_in' OR NOT EXISTS (
  SELECT 1 FROM consents WHERE person_id = :person_id AND kind = 'opt_in' AND at = :at AND source = :source
    AND wording = :wording AND redacted_at IS NULL
)
"""
# Is the very same line there already (a webhook repeated)?
_SAME_LINE = """
SELECT 1 FROM consents WHERE person_id = :person_id AND kind = :kind AND at = :at AND source = :source
  AND wording = :wording AND evidence = :evidence
"""
# Does a line of this kind already name this evidence?
_SAME_EVIDENCE = "SELECT 1 FROM consents WHERE person_id = :person_id AND kind = :kind AND evidence = :evidence"
# Did the person come back after that moment?
_CAME_BACK = "SELECT 1 FROM consents WHERE person_id = ? AND kind = ? AND at > ?"
_SET_STANDING = """
UPDATE people SET standing = :standing, opted_in_at = :opted_in_at, stopped_at = :stopped_at,
  whatsapp_stopped_at = :whatsapp_stopped_at, suppressed_at = :suppressed_at, updated_at = :now
WHERE id = :person_id
"""

_K = ConsentKind
#: Which instant of the person belongs to which bit of the standing.
_INSTANTS = {
    "opted_in_at": Standing.OPTED_IN,
    "stopped_at": Standing.STOPPED,
    "whatsapp_stopped_at": Standing.WHATSAPP_STOPPED,
    "suppressed_at": Standing.SUPPRESSED,
}
#: The same as plain numbers: combining flags takes ten times longer, and an import does it for every row.
_BITS = {name: int(bit) for name, bit in _INSTANTS.items()}
_SET_BY = {
    _K.OPT_IN: "opted_in_at",
    _K.STOP: "stopped_at",
    _K.WHATSAPP_STOP: "whatsapp_stopped_at",
    _K.SUPPRESS: "suppressed_at",
}
_LIFTED_BY = {_K.RESUME: "stopped_at", _K.WHATSAPP_RESUME: "whatsapp_stopped_at"}
_COMING_BACK = {_K.STOP: _K.RESUME, _K.WHATSAPP_STOP: _K.WHATSAPP_RESUME}


@dataclass(slots=True)
class Stand:
    """Where one person stands while lines are recorded, with the instant behind each bit."""

    standing: Standing
    instants: dict[str, Millis | None]

    def take(self, event: ConsentEvent) -> None:
        """Let one line have its effect: each bit set keeps the latest line that set it."""
        self.standing = after(self.standing, event.kind)
        column = _SET_BY.get(event.kind)
        if column is not None:
            self.instants[column] = max(self.instants[column] or event.at, event.at)
        bits = int(self.standing)
        self.instants = {name: self.instants[name] if bits & bit else None for name, bit in _BITS.items()}


class ConsentsBook(Book):
    """The port `Consents`."""

    def record(self, events: Sequence[tuple[int, ConsentEvent]], now: Millis) -> None:
        """Append lines of history and bring the standing along; lines that say nothing new are left out."""
        stands = self._stands({person_id for person_id, _ in events})
        moved = [person_id for person_id, event in events if self._record_one(person_id, event, stands[person_id], now)]
        self._store(stands, dict.fromkeys(moved), now)

    def history(self, person_id: int) -> list[ConsentEvent]:
        """Give a person's lines by the time they were said."""
        return [rows.consent_event(row) for row in self._all(_HISTORY, (person_id,))]

    def _stands(self, person_ids: Collection[int]) -> dict[int, Stand]:
        found = self._all(_STANDINGS, (listed(person_ids),))
        stands = {row["id"]: Stand(Standing(row["standing"]), {name: row[name] for name in _INSTANTS}) for row in found}
        missing = sorted(set(person_ids) - stands.keys())
        if missing:
            raise NotFoundError(f"Person {missing[0]} is not on record; consent needs somebody who gives it.")
        return stands

    def _store(self, stands: Mapping[int, Stand], moved: Iterable[int], now: Millis) -> None:
        values = [_standing_values(person_id, stands[person_id], now) for person_id in moved]
        self._connection.executemany(_SET_STANDING, values)
        recount(self._connection, stands)

    def _record_one(self, person_id: int, event: ConsentEvent, stand: Stand, now: Millis) -> bool:
        """Append one line; tells whether it moved the person's standing."""
        values = _values(person_id, event, now)
        if self._is_nothing_new(stand.standing, event, values) or not self._run(_APPEND, values).rowcount:
            return False
        if not self._has_effect(person_id, stand, event):
            return False
        stand.take(event)
        return True

    def _is_nothing_new(self, standing: Standing, event: ConsentEvent, values: dict[str, object]) -> bool:
        if event.kind is _K.OPT_IN:
            return False  # appending it tells
        in_force = event.kind in _SET_BY and bool(standing & _INSTANTS[_SET_BY[event.kind]])
        return self._one(_SAME_EVIDENCE if in_force else _SAME_LINE, values) is not None

    def _has_effect(self, person_id: int, stand: Stand, event: ConsentEvent) -> bool:
        """Tell whether a line changes where the person stands: the latest word counts, not the latest to arrive."""
        if event.kind is _K.ERASE or stand.standing & Standing.NO_ADDRESS:
            return False  # `People.erase` sets that, and an erased person stays erased
        if event.kind in _LIFTED_BY:
            return (stand.instants[_LIFTED_BY[event.kind]] or 0) <= event.at
        back = _COMING_BACK.get(event.kind)
        return back is None or self._one(_CAME_BACK, (person_id, back.value, event.at)) is None


def _values(person_id: int, event: ConsentEvent, now: Millis) -> dict[str, object]:
    return {
        "person_id": person_id,
        "kind": event.kind.value,
        "at": event.at,
        "source": event.source,
        "wording": event.wording,
        "evidence": event.evidence,
        "actor": event.actor,
        "now": now,
    }


def _standing_values(person_id: int, stand: Stand, now: Millis) -> dict[str, object]:
    return {"person_id": person_id, "standing": int(stand.standing), **stand.instants, "now": now}
