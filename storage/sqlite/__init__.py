"""The default engine: one SQLite file in WAL mode with one writer."""

from storage.sqlite.database import COMMAND_CACHE_KIB, WRITER_CACHE_KIB
from storage.sqlite.engine import SqliteStorage, migrate, schema_state
from storage.sqlite.lock import exclusive

__all__ = ["COMMAND_CACHE_KIB", "WRITER_CACHE_KIB", "SqliteStorage", "exclusive", "migrate", "schema_state"]
