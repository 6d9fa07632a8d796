"""The book of consent: an append-only history, and the standing that follows from it."""

import pytest

from bot.domain.consent import ConsentEvent, ConsentKind, Standing
from bot.domain.errors import NotFoundError
from bot.ports.storage import Storage, Transaction
from tests.builders import NOW, a_stop, add_people, an_opt_in, later

K = ConsentKind


async def _stand(storage: Storage, *events: ConsentEvent) -> tuple[Standing, list[str]]:
    """Record lines one by one for a new person; give where they stand and the history."""

    def work(tx: Transaction):
        one = add_people(tx, 1, opted_in=False)[0]
        for event in events:
            tx.consents.record([(one, event)], NOW)
        person = tx.people.get(one)
        assert person is not None
        return person.standing, [line.kind.value for line in tx.consents.history(one)]

    return await storage.write(work)


async def test_an_opt_in_repeated_is_written_once(storage: Storage):
    standing, history = await _stand(storage, an_opt_in(), an_opt_in(actor="U0OTHER"), an_opt_in(source="fair"))

    assert standing is Standing.OPTED_IN
    assert history == ["opt_in", "opt_in"]


async def test_a_stop_in_force_is_written_again_only_with_new_evidence(storage: Storage):
    repeated = [a_stop(), a_stop(at=later(1)), a_stop(at=later(2), evidence="wamid.second")]

    standing, history = await _stand(storage, an_opt_in(), *repeated)

    assert standing == Standing.OPTED_IN | Standing.STOPPED
    assert history == ["opt_in", "stop", "stop"]


async def test_an_opt_in_never_lifts_a_stop(storage: Storage):
    standing, _ = await _stand(storage, an_opt_in(), a_stop(), an_opt_in(at=later(5)))

    assert Standing.STOPPED in standing


@pytest.mark.parametrize(
    ("events", "is_stopped"),
    [
        ((a_stop(), a_stop(kind=K.RESUME, at=later(1), evidence="r")), False),
        ((a_stop(at=later(2)), a_stop(kind=K.RESUME, at=later(1), evidence="r")), True),
        ((a_stop(kind=K.RESUME, at=later(2), evidence="r"), a_stop(at=later(1))), False),
        ((a_stop(), a_stop(kind=K.RESUME, at=later(1), evidence="r"), a_stop()), False),
        ((a_stop(), a_stop(kind=K.WHATSAPP_RESUME, at=later(1), evidence="r")), True),
    ],
    ids=["resume lifts", "older resume does not", "stop before a resume", "repeated stop", "WhatsApp's resume"],
)
async def test_the_latest_word_counts_whatever_order_it_arrives_in(
    storage: Storage, events: tuple[ConsentEvent, ...], is_stopped: bool
):
    standing, _ = await _stand(storage, an_opt_in(), *events)

    assert (Standing.STOPPED in standing) == is_stopped


async def test_the_two_stops_are_lifted_apart(storage: Storage):
    own = a_stop()
    theirs = a_stop(kind=K.WHATSAPP_STOP, evidence="p")
    resumed = a_stop(kind=K.WHATSAPP_RESUME, at=later(1), evidence="q")

    standing, _ = await _stand(storage, an_opt_in(), own, theirs, resumed)

    assert standing == Standing.OPTED_IN | Standing.STOPPED


async def test_history_is_told_by_when_it_was_said(storage: Storage):
    def work(tx: Transaction):
        one = add_people(tx, 1, opted_in=False)[0]
        tx.consents.record([(one, a_stop(at=later(3))), (one, an_opt_in(at=later(1)))], later(4))
        return tx.consents.history(one)

    history = await storage.write(work)

    assert history == [an_opt_in(at=later(1)), a_stop(at=later(3))]


async def test_consent_needs_somebody_who_gives_it(storage: Storage):
    with pytest.raises(NotFoundError, match="Person 404"):
        await storage.write(lambda tx: tx.consents.record([(404, an_opt_in())], NOW))
