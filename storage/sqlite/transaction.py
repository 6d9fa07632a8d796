"""All books over one connection, those with bulk paths of their own in their SQLite form."""

from bot.ports.clock import Clock
from storage.books.connection import Connection
from storage.books.transaction import Books
from storage.sqlite.recipients import SqliteRecipients


class SqliteBooks(Books):
    """The port `Transaction`."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        super().__init__(connection, clock)
        self.recipients = SqliteRecipients(connection, clock, self.leases)
