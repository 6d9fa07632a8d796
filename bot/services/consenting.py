"""Recording what people say about being written to: stops, preferences, comings back, and being forgotten.

Webhooks are repeated and reordered, so each of these may run twice and late: what a person said last decides, and of
two things said at one instant the stop. Stops of people we do not know are remembered, so that a later import cannot
revive them. Where an operator acts there is an audit row, which never holds a phone number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain import phone, rates
from bot.domain.consent import ConsentEvent, ConsentKind, Standing
from bot.domain.errors import NotFoundError
from bot.domain.instants import Millis
from bot.domain.spellings import e164_of_digits, identity_of_digits, spellings_of_digits
from bot.domain.stopwords import is_stop
from bot.ports.people import Person
from bot.ports.records import AuditEntry
from bot.ports.storage import Transaction

#: So many messages in a row that could not be delivered (131026), and a person is not written to any more.
UNDELIVERABLE_LIMIT = 3

_WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A person with everything they, or somebody for them, said about consent, the oldest first."""

    person: Person
    history: tuple[ConsentEvent, ...]


def stop_by_words(
    tx: Transaction,
    *,
    digits: str | None,
    user_id: str | None,
    texts: Iterable[str],
    at: Millis,
    message_id: str,
    now: Millis,
) -> list[int]:
    """Stop somebody who wrote a STOP word, or tapped a quick reply whose payload or text (`texts`) is one.

    `digits` and `user_id` are what Meta calls the person; either may be missing. Gives the ids of those stopped
    (one human being may be on record twice), empty when no text says stop.
    """
    words = next((text for text in texts if is_stop(text)), None)
    if words is None:
        return []
    event = ConsentEvent(
        kind=ConsentKind.STOP, at=at, source="whatsapp message", wording=words, evidence=message_id, actor=_WEBHOOK
    )
    return _record_unless_superseded(tx, _remember(tx, digits, user_id, now), event, now)


def apply_preference(
    tx: Transaction, *, digits: str | None, user_id: str | None, is_stop: bool, at: Millis, wording: str, now: Millis
) -> list[int]:
    """Take over what somebody set in WhatsApp itself; `resume` lifts only WhatsApp's own stop, never ours.

    `wording` is Meta's `detail`. Gives the ids of those whose preference was recorded.
    """
    people = _remember(tx, digits, user_id, now) if is_stop else _find(tx, digits, user_id)
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

    `failed` is person id to message id. Call it once for each failed message; `people.clear_failures` starts anew.
    """
    counts = tx.people.count_failure(list(failed))
    suppressed = [person_id for person_id, count in counts.items() if count == UNDELIVERABLE_LIMIT]
    tx.consents.record([(person_id, _suppression(failed[person_id], at)) for person_id in suppressed], now)
    return suppressed


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


def _find(tx: Transaction, digits: str | None, user_id: str | None) -> list[Person]:
    """Find everybody on record who is the person Meta names; two rows may turn out to be one human being."""
    found: dict[int, Person] = {}
    if digits:
        found |= {person.id: person for person in tx.people.find_many(spellings_of_digits(digits)).values()}
    if user_id:
        found |= {person.id: person for person in tx.people.find_bsuids([user_id]).values()}
    return list(found.values())


def _remember(tx: Transaction, digits: str | None, user_id: str | None, now: Millis) -> list[Person]:
    """Find the person Meta names, or put a bare one on record; learn the ids they go by."""
    people = _find(tx, digits, user_id) or _ensure(tx, digits, user_id, now)
    for person in people:
        wa_id = digits if digits and person.phone != f"+{digits}" else None
        bsuid = user_id if user_id and person.bsuid is None else None
        if wa_id or bsuid:
            tx.people.learn(person.id, wa_id=wa_id, bsuid=bsuid)
    return people


def _ensure(tx: Transaction, digits: str | None, user_id: str | None, now: Millis) -> list[Person]:
    if digits:
        address, identity = e164_of_digits(digits), identity_of_digits(digits)
        country, market = phone.region_of(address), rates.market_of(address, now)
    elif user_id:
        address = identity = user_id
        country = user_id[:2]  # a business-scoped user id begins with its country
        market = rates.market_of(phone.calling_code_of(country), now)
    else:
        return []
    return [tx.people.ensure(address, identity=identity, country=country, market=market, now=now)]


def _look_up(tx: Transaction, text: str, default_region: str | None) -> list[Person]:
    """Find by what a person typed, the exact number first."""
    if phone.is_bsuid(text.strip()):
        address = text.strip()
        people = _find(tx, None, address)
    else:
        address = phone.parse(text, default_region).e164
        people = sorted(_find(tx, address[1:], None), key=lambda person: person.phone != address)
    if not people:
        raise NotFoundError(f"Nobody with {phone.mask(address)} is on record; check the number, or import the opt-in.")
    return people


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
