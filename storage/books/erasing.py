"""Erasing one person: everything that names them goes, rows, totals and the proof of consent stay."""

import json

from bot.domain.consent import Standing
from bot.domain.instants import Millis
from bot.domain.plan import NO_PARAMETERS, SEAL_BYTES, sealed
from storage.books.connection import Connection
from storage.books.consents import NEXT_LINE
from storage.rows.values import Row

_PLANS = """
SELECT id, plan FROM campaigns
WHERE plan IS NOT NULL AND id IN (SELECT campaign_id FROM recipients WHERE person_id = :id)
"""
_SET_PLAN = "UPDATE campaigns SET plan = :plan WHERE id = :id"
_SEALED = """
SELECT id, identity, address, parameters, seal FROM recipients WHERE person_id = :id AND length(seal) = :bytes
"""
_SET_SEAL = "UPDATE recipients SET seal = ? WHERE id = ?"
_PERSON = "SELECT id, phone, bsuid, wa_id FROM people WHERE id = ? AND erased_at IS NULL"

#: Kind, time and source prove that consent existed; the person's own words and where they are found go.
FORGET_WORDS = """
UPDATE consents SET wording = '', evidence = '', redacted_at = :now WHERE person_id = :id AND redacted_at IS NULL
"""
#: `:erased` is the identity that replaces theirs.
FORGET_PERSON = """
UPDATE people SET
  phone = NULL, bsuid = NULL, wa_id = NULL, identity = :erased, name = '', language = '', attributes = '{}',
  standing = :standing, opted_in_at = NULL, stopped_at = NULL, whatsapp_stopped_at = NULL, suppressed_at = NULL,
  failures = 0, updated_at = :now, erased_at = :now
WHERE id = :id
"""
#: The last line of somebody's history.
END = f"""
INSERT INTO consents (id, person_id, kind, at, source, wording, evidence, actor, recorded_at)
VALUES ({NEXT_LINE.format(person=":id")}, :id, 'erase', :now, :source, '', '', '', :now)
"""

#: In this order: what refers to the person first, the person last.
_STATEMENTS = (
    "DELETE FROM person_tags WHERE person_id = :id",
    # A landing address may carry a name or number that was typed in as an attribute.
    """
    UPDATE links SET url = '' WHERE recipient_id IN (SELECT id FROM recipients WHERE person_id = :id)
    """,
    """
    UPDATE recipients SET identity = :erased, address = '', parameters = :nothing WHERE person_id = :id
    """,
    "UPDATE trials SET address = '', parameters = :nothing WHERE address IN (:phone, :bsuid)",
    """
    UPDATE parked SET recipient = NULL, recipient_user_id = NULL
    WHERE recipient IN (:digits, :wa_id) OR recipient_user_id = :bsuid
    """,
    # A body nobody could read is searched for the digits as they stand in it.
    """
    UPDATE quarantine SET body = :emptied
    WHERE instr(body, :digits_bytes) > 0 OR instr(body, :wa_id_bytes) > 0 OR instr(body, :bsuid_bytes) > 0
    """,
    FORGET_WORDS,
    FORGET_PERSON,
    END,
)


class Eraser:
    """Erases people through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def erase(self, person_id: int, now: Millis) -> None:
        """Erase a person; one already erased, or unknown, stays as they are."""
        row = self._connection.execute(_PERSON, (person_id,)).fetchone()
        if row is None:
            return
        values = _values(row, now)
        self._forget_examples(values)
        self._leave_seals(row["id"])
        for statement in _STATEMENTS:
            self._connection.execute(statement, values)

    def _forget_examples(self, values: dict[str, object]) -> None:
        """Empty the examples of the plans this person is in: the first people's messages stand there, with names."""
        for row in self._connection.execute(_PLANS, values).fetchall():
            plan = {**json.loads(row["plan"]), "examples": []}
            self._connection.execute(_SET_PLAN, {"plan": json.dumps(plan), "id": row["id"]})

    def _leave_seals(self, person_id: int) -> None:
        """Let what stands for this person's rows in the chains of their plans take the place of the seals."""
        rows = self._connection.execute(_SEALED, {"id": person_id, "bytes": SEAL_BYTES}).fetchall()
        for row in rows:
            stands = sealed(row["identity"], row["address"], row["parameters"], row["seal"])
            self._connection.execute(_SET_SEAL, (stands, row["id"]))


def _values(row: Row, now: Millis) -> dict[str, object]:
    phone = row["phone"]
    names = {
        "digits": None if phone is None else phone.removeprefix("+"),
        "wa_id": row["wa_id"],
        "bsuid": row["bsuid"],
    }
    return {
        "id": row["id"],
        "phone": phone,
        **names,
        **{f"{name}_bytes": None if text is None else text.encode() for name, text in names.items()},
        "nothing": NO_PARAMETERS,
        "emptied": b"",
        "erased": f"erased:{row['id']}",
        "standing": int(Standing.NO_ADDRESS),
        "source": "erasure",
        "now": now,
    }
