"""What somebody of ours does for one person: looks them up, records a stop or a coming back, reveals or erases.

Each act leaves an audit row, which never holds a phone number.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain import phone
from bot.domain.consent import ConsentEvent, ConsentKind, Standing
from bot.domain.errors import ConflictError, InvalidInputError, NotFoundError
from bot.domain.instants import Millis
from bot.ports.people import Person
from bot.ports.storage import Transaction
from bot.services import consenting, recognising, recording
from bot.services.recognising import Named

#: Why some stops cannot be lifted by us.
STOPPED_IN_WHATSAPP = (
    "this person stopped marketing in WhatsApp itself, and only they can lift that, in WhatsApp’s settings of their "
    "chat with you."
)


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A person with everything they, or somebody for them, said about consent, the oldest first."""

    person: Person
    history: tuple[ConsentEvent, ...]


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


def stop_address(
    tx: Transaction,
    text: str,
    *,
    source: str,
    wording: str,
    actor: str,
    now: Millis,
    default_region: str | None = None,
) -> list[Person]:
    """Record a stop of whoever has this number or user id, under every spelling; somebody unknown is remembered.

    Gives the people as they stood before. Raises InvalidInputError for what is no address.
    """
    _, named = _named(tx, text, default_region)
    people = recognising.remember(tx, named, now)
    for person in people:
        stop(tx, person.id, source=source, wording=wording, at=now, actor=actor, now=now)
    return people


def resume_address(
    tx: Transaction,
    text: str,
    *,
    source: str,
    wording: str,
    actor: str,
    now: Millis,
    default_region: str | None = None,
) -> list[Person]:
    """Record that whoever has this number or user id came back: a new consent, which lifts our stop.

    A suppression after failures ends as well. WhatsApp's own stop stays; gives the people as they stand now. Raises
    InvalidInputError without words of consent, NotFoundError, and ConflictError where there is nothing to lift.
    """
    if not wording.strip():
        raise InvalidInputError("A stop is lifted by a new consent only: add where and in which words they gave it.")
    people = _look_up(tx, text, default_region)
    _refuse_needless(people)
    said = {"source": source, "wording": wording, "actor": actor}
    for person in people:
        opt_in(tx, person.id, at=now, now=now, **said)
        if person.standing & Standing.STOPPED:
            resume(tx, person.id, at=now, now=now, **said)
    consenting.reach(tx, {person.id: now for person in people}, now)
    return [_get(tx, person.id) for person in people]


def find(tx: Transaction, text: str, default_region: str | None = None) -> PersonRecord:
    """Look somebody up by phone number or business-scoped user id; raises InvalidInputError or NotFoundError."""
    person = _look_up(tx, text, default_region)[0]
    return PersonRecord(person, tuple(tx.consents.history(person.id)))


def reveal(tx: Transaction, person_id: int, *, actor: str, now: Millis) -> str:
    """Give somebody's full address to a person who may see it, and write down who looked."""
    person = _get(tx, person_id)
    recording.record_of_person(tx, person_id, "number revealed", actor, now)
    return person.phone or person.bsuid or ""


def erase(tx: Transaction, text: str, *, actor: str, now: Millis, default_region: str | None = None) -> list[int]:
    """Forget somebody under every spelling of their number; totals and the proof that consent existed stay.

    Gives the ids of the rows emptied. Raises InvalidInputError or NotFoundError.
    """
    people = _look_up(tx, text, default_region)
    for person in people:
        tx.people.erase(person.id, now)
        recording.record_of_person(tx, person.id, "person erased", actor, now)
    return [person.id for person in people]


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


def _refuse_needless(people: Iterable[Person]) -> None:
    """Raise ConflictError, saying what holds, unless there is a stop or a suppression that we may lift."""
    standing = Standing.NONE
    for person in people:
        standing |= person.standing
    if standing & (Standing.STOPPED | Standing.SUPPRESSED):
        return
    if standing & Standing.WHATSAPP_STOPPED:
        raise ConflictError(f"Nothing was changed: {STOPPED_IN_WHATSAPP}")
    raise ConflictError("Nothing was changed: there is no stop on record that could be lifted.")


def _get(tx: Transaction, person_id: int) -> Person:
    person = tx.people.get(person_id)
    if person is None or person.standing & Standing.NO_ADDRESS:
        raise NotFoundError("This person is not on record any more; look them up again.")
    return person


def _act(tx: Transaction, person_id: int, event: ConsentEvent, action: str, now: Millis) -> None:
    _get(tx, person_id)
    tx.consents.record([(person_id, event)], now)
    recording.record_of_person(tx, person_id, action, event.actor, now, source=event.source)
