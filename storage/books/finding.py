"""Finding messages: by id, by Meta's id, by state, by what has or has not become of them."""

from collections.abc import Collection, Iterator

from bot.domain.campaign import CampaignId
from bot.domain.instants import MINUTE, Millis
from bot.domain.message import Dispatch, Recipient, RecipientId
from bot.domain.spellings import identity_of_digits
from bot.ports.recipients import ReportRow
from storage.books.census import last_counted
from storage.books.connection import Connection
from storage.rows.recipients import MESSAGE, message_of, recipient
from storage.rows.values import listed

_BY_IDS = f"SELECT {MESSAGE} FROM recipients WHERE id IN (SELECT value FROM json_each(?))"
_BY_WAMIDS = f"SELECT {MESSAGE} FROM recipients WHERE wamid IN (SELECT value FROM json_each(?))"
_KNOWN_WAMIDS = """
SELECT value AS wamid FROM json_each(?)
WHERE EXISTS (SELECT 1 FROM recipients WHERE wamid = value)
  OR EXISTS (SELECT 1 FROM attempts WHERE wamid = value)
  OR EXISTS (SELECT 1 FROM trials WHERE wamid = value)
"""
# To whom did a message go, whichever attempt or test send it was?
_PEOPLE_OF = """
SELECT wamid, person_id FROM recipients WHERE wamid IN (SELECT value FROM json_each(:wamids))
UNION ALL
SELECT a.wamid, r.person_id FROM attempts AS a JOIN recipients AS r ON r.id = a.recipient_id
WHERE a.wamid IN (SELECT value FROM json_each(:wamids))
UNION ALL
SELECT t.wamid, p.id FROM trials AS t JOIN people AS p ON p.phone = t.address OR p.bsuid = t.address
WHERE t.wamid IN (SELECT value FROM json_each(:wamids))
"""
# Messages in one state, of one campaign or number if they are named. The state is written into the statement: only so
# can SQLite see that a partial index covers it.
_WITH_DISPATCH = (
    f"SELECT {MESSAGE} FROM recipients WHERE dispatch = '{{dispatch}}'{{conditions}} ORDER BY id LIMIT :limit"
)
_OF_CAMPAIGN = " AND campaign_id = :campaign_id"
_OF_NUMBER = " AND campaign_id IN (SELECT id FROM campaigns WHERE phone_number_id = :phone_number_id)"
# What may have left to this line: the address itself, an id learnt from Meta, or another spelling of the same number.
_UNANSWERED = f"""
SELECT {message_of("r")} FROM recipients AS r
JOIN campaigns AS c ON c.id = r.campaign_id JOIN people AS p ON p.id = r.person_id
WHERE r.dispatch = '{{dispatch}}' AND c.phone_number_id = :phone_number_id
  AND (r.address IN ('+' || :digits, :digits) OR p.wa_id = :digits OR r.identity = :identity)
"""
_IN_DOUBT_FOR = " UNION ALL ".join(_UNANSWERED.format(dispatch=state) for state in ("sending", "in_doubt"))
_NEXT_DUE = """
SELECT min(coalesce(not_before, 0)) AS due FROM recipients WHERE campaign_id = ? AND dispatch IN ('planned', 'claimed')
"""
# The lifetime starts at `sent` where Meta reported it, else when the message was accepted. Neither is before the mark,
# which the index knows, but for Meta's clock and its whole seconds.
_OVERDUE = f"""
SELECT {MESSAGE} FROM recipients
WHERE campaign_id = :campaign_id AND dispatch = 'accepted'
  AND delivered_at IS NULL AND failed_at IS NULL AND expired_at IS NULL AND read_at IS NULL
  AND coalesce(sending_at, 0) < :marked_before AND coalesce(sent_at, accepted_at) < :before
ORDER BY coalesce(sending_at, 0), id LIMIT :limit
"""
_CLOCKS_DIFFER = MINUTE
_ENDED_WITH = """
FROM recipients WHERE campaign_id = :campaign_id AND code = :code AND (
  (dispatch = 'accepted' AND delivery = 'failed') OR dispatch = 'refused'
)
"""
_FAILED_WITH = f"""
SELECT {MESSAGE} {_ENDED_WITH} AND coalesce(failed_at, sending_at) < :before
ORDER BY attempt, coalesce(failed_at, sending_at), id LIMIT :limit
"""
_FIRST_ATTEMPTS_WITH = f"SELECT count(*) AS messages {_ENDED_WITH} AND attempt = 1"
# How many people were written to since then? What may have left counts: Meta may have it. Of whom a cell counts only
# those are walked whom something reached since then; a message under way, or to a newcomer, is not in there yet.
_MESSAGED_SINCE = """
SELECT (
  SELECT coalesce(sum(reached), 0) FROM (
    SELECT (
      SELECT count(*) FROM members AS m INDEXED BY members_by_reach WHERE m.cell_id = c.id AND m.last_at >= :since
    ) AS reached FROM cells AS c
  ) AS cell
) + (
  SELECT count(*) FROM (
    SELECT r.person_id FROM recipients AS r JOIN members AS m ON m.person_id = r.person_id
    WHERE r.dispatch = 'sending' AND r.sending_at >= :since AND coalesce(m.last_at, 0) < :since
    UNION SELECT person_id FROM recipients
    WHERE person_id > :counted AND dispatch IN ('accepted', 'sending', 'in_doubt')
      AND coalesce(accepted_at, sending_at) >= :since
  ) AS other
) AS people
"""
_REPORT = f"SELECT {MESSAGE}, address FROM recipients WHERE campaign_id = ? ORDER BY id"


