"""Rows of messages, parked statuses and test sends."""

from bot.domain.delivery import Status, StatusEvent
from bot.domain.instants import Millis
from bot.domain.message import Dispatch, Recipient, RecipientId, Route
from bot.ports.recipients import ParkedStatus, Trial
from storage.rows.values import Row

#: The columns of `recipient`, in order; together they are the whole of `Recipient`.
RECIPIENT_COLUMNS = (
    *("id", "campaign_id", "person_id", "market", "dispatch", "attempt", "tries", "not_before", "wamid", "code"),
    *("reason", "route", "free", "sending_at", "accepted_at", "held_at", "sent_at", "delivered_at", "read_at"),
    *("failed_at", "expired_at", "clicked_at"),
)
#: Those of them that may change, in the order of `state_values`.
STATE_COLUMNS = RECIPIENT_COLUMNS[4:]


def recipient(row: Row) -> Recipient:
    """Build a message."""
    route = row["route"]
    return Recipient(
        id=RecipientId(row["id"]),
        campaign_id=row["campaign_id"],
        person_id=row["person_id"],
        market=row["market"],
        dispatch=Dispatch(row["dispatch"]),
        attempt=row["attempt"],
        tries=row["tries"],
        not_before=row["not_before"],
        wamid=row["wamid"],
        code=row["code"],
        reason=row["reason"],
        route=None if route is None else Route(route),
        free=bool(row["free"]),
        sending_at=row["sending_at"],
        accepted_at=row["accepted_at"],
        held_at=row["held_at"],
        sent_at=row["sent_at"],
        delivered_at=row["delivered_at"],
        read_at=row["read_at"],
        failed_at=row["failed_at"],
        expired_at=row["expired_at"],
        clicked_at=row["clicked_at"],
    )


def state_values(item: Recipient) -> tuple[object, ...]:
    """Give the values of `STATE_COLUMNS`."""
    return (
        item.dispatch.value,
        item.attempt,
        item.tries,
        item.not_before,
        item.wamid,
        item.code,
        item.reason,
        None if item.route is None else item.route.value,
        item.free,
        item.sending_at,
        item.accepted_at,
        item.held_at,
        item.sent_at,
        item.delivered_at,
        item.read_at,
        item.failed_at,
        item.expired_at,
        item.clicked_at,
    )


def parked_status(row: Row) -> ParkedStatus:
    """Build a parked status."""
    return ParkedStatus(row["id"], status_event(row), Millis(row["received_at"]))


def status_event(row: Row) -> StatusEvent:
    """Build a status."""
    route = row["route"]
    return StatusEvent(
        phone_number_id=row["phone_number_id"],
        wamid=row["wamid"],
        status=Status(row["status"]),
        at=Millis(row["at"]),
        tracker=row["tracker"],
        recipient=row["recipient"],
        recipient_user_id=row["recipient_user_id"],
        code=row["code"],
        detail=row["detail"],
        route=None if route is None else Route(route),
        free=bool(row["free"]),
    )


def status_values(event: StatusEvent) -> dict[str, object]:
    """Give a status' columns."""
    return {
        "phone_number_id": event.phone_number_id,
        "wamid": event.wamid,
        "status": event.status.value,
        "at": event.at,
        "tracker": event.tracker,
        "recipient": event.recipient,
        "recipient_user_id": event.recipient_user_id,
        "code": event.code,
        "detail": event.detail,
        "route": None if event.route is None else event.route.value,
        "free": event.free,
    }


def trial(row: Row) -> Trial:
    """Build a test send."""
    return Trial(
        id=row["id"],
        campaign_id=row["campaign_id"],
        phone_number_id=row["phone_number_id"],
        address=row["address"],
        parameters=row["parameters"],
        requested_by=row["requested_by"],
        requested_at=Millis(row["requested_at"]),
        dispatch=Dispatch(row["dispatch"]),
        wamid=row["wamid"],
        code=row["code"],
    )
