"""All books over one connection: what a work is handed."""

import sqlite3

from bot.ports.clock import Clock
from storage.sqlite.arrivals import SqliteLinks, SqliteParked, SqliteTrials
from storage.sqlite.audiences import SqliteAudiences, SqliteImports
from storage.sqlite.audit import SqliteAudit
from storage.sqlite.campaigns import SqliteCampaigns
from storage.sqlite.consents import SqliteConsents
from storage.sqlite.digests import SqliteDigests
from storage.sqlite.leases import SqliteLeases
from storage.sqlite.machine import SqliteNumbers, SqliteQuarantine, SqliteSwitches
from storage.sqlite.notices import SqliteCards, SqliteNotices
from storage.sqlite.people import SqlitePeople
from storage.sqlite.recipients import SqliteRecipients
from storage.sqlite.templates import SqliteTemplates


class SqliteTransaction:
    """The port `Transaction`. Made once for a connection: the books hold no state of their own."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self.people = SqlitePeople(connection, clock)
        self.consents = SqliteConsents(connection, clock)
        self.imports = SqliteImports(connection, clock)
        self.audiences = SqliteAudiences(connection, clock)
        self.templates = SqliteTemplates(connection, clock)
        self.campaigns = SqliteCampaigns(connection, clock)
        self.leases = SqliteLeases(connection, clock)
        self.recipients = SqliteRecipients(connection, clock, self.leases)
        self.links = SqliteLinks(connection, clock)
        self.parked = SqliteParked(connection, clock)
        self.trials = SqliteTrials(connection, clock)
        self.audit = SqliteAudit(connection, clock)
        self.quarantine = SqliteQuarantine(connection, clock)
        self.cards = SqliteCards(connection, clock)
        self.notices = SqliteNotices(connection, clock)
        self.digests = SqliteDigests(connection, clock)
        self.numbers = SqliteNumbers(connection, clock)
        self.switches = SqliteSwitches(connection, clock)
