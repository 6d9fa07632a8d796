"""The books of `bot.ports`, written once for all engines; an engine overrides only what it does differently.

Each class is one port. Statements use SQLite's spelling; see `connection` for what an engine brings.
"""
