"""The default engine: one SQLite file in WAL mode with one writer."""

from storage.sqlite.engine import SqliteStorage, migrate, schema_state
from storage.sqlite.lock import exclusive

__all__ = ["SqliteStorage", "exclusive", "migrate", "schema_state"]
