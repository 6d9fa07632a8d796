"""What we know of Meta's side is kept fresh, and kept at all while Meta is away."""

from collections.abc import AsyncIterator

from bot.domain.template import Template
from bot.ports.meta import ErrorClass, MetaRefusedError, MetaUnavailableError, NumberFacts
from bot.ports.records import NumberStatus
from bot.runtime.syncing import Syncing
from tests.builders import NUMBER, a_template
from tests.services.house import House, a_failure


class FakeMeta:
    def __init__(self) -> None:
        self.listed = [a_template()]
        self.error: Exception | None = None
        #: The listing breaks after so many templates.
        self.breaks_after: int | None = None

    async def templates(self) -> AsyncIterator[Template]:
        for n, template in enumerate(self.listed):
            if self.error is not None and n == self.breaks_after:
                raise self.error
            yield template

    async def number(self, phone_number_id: str) -> NumberFacts:
        if self.error is not None:
            raise self.error
        return NumberFacts(
            phone_number_id=phone_number_id,
            display="+44 7700 900500",
            verified_name="Shop",
            granted_mps=1_000,
            messaging_limit=2_000,
            quality="GREEN",
        )


def syncing(house: House, meta: FakeMeta) -> Syncing:
    return Syncing(house.store, meta, house.policy, house.clock)


async def status_of(house: House, template_id: str = "900100") -> str | None:
    template = await house.read(lambda tx: tx.templates.get(template_id))
    return template.status if template else None


async def test_numbers_and_templates_are_read_and_dated(house: House):
    await syncing(house, FakeMeta()).everything()

    number = await house.read(lambda tx: tx.numbers.get(NUMBER))
    assert number is not None
    assert (number.granted_mps, number.messaging_limit, number.checked_at) == (1_000, 2_000, house.now)
    assert await status_of(house) == "APPROVED"
    assert await house.read(lambda tx: tx.templates.synced_at()) == house.now


async def test_what_we_learnt_ourselves_of_a_number_survives(house: House):
    known = NumberStatus(phone_number_id=NUMBER, pace=12.5, blocked="Restricted.")
    await house.write(lambda tx: tx.numbers.put(known))

    await syncing(house, FakeMeta()).numbers()

    number = await house.read(lambda tx: tx.numbers.get(NUMBER))
    assert number is not None
    assert (number.pace, number.blocked, number.quality) == (12.5, "Restricted.", "GREEN")


async def test_a_template_no_longer_listed_counts_as_deleted(house: House):
    meta = FakeMeta()
    await syncing(house, meta).templates()
    meta.listed = [a_template(id="900200")]

    await syncing(house, meta).templates()

    assert (await status_of(house), await status_of(house, "900200")) == ("DELETED", "APPROVED")


async def test_a_list_that_breaks_in_the_middle_deletes_nothing(house: House):
    meta = FakeMeta()
    meta.listed = [a_template(), a_template(id="900200")]
    await syncing(house, meta).templates()
    meta.error, meta.breaks_after = MetaUnavailableError("down"), 1

    await syncing(house, meta).templates()

    assert (await status_of(house), await status_of(house, "900200")) == ("APPROVED", "APPROVED")


async def test_while_meta_is_away_the_last_state_stays(house: House):
    meta = FakeMeta()
    await syncing(house, meta).everything()
    before = await house.read(lambda tx: tx.numbers.list())
    meta.error, meta.breaks_after = MetaRefusedError(a_failure(ErrorClass.CONFIG, 190)), 0
    house.pass_time(1)

    await syncing(house, meta).everything()

    assert await house.read(lambda tx: tx.numbers.list()) == before
    assert await status_of(house) == "APPROVED"
