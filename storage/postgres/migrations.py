"""The numbered steps from an empty database to the newest schema."""

import psycopg
from psycopg.rows import DictRow

from storage.postgres import schema
from storage.schema import STEP_NAMES, SchemaState

#: What each step does, in the order of `STEP_NAMES`.
_STEPS: dict[str, tuple[str, ...]] = dict(zip(STEP_NAMES, schema.STEPS, strict=True))

_REMEMBER = """
CREATE TABLE IF NOT EXISTS schema_steps (name TEXT PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())
"""
_HAS_STEPS = "SELECT to_regclass('schema_steps') IS NOT NULL AS has_steps"
_FOUND = "SELECT name FROM schema_steps ORDER BY name"
_IS_PARTIAL = "SELECT to_regclass('copy_under_way') IS NOT NULL AS is_partial"
_TABLES = "SELECT count(*) AS n FROM pg_tables WHERE schemaname = current_schema()"
# A step may take as long as its tables are big, and whoever comes second waits as long.
_UNHURRIED = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0"
# Any number, as long as every process asks for the same: two that migrate at once take turns.
_TURN = "SELECT pg_advisory_xact_lock(72173216)"


def state_of(connection: psycopg.Connection[DictRow]) -> SchemaState:
    """Read which steps a database has; writes nothing."""
    found: tuple[str, ...] = ()
    if _one(connection, _HAS_STEPS)["has_steps"]:
        found = tuple(row["name"] for row in connection.execute(_FOUND))
    return SchemaState(
        found,
        is_foreign=not found and bool(_one(connection, _TABLES)["n"]),
        is_partial=bool(_one(connection, _IS_PARTIAL)["is_partial"]),
    )


def apply_all(connection: psycopg.Connection[DictRow]) -> list[str]:
    """Apply what is missing, all in one transaction, and name the steps; two processes at once take turns."""
    with connection.transaction():
        connection.execute(_UNHURRIED)
        connection.execute(_TURN)
        known = state_of(connection).found
        missing = [name for name in STEP_NAMES if name not in known]
        if missing:
            connection.execute(_REMEMBER)
        for name in missing:
            for part in _STEPS[name]:
                connection.execute(part.encode())
            connection.execute("INSERT INTO schema_steps (name) VALUES (%s)", (name,))
    return missing


def _one(connection: psycopg.Connection[DictRow], sql: str) -> DictRow:
    row = connection.execute(sql.encode()).fetchone()
    if row is None:
        raise RuntimeError(f"a query that always has one row had none: {sql}")
    return row
