"""One message to one person: its dispatch (the sender's column) and its delivery (the webhooks' column).

Two columns, two writers. Dispatch says what we did, delivery what Meta reported; neither ever overwrites the other,
so a late settle cannot undo a `delivered` and a status that overtakes the answer has somewhere to go.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, NewType

from bot.domain.instants import Millis

RecipientId = NewType("RecipientId", int)
# A tracker's token, recipient and attempt. What comes back was in somebody else's hands: no number may outgrow a
# database's integer.
_is_tracker = re.compile(r"([^.]+)\.([0-9]{1,18})\.([0-9]{1,9})").fullmatch


class Dispatch(StrEnum):
    """What we did with a planned message."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    SKIPPED = "skipped"
    LAPSED = "lapsed"


_D = Dispatch

#: A status webhook names the message: whatever we believed, Meta has it. Evidence wins, so every state may become this.
_EVIDENCE = _D.ACCEPTED

TRANSITIONS: Mapping[Dispatch, frozenset[Dispatch]] = {
    _D.PLANNED: frozenset({_D.CLAIMED, _D.SKIPPED, _D.LAPSED, _EVIDENCE}),
    _D.CLAIMED: frozenset({_D.PLANNED, _D.SENDING, _D.SKIPPED, _D.LAPSED, _EVIDENCE}),
    # Back to planned only when Meta's error body, or a connection never made, proves that nothing was accepted.
    _D.SENDING: frozenset({_D.ACCEPTED, _D.REFUSED, _D.IN_DOUBT, _D.PLANNED}),
    # A webhook may heal it, the answer of a slow request may settle it, a person may decide it. Never the machine.
    _D.IN_DOUBT: frozenset({_D.ACCEPTED, _D.REFUSED, _D.PLANNED}),
    # Only for the one further try after Meta's per-user limit (131049), a day later.
    _D.ACCEPTED: frozenset({_D.PLANNED}),
    _D.REFUSED: frozenset({_D.PLANNED, _EVIDENCE}),
    _D.SKIPPED: frozenset({_EVIDENCE}),
    _D.LAPSED: frozenset({_EVIDENCE}),
}

#: Nothing has left and something still may.
WAITING = frozenset({_D.PLANNED, _D.CLAIMED})


class Delivery(StrEnum):
    """What Meta reported about an accepted message."""

    NONE = "none"
    HELD = "held"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    EXPIRED = "expired"


class Route(StrEnum):
    """Which product carried the message, learnt from `pricing.category` of a status."""

    MM = "mm"
    CLOUD = "cloud"


class Recipient(NamedTuple):
    """One person in one campaign's plan, with everything that may change about their message.

    `market` is the rate card's market, `code` Meta's error code of a refusal or failure, `reason` why we skipped.
    A tuple, because every status builds two and compares them (benchmarks/webhooks.py); made by keywords all the same.
    """

    id: RecipientId
    campaign_id: int
    person_id: int
    market: str
    dispatch: Dispatch = Dispatch.PLANNED
    attempt: int = 1
    #: Tries of this attempt that provably never reached Meta.
    tries: int = 0
    not_before: Millis | None = None
    wamid: str | None = None
    code: int | None = None
    reason: str | None = None
    route: Route | None = None
    free: bool = False
    sending_at: Millis | None = None
    accepted_at: Millis | None = None
    held_at: Millis | None = None
    sent_at: Millis | None = None
    delivered_at: Millis | None = None
    read_at: Millis | None = None
    failed_at: Millis | None = None
    expired_at: Millis | None = None
    clicked_at: Millis | None = None

    @property
    def delivery(self) -> Delivery:
        """The delivery state that the reported times add up to, whatever order they arrived in.

        `read` and `delivered` outrank everything, because a person has the message; `failed` outranks our own inference
        `expired`, because Meta said so.
        """
        if self.read_at is not None:
            return Delivery.READ
        if self.delivered_at is not None:
            return Delivery.DELIVERED
        if self.failed_at is not None:
            return Delivery.FAILED
        if self.expired_at is not None:
            return Delivery.EXPIRED
        if self.sent_at is not None:
            return Delivery.SENT
        return Delivery.HELD if self.held_at is not None else Delivery.NONE


def tracker(token: str, recipient_id: int, attempt: int) -> str:
    """Write what travels as `biz_opaque_callback_data` and comes back in every status of the message.

    The campaign's random token keeps a restored backup from mistaking an old message for one of its own.
    """
    return f"{token}.{recipient_id}.{attempt}"


def parse_tracker(text: str | None) -> tuple[str, RecipientId, int] | None:
    """Read a tracker back; anything that is not one of ours gives None."""
    found = _is_tracker(text or "")
    return None if found is None else (found[1], RecipientId(int(found[2])), int(found[3]))