def by_ids(connection: Connection, ids: Collection[RecipientId]) -> list[Recipient]:
    """Give the messages that are there, in no particular order."""
    return [recipient(row) for row in connection.execute(_BY_IDS, (listed(ids),))]


def by_wamids(connection: Connection, wamids: Collection[str]) -> dict[str, Recipient]:
    """Give messages by the id of their present attempt."""
    return {row["wamid"]: recipient(row) for row in connection.execute(_BY_WAMIDS, (listed(wamids),))}


def known_wamids(connection: Connection, wamids: Collection[str]) -> set[str]:
    """Give those ids that were ever ours."""
    return {row["wamid"] for row in connection.execute(_KNOWN_WAMIDS, (listed(wamids),))}


def people_of(connection: Connection, wamids: Collection[str]) -> dict[str, int]:
    """Give the ids of the people these messages went to; messages that are not ours are left out."""
    found = connection.execute(_PEOPLE_OF, {"wamids": listed(wamids)})
    return {row["wamid"]: row["person_id"] for row in found}


def with_dispatch(
    connection: Connection,
    dispatch: Dispatch,
    campaign_id: CampaignId | None,
    phone_number_id: str | None,
    limit: int,
) -> list[Recipient]:
    """Give messages in one state, by id."""
    values = {"campaign_id": campaign_id, "phone_number_id": phone_number_id, "limit": limit}
    conditions = (_OF_CAMPAIGN if campaign_id is not None else "") + (_OF_NUMBER if phone_number_id is not None else "")
    sql = _WITH_DISPATCH.format(dispatch=dispatch.value, conditions=conditions)
    return [recipient(row) for row in connection.execute(sql, values)]


def in_doubt_for(connection: Connection, phone_number_id: str, digits: str) -> list[Recipient]:
    """Give what may have left to these digits and has no answer."""
    values = {"phone_number_id": phone_number_id, "digits": digits, "identity": identity_of_digits(digits)}
    found = [recipient(row) for row in connection.execute(_IN_DOUBT_FOR, values)]
    return sorted(found, key=lambda message: message.id)


def next_due(connection: Connection, campaign_id: CampaignId) -> Millis | None:
    """Give the earliest `not_before` of what waits; 0 where one may leave at any time."""
    due = connection.execute(_NEXT_DUE, (campaign_id,)).fetchone()["due"]
    return None if due is None else Millis(due)


def overdue(connection: Connection, campaign_id: CampaignId, before: Millis, limit: int) -> list[Recipient]:
    """Give accepted messages without an outcome whose lifetime started before then, in the order they were marked."""
    values = {"campaign_id": campaign_id, "marked_before": before + _CLOCKS_DIFFER, "before": before, "limit": limit}
    return [recipient(row) for row in connection.execute(_OVERDUE, values)]


def failed_with(
    connection: Connection, campaign_id: CampaignId, code: int, before: Millis, limit: int
) -> list[Recipient]:
    """Give what ended with this code before then; first attempts first, so that later ones never crowd them out."""
    values = {"campaign_id": campaign_id, "code": code, "before": before, "limit": limit}
    return [recipient(row) for row in connection.execute(_FAILED_WITH, values)]


def first_attempts_with(connection: Connection, campaign_id: CampaignId, code: int) -> int:
    """Count first attempts that ended with this code."""
    values = {"campaign_id": campaign_id, "code": code}
    return int(connection.execute(_FIRST_ATTEMPTS_WITH, values).fetchone()["messages"])


def people_messaged_since(connection: Connection, since: Millis) -> int:
    """Count distinct people over all campaigns."""
    values = {"since": since, "counted": last_counted(connection)}
    return int(connection.execute(_MESSAGED_SINCE, values).fetchone()["people"])


def report_rows(connection: Connection, campaign_id: CampaignId) -> Iterator[ReportRow]:
    """Walk the rows by id, without holding them all."""
    for row in connection.each(_REPORT, (campaign_id,)):
        yield ReportRow(address=row["address"], recipient=recipient(row))
