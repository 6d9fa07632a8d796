"""Recording what people say about being written to, as Meta's webhooks bring it: stops, preferences, failures.

Webhooks are repeated and reordered, so each of these may run twice and late: what a person said last decides, and of
two things said at one instant the stop. Stops of people we do not know are remembered, so that a later import cannot
revive them. What operators record is `bot.services.attending`.
"""

from collections.abc import Iterable, Mapping

from bot.domain.consent import ConsentEvent, ConsentKind
from bot.domain.instants import Millis
from bot.domain.stopwords import is_stop
from bot.ports.people import Person
from bot.ports.storage import Transaction
from bot.services import recognising, recording
from bot.services.recognising import Named

#: So many messages in a row that could not be delivered (131026), and a person is not written to any more.
UNDELIVERABLE_LIMIT = 3

_WEBHOOK = "webhook"


def hear(tx: Transaction, named: Named, *, texts: Iterable[str], at: Millis, message_id: str, now: Millis) -> list[int]:
    """Listen to what somebody wrote, or to the payload and text of a quick reply they tapped (`texts`).

    Whoever says a STOP word is stopped; gives their ids (one human being may be on record twice). Whatever they say
    tells what Meta calls them, and that their phone is reached.
    """
    words = next((text for text in texts if is_stop(text)), None)
    people = recognising.meet(tx, named, now) if words is None else recognising.remember(tx, named, now)
    reach(tx, {person.id: at for person in people}, now)
    if words is None:
        return []
    event = ConsentEvent(
        kind=ConsentKind.STOP, at=at, source="whatsapp message", wording=words, evidence=message_id, actor=_WEBHOOK
    )
    return _record_unless_superseded(tx, people, event, now)


def apply_preference(
    tx: Transaction, named: Named, *, is_stop: bool, at: Millis, wording: str, now: Millis
) -> list[int]:
    """Take over what somebody set in WhatsApp itself; `resume` lifts only WhatsApp's own stop, never ours.

    `wording` is Meta's `detail`. Gives the ids of those whose preference was recorded.
    """
    people = recognising.remember(tx, named, now) if is_stop else recognising.meet(tx, named, now)
    event = ConsentEvent(
        kind=ConsentKind.WHATSAPP_STOP if is_stop else ConsentKind.WHATSAPP_RESUME,
        at=at,
        source="whatsapp preference",
        wording=wording,
        evidence=f"user_preferences at {at}",  # the webhook has no id; the time tells two apart
        actor=_WEBHOOK,
    )
    return _record_unless_superseded(tx, people, event, now)


def stop_by_error(tx: Transaction, *, person_id: int, at: Millis, message_id: str, now: Millis) -> None:
    """Stop somebody because Meta refused or failed a message with 131050: they stopped our marketing in WhatsApp."""
    person = tx.people.get(person_id)
    if person is None:
        return
    event = ConsentEvent(
        kind=ConsentKind.WHATSAPP_STOP, at=at, source="meta error 131050", evidence=message_id, actor=_WEBHOOK
    )
    _record_unless_superseded(tx, [person], event, now)


def suppress_undeliverable(tx: Transaction, failed: Mapping[int, str], *, at: Millis, now: Millis) -> list[int]:
    """Count one more undeliverable message (131026) for each person; gives those who are suppressed by it.

    `failed` is person id to message id. Call it once for each failed message; `reach` starts anew.
    """
    counts = tx.people.count_failure(list(failed))
    suppressed = [person_id for person_id, count in counts.items() if count == UNDELIVERABLE_LIMIT]
    tx.consents.record([(person_id, _suppression(failed[person_id], at)) for person_id in suppressed], now)
    return suppressed


def reach(tx: Transaction, reached: Mapping[int, Millis], now: Millis) -> None:
    """Take it that people (by id) were reached, or wrote to us, at those instants: their failures are forgotten.

    Whoever was suppressed before that is so no longer. News from before tell nothing: the failures came after them.
    """
    since = tx.people.suppressed_since(reached.keys())
    well = {person_id for person_id, at in reached.items() if person_id not in since or since[person_id] < at}
    tx.people.clear_failures(well, now)
    for person_id in sorted(well & since.keys()):
        recording.record_of_person(tx, person_id, "suppression lifted", _WEBHOOK, now)


def _suppression(message_id: str, at: Millis) -> ConsentEvent:
    return ConsentEvent(
        kind=ConsentKind.SUPPRESS, at=at, source="meta error 131026", evidence=message_id, actor=_WEBHOOK
    )


_LIFTED_BY = {ConsentKind.STOP: ConsentKind.RESUME, ConsentKind.WHATSAPP_STOP: ConsentKind.WHATSAPP_RESUME}


def _record_unless_superseded(tx: Transaction, people: Iterable[Person], event: ConsentEvent, now: Millis) -> list[int]:
    concerned = [person.id for person in people if not _is_superseded(tx.consents.history(person.id), event)]
    tx.consents.record([(person_id, event) for person_id in concerned], now)
    return concerned


def _is_superseded(history: Iterable[ConsentEvent], event: ConsentEvent) -> bool:
    """Tell whether the person has said the opposite since: a repeated webhook must not undo what came after it."""
    if event.kind is ConsentKind.WHATSAPP_RESUME:
        return any(known.kind is ConsentKind.WHATSAPP_STOP and known.at >= event.at for known in history)
    lifting = _LIFTED_BY.get(event.kind)
    return any(known.kind is lifting and known.at > event.at for known in history)
