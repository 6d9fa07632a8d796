"""Putting opt-ins on record: who is new, what changes, and which stops stay.

An opt-in lifts no stop, and a stop known under another spelling of a number holds for the new spelling as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from bot.domain.consent import ConsentEvent, ConsentKind, Standing
from bot.domain.instants import Millis
from bot.domain.optins import OptIn, OptIns
from bot.domain.spellings import spellings_of_digits
from bot.ports.people import NewPerson, Person
from bot.ports.storage import Transaction

_STOPS = {Standing.STOPPED: ConsentKind.STOP, Standing.WHATSAPP_STOPPED: ConsentKind.WHATSAPP_STOP}
_ANY_STOP = Standing.STOPPED | Standing.WHATSAPP_STOPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an opt-in means for what is on record, of this number or of another spelling of it.

    `has_news`: the consent itself is not on record yet. `inherited`: stops of the same line under another spelling.
    """

    opt_in: OptIn
    person: NewPerson
    is_new: bool
    is_changed: bool
    is_stopped: bool
    has_news: bool
    inherited: Standing


@dataclass(frozen=True, slots=True)
class Enrolments:
    """Opt-ins sorted by what is on record: of `newcomers` nothing is, as of nearly everybody in a first import."""

    newcomers: OptIns
    known: Sequence[Enrolment]


def judge(tx: Transaction, opt_ins: OptIns) -> Enrolments:
    """Compare opt-ins with what is on record; writes nothing.

    A number that comes twice all the same (a file that changed between two readings) is merged with the first.
    """
    numbers = opt_ins.columns.e164
    if len(set(numbers)) == len(numbers) and not tx.people.knows_any(opt_ins):
        return Enrolments(opt_ins, ())
    spellings = [spellings_of_digits(e164[1:]) for e164 in numbers]
    on_record = tx.people.find_many(set(chain.from_iterable(spellings)))
    new = dict[str, int]()
    known = list[Enrolment]()
    for at, (e164, each) in enumerate(zip(numbers, spellings, strict=True)):
        alike = [on_record[digits] for digits in each if digits in on_record]
        if alike or e164 in new:
            known.append(_judge_one(tx, opt_ins[at], alike))
        else:
            new[e164] = at
    return Enrolments(opt_ins.pick(list(new.values())), known)


def enrol(tx: Transaction, opt_ins: OptIns, *, evidence: str, actor: str, now: Millis) -> Enrolments:
    """Write opt-ins of different numbers: people merged by phone, consent appended. `evidence` names the import."""
    enrolments = judge(tx, opt_ins)
    if enrolments.newcomers:
        tx.people.add(enrolments.newcomers, evidence=evidence, actor=actor, now=now)
    if changed := [enrolment for enrolment in enrolments.known if enrolment.is_changed]:
        _merge(tx, changed, evidence, actor, now)
    return enrolments


def _merge(tx: Transaction, enrolments: Sequence[Enrolment], evidence: str, actor: str, now: Millis) -> None:
    saved = tx.people.save([enrolment.person for enrolment in enrolments], now)
    events: list[tuple[int, ConsentEvent]] = []
    for enrolment, result in zip(enrolments, saved, strict=True):
        if enrolment.has_news:
            line = f"{evidence}, line {enrolment.opt_in.line}"
            events.append((result.person_id, _consent(enrolment.opt_in, line, actor, now)))
        events += [(result.person_id, stop) for stop in _stops(enrolment.inherited, evidence, actor, now)]
    tx.consents.record(events, now)


def _judge_one(tx: Transaction, opt_in: OptIn, alike: Sequence[Person]) -> Enrolment:
    new = _person(opt_in)
    known = next((person for person in alike if person.phone == new.phone), None)
    standing = known.standing if known else Standing.NONE
    inherited = _ANY_STOP & _joint(alike) & ~standing
    has_news = known is None or not _is_on_record(tx, known, opt_in)
    return Enrolment(
        opt_in=opt_in,
        person=new,
        is_new=known is None,
        is_changed=known is None or has_news or bool(inherited) or _differs(known, new),
        is_stopped=bool((standing | inherited) & _ANY_STOP),
        has_news=has_news,
        inherited=inherited,
    )


def _person(opt_in: OptIn) -> NewPerson:
    return NewPerson(
        phone=opt_in.number.e164,
        identity=opt_in.number.identity,
        country=opt_in.number.region,
        market=opt_in.market,
        name=opt_in.name,
        language=opt_in.language,
        attributes=opt_in.attributes,
        tags=opt_in.tags,
    )


def _joint(people: Sequence[Person]) -> Standing:
    joint = Standing.NONE
    for person in people:
        joint |= person.standing
    return joint


def _is_on_record(tx: Transaction, person: Person, opt_in: OptIn) -> bool:
    """Tell whether this consent is known; a row without a time repeats any with its source and wording."""
    if not person.standing & Standing.OPTED_IN:
        return False
    return any(
        event.kind is ConsentKind.OPT_IN
        and (event.source, event.wording) == (opt_in.source, opt_in.wording)
        and opt_in.opted_in_at in (None, event.at)
        for event in tx.consents.history(person.id)
    )


def _differs(known: Person, new: NewPerson) -> bool:
    """Tell whether merging changes anything: empty fields leave what is known alone."""
    return (
        (new.name or known.name) != known.name
        or (new.language or known.language) != known.language
        or (new.identity, new.country, new.market) != (known.identity, known.country, known.market)
        or not new.tags <= known.tags
        or not _holds(known.attributes, new.attributes)
    )


def _holds(known: Mapping[str, str], new: Mapping[str, str]) -> bool:
    return all(known.get(name) == value for name, value in new.items())


def _consent(opt_in: OptIn, evidence: str, actor: str, now: Millis) -> ConsentEvent:
    return ConsentEvent(
        kind=ConsentKind.OPT_IN,
        at=now if opt_in.opted_in_at is None else opt_in.opted_in_at,
        source=opt_in.source,
        wording=opt_in.wording,
        evidence=evidence,
        actor=actor,
    )


def _stops(inherited: Standing, evidence: str, actor: str, now: Millis) -> list[ConsentEvent]:
    if inherited is Standing.NONE:
        return []
    return [
        ConsentEvent(kind=kind, at=now, source="other spelling of the number", evidence=evidence, actor=actor)
        for bit, kind in _STOPS.items()
        if inherited & bit
    ]
