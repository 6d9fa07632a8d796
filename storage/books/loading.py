"""The last look before a request leaves: a claimed row, its frozen content, and its person as they stand now."""

from collections.abc import Collection

from bot.domain.consent import Facts, FrequencyCap, Standing
from bot.domain.instants import Millis
from bot.domain.message import RecipientId
from bot.ports.recipients import Claim
from storage.books.connection import Connection
from storage.books.matching import CAMPAIGNS_SINCE
from storage.rows.recipients import message_of, recipient
from storage.rows.values import Row, listed

_ROWS = f"""
SELECT
  {message_of("m")}, m.address, m.parameters,
  p.standing AS person_standing, p.country AS person_country, {{campaigns}} AS other_campaigns
FROM recipients AS m JOIN people AS p ON p.id = m.person_id
WHERE m.id IN (SELECT value FROM json_each(:ids)) ORDER BY m.id
"""
# The row's own campaign does not count against itself.
_OTHERS = CAMPAIGNS_SINCE.format(person="m.person_id AND r.campaign_id <> m.campaign_id", since=":since")
_CAPPED = _ROWS.format(campaigns=_OTHERS)
_UNCAPPED = _ROWS.format(campaigns="0")


def load_claims(
    connection: Connection, ids: Collection[RecipientId], cap: FrequencyCap | None, now: Millis
) -> list[Claim]:
    """Load rows by id, in the order of their ids; an id that is not there any more is left out."""
    if cap is None:
        found = connection.execute(_UNCAPPED, {"ids": listed(ids)})
        return [_claim(row, is_capped=False) for row in found]
    found = connection.execute(_CAPPED, {"ids": listed(ids), "since": now - cap.span_ms})
    return [_claim(row, is_capped=row["other_campaigns"] >= cap.campaigns) for row in found]


def _claim(row: Row, *, is_capped: bool) -> Claim:
    facts = Facts(standing=Standing(row["person_standing"]), country=row["person_country"], is_capped=is_capped)
    return Claim(recipient(row), row["address"], row["parameters"], facts)
