"""Recording what people say about being written to: stops, preferences, comings back, and being forgotten.

Webhooks are repeated and reordered, so each of these may run twice and late: what a person said last decides, and of
two things said at one instant the stop. Stops of people we do not know are remembered, so that a later import cannot
revive them. Where an operator acts there is an audit row, which never holds a phone number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain import phone
from bot.domain.consent import ConsentEvent, ConsentKind, Standing
from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.instants import Millis
from bot.domain.stopwords import is_stop
from bot.ports.people import Person
from bot.ports.records import AuditEntry
from bot.ports.storage import Transaction
from bot.services import recognising
from bot.services.recognising import Named

#: So many messages in a row that could not be delivered (131026), and a person is not written to any more.
UNDELIVERABLE_LIMIT = 3

_WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A person with everything they, or somebody for them, said about consent, the oldest first."""

    person: Person
    history: tuple[ConsentEvent, ...]


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
        _audit(tx, person_id, "suppression lifted", _WEBHOOK, now)


def _suppression(message_id: str, at: Millis) -> ConsentEvent:
    return ConsentEvent(
        kind=ConsentKind.SUPPRESS, at=at, source="meta error 131026", evidence=message_id, actor=_WEBHOOK
    )


def opt_in(tx: Transaction, person_id: int, *, source: str, wording: str, at: Millis, actor: str, now: Millis) -> None:
    """Record that somebody agreed to be written to; lifts no stop."""
    event = ConsentEvent(kind=ConsentKind.OPT_IN, at=at, source=source, wording=wording, actor=actor)
    _act(tx, person_id, event, "opt-in recorded", now)


def stop(tx: Transaction, person_id: int, *, source: str, wording: str, at: Millis, actor: str, now: Millis) -> None:
    """Record a stop that reached us outside WhatsApp (a letter, a call)."""
    event = ConsentEvent(kind=ConsentKind.STOP, at=at, source=source, wording=wording, actor=actor)
    _act(tx, person_id, event, "stop recorded", now)


def resume(tx: Transaction, person_id: int, *, source: str, wording: str, at: Millis, actor: str, now: Millis) -> None:
    """Record that somebody came back to us of their own will: lifts our stop, never WhatsApp's."""
    event = ConsentEvent(kind=ConsentKind.RESUME, at=at, source=source, wording=wording, actor=actor)
    _act(tx, person_id, event, "stop lifted", now)


def find(tx: Transaction, text: str, default_region: str | None = None) -> PersonRecord:
    """Look somebody up by phone number or business-scoped user id; raises InvalidInputError or NotFoundError."""
    person = _look_up(tx, text, default_region)[0]
    return PersonRecord(person, tuple(tx.consents.history(person.id)))


def reveal(tx: Transaction, person_id: int, *, actor: str, now: Millis) -> str:
    """Give somebody's full address to a person who may see it, and write down who looked."""
    person = _get(tx, person_id)
    _audit(tx, person_id, "number revealed", actor, now)
    return person.phone or person.bsuid or ""


def erase(tx: Transaction, text: str, *, actor: str, now: Millis, default_region: str | None = None) -> list[int]:
    """Forget somebody under every spelling of their number; totals and the proof that consent existed stay.

    Gives the ids of the rows emptied. Raises InvalidInputError or NotFoundError.
    """
    people = _look_up(tx, text, default_region)
    for person in people:
        tx.people.erase(person.id, now)
        _audit(tx, person.id, "person erased", actor, now)
    return [person.id for person in people]


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


def _look_up(tx: Transaction, text: str, default_region: str | None) -> list[Person]:
    """Find by what a person typed, the exact number first."""
    address, named = _named(tx, text, default_region)
    people = sorted(recognising.find(tx, named), key=lambda person: person.phone != address)
    if not people:
        raise NotFoundError(f"Nobody with {phone.mask(address)} is on record; check the number, or import the opt-in.")
    return people


def _named(tx: Transaction, text: str, default_region: str | None) -> tuple[str, Named]:
    """Read an address; a number that the phone library refuses is one all the same where somebody wrote to us from it.

    Raises InvalidInputError for what is neither.
    """
    if phone.is_bsuid(text.strip()):
        return text.strip(), Named(user_id=text.strip())
    try:
        address = phone.parse(text, default_region).e164
    except InvalidInputError:
        named = Named(phone.digits_of(text))
        if not recognising.find(tx, named):
            raise
        return f"+{named.digits}", named
    return address, Named(address[1:])


def _get(tx: Transaction, person_id: int) -> Person:
    person = tx.people.get(person_id)
    if person is None or person.standing & Standing.NO_ADDRESS:
        raise NotFoundError("This person is not on record any more; look them up again.")
    return person


def _act(tx: Transaction, person_id: int, event: ConsentEvent, action: str, now: Millis) -> None:
    _get(tx, person_id)
    tx.consents.record([(person_id, event)], now)
    _audit(tx, person_id, action, event.actor, now, source=event.source)


def _audit(tx: Transaction, person_id: int, action: str, actor: str, now: Millis, **detail: str) -> None:
    tx.audit.append(AuditEntry(at=now, actor=actor, action=action, subject=f"person {person_id}", detail=detail))
