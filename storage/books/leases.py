"""Leases with fencing tokens: who may act for what, and proof of it that later writes carry."""

from bot.domain.errors import FencedError
from bot.domain.instants import Millis
from bot.ports.recipients import Fence
from storage.books.book import Book

# One statement: a free or expired lease goes to the asker with a higher token, their own is renewed with the same.
_TAKE = """
INSERT INTO leases (name, holder, token, expires_at) VALUES (:name, :holder, 1, :expires_at)
ON CONFLICT (name) DO UPDATE SET
  token = leases.token + CASE WHEN leases.holder = excluded.holder THEN 0 ELSE 1 END,
  holder = excluded.holder,
  expires_at = excluded.expires_at
WHERE leases.holder IS NULL OR leases.holder = excluded.holder OR leases.expires_at <= :now
RETURNING token
"""
_RELEASE = "UPDATE leases SET holder = NULL WHERE name = ? AND token = ?"
# Names are compared by their beginnings as ranges would need an order of texts that both engines share.
_HOLDERS = """
SELECT DISTINCT holder FROM leases
WHERE substr(name, 1, length(:prefix)) = :prefix AND holder IS NOT NULL AND expires_at > :now
"""
_FORGET = "DELETE FROM leases WHERE substr(name, 1, length(:prefix)) = :prefix AND expires_at < :before"
_CLEAR = "UPDATE leases SET holder = NULL"
_STANDS = "SELECT 1 FROM leases WHERE name = ? AND token = ? AND holder IS NOT NULL"


class LeasesBook(Book):
    """The port `Leases`."""

    def take(self, name: str, holder: str, now: Millis, span_ms: int) -> Fence | None:
        """Take or renew a lease; None while somebody else holds it."""
        values = {"name": name, "holder": holder, "now": now, "expires_at": now + span_ms}
        row = self._run(_TAKE, values).fetchone()
        return None if row is None else Fence(name, row["token"])

    def release(self, fence: Fence) -> None:
        """Give a lease back; one that is somebody else's already stays theirs."""
        self._run(_RELEASE, (fence.name, fence.token))

    def check(self, fence: Fence) -> None:
        """Raise FencedError unless the lease still stands."""
        if self._one(_STANDS, (fence.name, fence.token)) is None:
            raise FencedError(f"The lease “{fence.name}” was lost; another process may act for it now.")

    def holders(self, prefix: str, now: Millis) -> set[str]:
        """Say who holds leases whose names begin so."""
        return {row["holder"] for row in self._all(_HOLDERS, {"prefix": prefix, "now": now})}

    def forget(self, prefix: str, before: Millis) -> None:
        """Delete what ended before then."""
        self._run(_FORGET, {"prefix": prefix, "before": before})

    def clear(self) -> None:
        """Drop every lease; tokens only ever rise."""
        self._run(_CLEAR)
