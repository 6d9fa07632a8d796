"""Consent: the append-only history, and the standing that follows from it in the same write."""

from collections.abc import Sequence

from bot.domain.consent import ConsentEvent, ConsentKind, Standing, after
from bot.domain.instants import Millis
from storage.rows import people as rows
from storage.sqlite.book import Book

_STANDING = """
SELECT standing, opted_in_at, stopped_at, whatsapp_stopped_at, suppressed_at FROM people WHERE id = ?
"""
_HISTORY = "SELECT * FROM consents WHERE person_id = ? ORDER BY at, id"
# The unique index on opt-ins makes a repeated one a row that is not added.
_APPEND = """
INSERT INTO consents (person_id, kind, at, source, wording, evidence, actor, recorded_at)
VALUES (:person_id, :kind, :at, :source, :wording, :evidence, :actor, :now) ON CONFLICT DO NOTHING
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
_SET_BY = {
    _K.OPT_IN: "opted_in_at",
    _K.STOP: "stopped_at",
    _K.WHATSAPP_STOP: "whatsapp_stopped_at",
    _K.SUPPRESS: "suppressed_at",
}
_LIFTED_BY = {_K.RESUME: "stopped_at", _K.WHATSAPP_RESUME: "whatsapp_stopped_at"}
_COMING_BACK = {_K.STOP: _K.RESUME, _K.WHATSAPP_STOP: _K.WHATSAPP_RESUME}


class SqliteConsents(Book):
    """The port `Consents`."""

    def record(self, events: Sequence[tuple[int, ConsentEvent]], now: Millis) -> None:
        """Append lines of history and bring the standing along; lines that say nothing new are left out."""
        for person_id, event in events:
            self._record_one(person_id, event, now)

    def history(self, person_id: int) -> list[ConsentEvent]:
        """Give a person's lines by the time they were said."""
        return [rows.consent_event(row) for row in self._all(_HISTORY, (person_id,))]

    def _record_one(self, person_id: int, event: ConsentEvent, now: Millis) -> None:
        instants = dict(self._one(_STANDING, (person_id,)) or {})
        standing = Standing(instants.pop("standing", 0))
        values = _values(person_id, event, now)
        if self._is_nothing_new(standing, event, values) or not self._run(_APPEND, values).rowcount:
            return
        if not self._has_effect(person_id, standing, event, instants):
            return
        standing = after(standing, event.kind)
        changed = _instants_after(instants, standing, event)
        self._run(_SET_STANDING, {"person_id": person_id, "standing": int(standing), **changed, "now": now})

    def _is_nothing_new(self, standing: Standing, event: ConsentEvent, values: dict[str, object]) -> bool:
        if event.kind is _K.OPT_IN:
            return False
        in_force = event.kind in _SET_BY and bool(standing & _INSTANTS[_SET_BY[event.kind]])
        return self._one(_SAME_EVIDENCE if in_force else _SAME_LINE, values) is not None

    def _has_effect(
        self, person_id: int, standing: Standing, event: ConsentEvent, instants: dict[str, Millis | None]
    ) -> bool:
        """Tell whether a line changes where the person stands: the latest word counts, not the latest to arrive."""
        if event.kind is _K.ERASE or standing & Standing.NO_ADDRESS:
            return False  # `People.erase` sets that, and an erased person stays erased
        if event.kind in _LIFTED_BY:
            return (instants[_LIFTED_BY[event.kind]] or 0) <= event.at
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


def _instants_after(
    instants: dict[str, Millis | None], standing: Standing, event: ConsentEvent
) -> dict[str, Millis | None]:
    """Give each bit of the standing its instant: the latest line that set it, nothing where the bit is not set."""
    found = dict(instants)
    column = _SET_BY.get(event.kind)
    if column is not None:
        found[column] = max(found[column] or event.at, event.at)
    return {name: found[name] if standing & bit else None for name, bit in _INSTANTS.items()}
