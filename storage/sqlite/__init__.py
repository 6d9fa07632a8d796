"""The default engine: one SQLite file in WAL mode with one writer."""
