"""What comes back from outside the plan: clicks on our links, statuses that match nothing yet, test sends."""

from collections.abc import Collection, Iterable

from bot.domain.campaign import CampaignId
from bot.domain.delivery import StatusEvent
from bot.domain.instants import Millis
from bot.domain.message import Dispatch
from bot.ports.recipients import ParkedStatus, Trial
from storage.books.alike import alike
from storage.books.book import Book, insertion
from storage.books.tallies import move_tallies
from storage.rows import recipients as rows
from storage.rows.values import listed

_HIT = "UPDATE links SET hits = hits + 1 WHERE token = ? AND url <> '' RETURNING recipient_id, url"
_LANDING = "SELECT url FROM links WHERE token = ? AND url <> ''"
# A person counts once, with their first click.
_CLICK = f"UPDATE recipients SET clicked_at = ? WHERE id = ? AND clicked_at IS NULL RETURNING {rows.MESSAGE}"
_CAMPAIGN_OF = "SELECT r.campaign_id FROM links AS l JOIN recipients AS r ON r.id = l.recipient_id WHERE l.token = ?"

_PARKED_COLUMNS = (
    *("phone_number_id", "wamid", "status", "at", "tracker", "recipient", "recipient_user_id", "code", "detail"),
    *("route", "free", "received_at"),
)
_PARK = f"{insertion('parked', _PARKED_COLUMNS)} ON CONFLICT DO NOTHING"
_TAKE = "DELETE FROM parked WHERE wamid IN (SELECT value FROM json_each(?)) RETURNING *"
_PEEK = """
SELECT * FROM parked WHERE phone_number_id = :phone_number_id OR :phone_number_id IS NULL ORDER BY id LIMIT :limit
"""
_EXPIRE = "DELETE FROM parked WHERE received_at < ?"
_COUNT_PARKED = "SELECT count(*) AS value FROM parked"

_ADD_TRIAL = """
INSERT INTO trials (campaign_id, phone_number_id, address, parameters, requested_by, requested_at, dispatch)
VALUES (?, ?, ?, ?, ?, ?, 'planned') RETURNING *
"""
_WAITING_TRIALS = "SELECT * FROM trials WHERE dispatch = 'planned' AND phone_number_id = ? ORDER BY id LIMIT ?"
_SAVE_TRIAL = "UPDATE trials SET dispatch = ?, wamid = ?, code = ? WHERE id = ?"
_TRIALS_WITH = "SELECT * FROM trials WHERE dispatch = ? ORDER BY id"


class LinksBook(Book):
    """The port `Links`."""

    def hit(self, token: str, now: Millis) -> str | None:
        """Give the landing address of a token and count its person once."""
        link = self._run(_HIT, (token,)).fetchone()
        if link is None:
            return None
        clicked = self._run(_CLICK, (now, link["recipient_id"])).fetchone()
        if clicked is not None:
            after = rows.recipient(clicked)
            move_tallies(self._connection, alike([(after._replace(clicked_at=None), after)]))
        return str(link["url"])

    def landing(self, token: str) -> str | None:
        """Give the landing address of a token and count nobody."""
        link = self._one(_LANDING, (token,))
        return None if link is None else str(link["url"])

    def campaign_of(self, token: str) -> CampaignId | None:
        """Name the campaign a token belongs to."""
        row = self._one(_CAMPAIGN_OF, (token,))
        return None if row is None else CampaignId(row["campaign_id"])


class ParkedBook(Book):
    """The port `Parked`."""

    def park(self, events: Iterable[StatusEvent], now: Millis) -> None:
        """Keep statuses, equal ones once."""
        values = [{**rows.status_values(event), "received_at": now} for event in events]
        self._connection.executemany(_PARK, values)

    def take(self, wamids: Collection[str]) -> list[StatusEvent]:
        """Remove and return what is parked for these message ids, in the order it came."""
        taken = sorted(self._all(_TAKE, (listed(wamids),)), key=lambda row: int(row["id"]))
        return [rows.status_event(row) for row in taken]

    def peek(self, phone_number_id: str | None, limit: int) -> list[ParkedStatus]:
        """Look at the oldest, of one number or all."""
        values = {"phone_number_id": phone_number_id, "limit": limit}
        return [rows.parked_status(row) for row in self._all(_PEEK, values)]

    def expire(self, before: Millis) -> int:
        """Drop what came before then; say how many."""
        return self._run(_EXPIRE, (before,)).rowcount

    def count(self) -> int:
        """Count what is parked."""
        return int(self._value(_COUNT_PARKED))


class TrialsBook(Book):
    """The port `Trials`."""

    def add(
        self, campaign_id: CampaignId, phone_number_id: str, address: str, parameters: bytes, by: str, now: Millis
    ) -> Trial:
        """Plan a test send."""
        values = (campaign_id, phone_number_id, address, parameters, by, now)
        return rows.trial(self._run(_ADD_TRIAL, values).fetchone())

    def waiting(self, phone_number_id: str, limit: int) -> list[Trial]:
        """List what is to be sent from this number, oldest first."""
        return [rows.trial(row) for row in self._all(_WAITING_TRIALS, (phone_number_id, limit))]

    def save(self, message: Trial) -> None:
        """Write what became of a test send."""
        self._run(_SAVE_TRIAL, (message.dispatch.value, message.wamid, message.code, message.id))

    def with_dispatch(self, dispatch: Dispatch) -> list[Trial]:
        """List test sends in one state."""
        return [rows.trial(row) for row in self._all(_TRIALS_WITH, (dispatch.value,))]
