"""The engine for more than one machine: any number of processes on one PostgreSQL database."""

from storage.postgres.engine import PostgresStorage, migrate, schema_state

__all__ = ["PostgresStorage", "migrate", "schema_state"]
