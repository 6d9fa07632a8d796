"""Who is it that Meta names? By number, by user id, by the message of ours they answered; and what is learnt from it.

Whoever has a username in WhatsApp may write under a user id alone (Meta, "Business-scoped user ids", read 2026-05): a
stop must reach the person we send to all the same. So user ids are learnt wherever they come beside something we know,
and a row that was put on record for a user id alone is united with its person as soon as we know them. Then two
histories are one: what was said last decides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain import phone, rates
from bot.domain.consent import ConsentKind, Standing
from bot.domain.inbound import IdentityChange
from bot.domain.instants import Millis
from bot.domain.spellings import e164_of_digits, identity_of_digits, spellings_of_digits
from bot.ports.people import Person
from bot.ports.storage import Transaction
from bot.services import recording

#: What is said about one human being wherever they are on record, and the bit that tells whether it is in force.
_STOPS = {ConsentKind.STOP: Standing.STOPPED, ConsentKind.WHATSAPP_STOP: Standing.WHATSAPP_STOPPED}


@dataclass(frozen=True, slots=True)
class Named:
    """What Meta calls somebody: digits, user id, the id of our message that they answered. Any may be missing."""

    digits: str | None = None
    user_id: str | None = None
    answered: str | None = None


def find(tx: Transaction, named: Named) -> list[Person]:
    """Find everybody on record who is the person Meta names; two rows may turn out to be one human being."""
    found = {person.id: person for person in _by_ids(tx, named)}
    spellings = set(spellings_of_digits(named.digits)) if named.digits else set()
    for person in found.values():
        spellings.update(spellings_of_digits(person.phone[1:]) if person.phone else ())
        spellings.update([person.wa_id] if person.wa_id else ())
    if spellings:
        found |= {person.id: person for person in tx.people.find_many(spellings).values()}
    return list(found.values())


def meet(tx: Transaction, named: Named, now: Millis) -> list[Person]:
    """Find the person Meta names, and learn the ids they go by; empty where nobody is on record."""
    found = find(tx, named)
    people = [person for person in found if person.phone] or found
    for bare in (person for person in found if person not in people):
        _recognise(tx, people[0].id, bare.id, now)
    for person in people:  # the first to have no rival takes the user id
        wa_id = named.digits if named.digits and person.phone != f"+{named.digits}" else None
        tx.people.learn(person.id, wa_id=wa_id, bsuid=named.user_id)
    return people


def remember(tx: Transaction, named: Named, now: Millis) -> list[Person]:
    """Meet the person Meta names, or put a bare one on record."""
    return meet(tx, named, now) or (meet(tx, named, now) if _ensure(tx, named, now) else [])


def learn_user_ids(tx: Transaction, user_ids: Mapping[int, str], now: Millis) -> None:
    """Learn what Meta calls people (by person id) of whom no user id is known; costs one look where all are known."""
    for person_id, holder_id in tx.people.learn_bsuids(user_ids).items():
        _recognise(tx, person_id, holder_id, now)


def follow_change(tx: Transaction, change: IdentityChange, now: Millis) -> None:
    """Learn the new ids of somebody who moved, so that their stops find them, and take their stops along.

    The new number is not opted in by that.
    """
    there = find(tx, Named(change.new_digits, change.new_user_id))
    for person in find(tx, Named(change.old_digits, change.old_user_id)):
        for other in there:
            if other.phone is None:
                _recognise(tx, person.id, other.id, now)
            else:
                _recognise(tx, other.id, person.id, now)
        tx.people.learn(person.id, wa_id=change.new_digits)
        for each in (person, *there):  # whoever is united learns nothing any more, the next one does
            tx.people.learn(each.id, bsuid=change.new_user_id)


def _recognise(tx: Transaction, person_id: int, other_id: int, now: Millis) -> None:
    """Take it that two rows are one human being: stops go along, and a row without a phone is united with the other."""
    other = tx.people.get(other_id)
    if other is None or other_id == person_id or other.standing & Standing.NO_ADDRESS:
        return
    history = tx.consents.history(other_id)
    if other.phone is not None:
        stops = [line for line in history if line.kind in _STOPS and other.standing & _STOPS[line.kind]]
        tx.consents.record([(person_id, line) for line in stops], now)
        return
    is_suppressed = bool(other.standing & Standing.SUPPRESSED)
    lines = [line for line in history if line.kind is not ConsentKind.SUPPRESS or is_suppressed]
    tx.consents.record([(person_id, line) for line in lines], now)
    tx.people.unite(person_id, other_id, now)
    recording.record_of_person(tx, person_id, "people united", "arauto", now, other=f"person {other_id}")


def _by_ids(tx: Transaction, named: Named) -> Iterable[Person]:
    """Find by what is no number; whoever was erased is nobody any more."""
    if named.answered:
        people = map(tx.people.get, tx.recipients.people_of([named.answered]).values())
        yield from (person for person in people if person and not person.standing & Standing.NO_ADDRESS)
    if named.user_id:
        yield from tx.people.find_bsuids([named.user_id]).values()


def _ensure(tx: Transaction, named: Named, now: Millis) -> bool:
    """Put somebody on record of whom only this is known; tells whether anything is."""
    if named.digits:
        address, identity = e164_of_digits(named.digits), identity_of_digits(named.digits)
        country, market = phone.region_of(address), rates.market_of(address, now)
    elif named.user_id:
        address = identity = named.user_id
        country = named.user_id[:2]  # a business-scoped user id begins with its country
        market = rates.market_of(phone.calling_code_of(country), now)
    else:
        return False
    tx.people.ensure(address, identity=identity, country=country, market=market, now=now)
    return True
