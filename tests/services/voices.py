"""People in the fake books, and what they say by Meta's webhooks."""

from bot.domain.consent import ConsentEvent, ConsentKind
from bot.domain.instants import DAY, Millis
from bot.domain.spellings import identity_of_digits
from bot.ports.people import NewPerson, Person
from bot.services import consenting
from bot.services.recognising import Named
from tests.fakes import FakeTransaction

NOW = Millis(1_795_000_000_000)
ANA = "+5511999991234"


def person(tx: FakeTransaction, phone: str = ANA) -> Person:
    new = NewPerson(phone=phone, identity=identity_of_digits(phone[1:]), country="BR", market="Brazil")
    [saved] = tx.people.save([new], NOW)
    tx.consents.record(
        [(saved.person_id, ConsentEvent(kind=ConsentKind.OPT_IN, at=Millis(NOW - DAY), source="fair"))], NOW
    )
    return tx.people.rows[saved.person_id]


def says(
    tx: FakeTransaction, *texts: str, digits: str | None = ANA[1:], user_id: str | None = None, at: int = NOW
) -> list[int]:
    return consenting.hear(tx, Named(digits, user_id), texts=texts, at=Millis(at), message_id=f"wamid.{at}", now=NOW)


def prefers(
    tx: FakeTransaction, *, stop: bool, at: int = NOW, digits: str | None = ANA[1:], user_id: str | None = None
) -> list[int]:
    return consenting.apply_preference(
        tx, Named(digits, user_id), is_stop=stop, at=Millis(at), wording="User requested", now=NOW
    )


def suppressed(tx: FakeTransaction) -> Person:
    ana = person(tx)
    for n in range(3):
        consenting.suppress_undeliverable(tx, {ana.id: f"wamid.{n}"}, at=NOW, now=NOW)
    return ana
