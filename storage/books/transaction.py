"""All books over one connection: what a work is handed."""

from bot.ports.clock import Clock
from storage.books.arrivals import LinksBook, ParkedBook, TrialsBook
from storage.books.audiences import AudiencesBook, ImportsBook
from storage.books.audit import AuditBook
from storage.books.campaigns import CampaignsBook
from storage.books.connection import Connection
from storage.books.consents import ConsentsBook
from storage.books.digests import DigestsBook
from storage.books.leases import LeasesBook
from storage.books.machine import NumbersBook, QuarantineBook, SwitchesBook
from storage.books.notices import CardsBook, NoticesBook, TroublesBook
from storage.books.people import PeopleBook
from storage.books.recipients import RecipientsBook
from storage.books.templates import TemplatesBook


class Books:
    """The port `Transaction`. Made once for a connection: the books hold no state of their own."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.people = PeopleBook(connection, clock)
        self.consents = ConsentsBook(connection, clock)
        self.imports = ImportsBook(connection, clock)
        self.audiences = AudiencesBook(connection, clock)
        self.templates = TemplatesBook(connection, clock)
        self.campaigns = CampaignsBook(connection, clock)
        self.leases = LeasesBook(connection, clock)
        self.recipients = RecipientsBook(connection, clock, self.leases)
        self.links = LinksBook(connection, clock)
        self.parked = ParkedBook(connection, clock)
        self.trials = TrialsBook(connection, clock)
        self.audit = AuditBook(connection, clock)
        self.quarantine = QuarantineBook(connection, clock)
        self.cards = CardsBook(connection, clock)
        self.notices = NoticesBook(connection, clock)
        self.troubles = TroublesBook(connection, clock)
        self.digests = DigestsBook(connection, clock)
        self.numbers = NumbersBook(connection, clock)
        self.switches = SwitchesBook(connection, clock)
