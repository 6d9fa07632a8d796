"""Rows of messages, parked statuses and test sends."""

from bot.domain.delivery import Status, StatusEvent
from bot.domain.instants import Millis
from bot.domain.message import Delivery, Dispatch, Recipient, Route
from bot.ports.recipients import ParkedStatus, Trial
from storage.rows.values import Row, in_order

#: The whole of a message, in the order of its fields; a query for messages begins with them (`MESSAGE`).
RECIPIENT_COLUMNS = Recipient._fields
#: Those of them that may change, in the order of `state_values`.
STATE_COLUMNS = RECIPIENT_COLUMNS[4:]
_AT_DISPATCH, _AT_ROUTE, _AT_FREE = map(RECIPIENT_COLUMNS.index, ("dispatch", "route", "free"))
_LENGTH = len(RECIPIENT_COLUMNS)
#: What is selected or returned for `recipient` to read.
MESSAGE = ", ".join(RECIPIENT_COLUMNS)

_PLAIN: dict[str | None, str | None] = {None: None} | {word: word.value for word in (*Dispatch, *Delivery, *Route)}
_DISPATCHES = {dispatch.value: dispatch for dispatch in Dispatch}
_ROUTES: dict[str | None, Route | None] = {None: None} | {route.value: route for route in Route}


def message_of(table: str) -> str:
    """Spell `MESSAGE` where several tables are joined."""
    return ", ".join(f"{table}.{name}" for name in RECIPIENT_COLUMNS)


def recipient(row: Row) -> Recipient:
    """Build a message from a row that begins with `MESSAGE`, by place: by name each column is searched for."""
    values = in_order(row)
    return Recipient._make(
        (
            *values[:_AT_DISPATCH],
            _DISPATCHES[values[_AT_DISPATCH]],
            *values[_AT_DISPATCH + 1 : _AT_ROUTE],
            _ROUTES[values[_AT_ROUTE]],
            bool(values[_AT_FREE]),
            *values[_AT_FREE + 1 : _LENGTH],
        )
    )


def state_values(item: Recipient) -> tuple[object, ...]:
    """Give the values of `STATE_COLUMNS`; words as plain texts, because an engine takes longer to bind an enum."""
    return (
        _PLAIN[item.dispatch],
        *item[_AT_DISPATCH + 1 : _AT_ROUTE],
        _PLAIN[item.route],
        *item[_AT_ROUTE + 1 :],
    )


def delivery_value(item: Recipient) -> str | None:
    """Give the value of the column `delivery`."""
    return _PLAIN[item.delivery]


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
