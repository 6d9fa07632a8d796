"""All books over one connection, those with bulk paths of their own in their PostgreSQL form."""

from bot.ports.clock import Clock
from storage.books.transaction import Books
from storage.postgres.people import PostgresConsents, PostgresPeople
from storage.postgres.recipients import PostgresRecipients
from storage.postgres.session import Session


class PostgresBooks(Books):
    """The port `Transaction`."""

    def __init__(self, session: Session, clock: Clock) -> None:
        super().__init__(session, clock)
        self.people = PostgresPeople(session, clock)
        self.consents = PostgresConsents(session, clock)
        self.recipients = PostgresRecipients(session, clock, self.leases)
