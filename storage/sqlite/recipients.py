"""The planned messages in bulk: what a batch of statuses is about is read in one step."""

from collections.abc import Collection

import msgspec

from bot.domain.message import Recipient, RecipientId
from storage.books.recipients import RecipientsBook
from storage.rows.recipients import RECIPIENT_COLUMNS

_TRUTH = "json(CASE free WHEN 0 THEN 'false' ELSE 'true' END)"
_MESSAGE = ", ".join(_TRUTH if name == "free" else name for name in RECIPIENT_COLUMNS)
# All rows as one text: each row that is handed over apart is a step in which the thread gives up Python's lock and
# waits for it again, and building it from its columns took longer than finding it (benchmarks/webhooks.py).
_BY_IDS = f"""
SELECT json_group_array(json_array({_MESSAGE})) AS messages
FROM (SELECT value AS wanted FROM json_each(?)) CROSS JOIN recipients ON id = wanted
"""
_decode = msgspec.json.Decoder(list[Recipient]).decode


class SqliteRecipients(RecipientsBook):
    """The port `Recipients`."""

    def get_many(self, ids: Collection[RecipientId]) -> dict[RecipientId, Recipient]:
        """Give messages by id."""
        # In their order, so that rows beside each other are read one after the other.
        wanted = msgspec.json.encode(sorted(set(ids))).decode()
        found = self._run(_BY_IDS, (wanted,)).fetchone()["messages"]
        return {message.id: message for message in _decode(found)}
