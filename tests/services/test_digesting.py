"""Exactly one digest per period and channel, over restarts and clock changes; what was missed comes once, late."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.delivery import Status
from bot.domain.instants import DAY, HOUR, MINUTE, Millis, from_datetime
from bot.domain.sheet import DigestSheet
from bot.ports.chat import ChatMessage
from bot.ports.records import DigestSchedule
from bot.services import digesting, reporting, tracking
from bot.slack.views.digest import digest as draw_digest
from tests.services.house import House, a_status

CHANNEL = "C0SPRING"


class Drawn:
    """Notes every sheet it is asked to draw."""

    def __init__(self) -> None:
        self.sheets: list[DigestSheet] = []

    def __call__(self, sheet: DigestSheet) -> ChatMessage:
        self.sheets.append(sheet)
        return ChatMessage(f"digest until {sheet.until}")


def at(text: str) -> Millis:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


async def schedule(house: House, when: str = "09:00", zone: str = "UTC", kind: str = "daily") -> DigestSchedule:
    return await house.write(lambda tx: tx.digests.set(CHANNEL, kind, when, zone, "U0ANA", house.now))


async def post(house: House, one: DigestSchedule, drawn: Drawn) -> bool:
    return await house.write(lambda tx: digesting.post_due(tx, one, drawn, house.now))


async def test_a_digest_comes_at_its_hour_and_once(house: House):
    house.clock.instant, drawn = at("2026-11-02T12:00"), Drawn()
    daily = await schedule(house)
    house.clock.instant = at("2026-11-03T09:00") - 1
    early = await post(house, daily, drawn)
    house.pass_time(1)

    posted = [await post(house, daily, drawn) for _ in range(3)]

    assert (early, posted) == (False, [True, False, False])
    [sheet] = drawn.sheets
    assert (sheet.since, sheet.until, sheet.is_late) == (at("2026-11-02T12:00"), at("2026-11-03T09:00"), False)
    assert await house.said() == [f"digest until {sheet.until}"]


async def test_a_period_that_ended_before_anybody_asked_is_not_posted(house: House):
    house.clock.instant, drawn = at("2026-11-02T12:00"), Drawn()
    daily = await schedule(house)

    assert await post(house, daily, drawn) is False


@pytest.mark.parametrize(("delay", "is_late"), [(10 * MINUTE, False), (10 * MINUTE + 1, True)])
async def test_a_digest_after_its_hour_says_that_it_is_late(house: House, delay: int, is_late: bool):
    house.clock.instant, drawn = at("2026-11-02T12:00"), Drawn()
    daily = await schedule(house)
    house.clock.instant = at("2026-11-03T09:00") + delay

    await post(house, daily, drawn)

    assert drawn.sheets[0].is_late is is_late


async def test_what_was_missed_while_away_is_posted_once_and_covers_all_of_it(house: House):
    house.clock.instant, drawn = at("2026-11-02T08:00"), Drawn()
    daily = await schedule(house)
    house.clock.instant = at("2026-11-02T09:00")
    await post(house, daily, drawn)
    house.clock.instant = at("2026-11-06T15:00")

    posted = [await post(house, daily, drawn), await post(house, daily, drawn)]

    assert posted == [True, False]
    missed = drawn.sheets[-1]
    assert (missed.since, missed.until, missed.is_late) == (at("2026-11-02T09:00"), at("2026-11-06T15:00"), True)


async def test_a_first_digest_missed_for_days_reaches_back_to_when_it_was_asked_for(house: House):
    house.clock.instant, drawn = at("2026-11-02T12:00"), Drawn()
    daily = await schedule(house)
    house.clock.instant = at("2026-11-06T15:00")

    await post(house, daily, drawn)

    assert drawn.sheets[0].since == at("2026-11-02T12:00")


async def test_moving_the_hour_leaves_no_gap_and_no_overlap(house: House):
    house.clock.instant, drawn = at("2026-11-02T07:00"), Drawn()
    early = await schedule(house, "08:00")
    house.clock.instant = at("2026-11-02T08:00")
    await post(house, early, drawn)
    house.clock.instant = at("2026-11-02T08:30")
    moved = await schedule(house, "09:00")
    house.clock.instant = at("2026-11-02T09:00")

    await post(house, moved, drawn)

    assert [(sheet.since, sheet.until) for sheet in drawn.sheets][1:] == [(drawn.sheets[0].until, house.now)]


@pytest.mark.parametrize(
    ("zone", "when", "start", "days", "hours"),
    [
        # Lisbon puts its clocks forward on 2026-03-29 and back on 2026-10-25.
        ("Europe/Lisbon", "09:00", "2026-03-27T10:00", 5, {23, 24}),
        ("Europe/Lisbon", "01:30", "2026-10-23T10:00", 5, {24, 25}),
        ("America/New_York", "02:30", "2026-03-06T12:00", 5, {23, 24}),
    ],
)
async def test_clock_changes_neither_skip_nor_repeat_a_digest(
    house: House, zone: str, when: str, start: str, days: int, hours: set[int]
):
    house.clock.instant, drawn = at(start), Drawn()
    daily = await schedule(house, when, zone)

    for _ in range(days * 24 * 2):
        house.pass_time(30 * MINUTE)
        await post(house, daily, drawn)

    assert len(drawn.sheets) == days
    # The first one begins when it was asked for.
    assert {(sheet.until - sheet.since) // HOUR for sheet in drawn.sheets[1:]} <= hours | {24}
    assert all(one.until == two.since for one, two in zip(drawn.sheets, drawn.sheets[1:], strict=False))


async def test_a_weekly_digest_comes_on_mondays(house: House):
    house.clock.instant, drawn = at("2026-11-03T12:00"), Drawn()
    weekly = await schedule(house, kind="weekly")

    for _ in range(14):
        house.pass_time(DAY)
        await post(house, weekly, drawn)

    assert [sheet.until for sheet in drawn.sheets] == [at("2026-11-09T12:00"), at("2026-11-16T12:00")]


async def test_a_digest_on_request_takes_no_period(house: House):
    house.clock.instant, drawn = at("2026-11-02T12:00"), Drawn()
    daily = await schedule(house)
    house.clock.instant = at("2026-11-03T08:00")

    await house.write(lambda tx: digesting.post_now(tx, daily, drawn, house.now))
    house.clock.instant = at("2026-11-03T09:00")

    assert await post(house, daily, drawn) is True
    assert drawn.sheets[0].since == at("2026-11-02T09:00")


async def test_a_digest_tells_of_the_campaigns_of_its_channel(house: House):
    house.pass_time(-HOUR)
    daily, drawn = await schedule(house, "12:00"), Drawn()
    elsewhere = await house.write(lambda tx: tx.digests.set("C0OTHER", "daily", "12:00", "UTC", "U0ANA", house.now))
    campaign, _ = await house.accepted(2)
    house.pass_time(5 * HOUR)

    await post(house, daily, drawn)
    await post(house, elsewhere, drawn)

    [[line], []] = [sheet.campaigns for sheet in drawn.sheets]
    assert (line.token, line.figures["sent"]) == (campaign.token, 2)


async def test_a_report_that_comes_after_the_boundary_is_in_the_next_digest(house: House):
    house.clock.instant, drawn = at("2026-11-02T08:00"), Drawn()
    daily = await schedule(house)
    await house.accepted(1)
    house.clock.instant = at("2026-11-02T09:00")
    await post(house, daily, drawn)
    house.pass_time(MINUTE)
    await reported(house, Status.DELIVERED, 1, at("2026-11-02T08:59"))
    house.clock.instant = at("2026-11-03T09:00")

    await post(house, daily, drawn)

    [[first], [second]] = [sheet.campaigns for sheet in drawn.sheets]
    assert [(line.figures["sent"], line.figures["delivered"]) for line in (first, second)] == [(1, 0), (0, 1)]


async def test_what_is_asked_for_takes_nothing_away_from_the_digest(house: House):
    house.clock.instant, drawn = at("2026-11-02T08:00"), Drawn()
    daily = await schedule(house)
    house.clock.instant = at("2026-11-02T09:00")
    await post(house, daily, drawn)
    await house.accepted(2)
    house.pass_time(HOUR)
    await house.write(lambda tx: digesting.post_now(tx, daily, drawn, house.now))
    house.clock.instant = at("2026-11-03T09:00")

    await post(house, daily, drawn)

    [[], [asked], [told]] = [sheet.campaigns for sheet in drawn.sheets]
    assert (asked.figures["sent"], told.figures["sent"]) == (2, 2)


async def test_before_the_first_digest_what_is_asked_for_is_the_running_period(house: House):
    house.clock.instant, drawn = at("2026-11-02T10:00"), Drawn()
    await house.accepted(2)
    daily = await schedule(house)
    house.pass_time(HOUR)

    await house.write(lambda tx: digesting.post_now(tx, daily, drawn, house.now))

    [sheet] = drawn.sheets
    assert (sheet.since, [line.figures["sent"] for line in sheet.campaigns]) == (at("2026-11-02T09:00"), [2])


async def test_a_digest_that_is_asked_for_anew_tells_what_happens_from_then_on(house: House):
    house.clock.instant, drawn = at("2026-11-02T08:00"), Drawn()
    await house.accepted(2)
    daily = await schedule(house)
    house.clock.instant = at("2026-11-02T09:00")

    await post(house, daily, drawn)

    assert [sheet.campaigns for sheet in drawn.sheets] == [[]]


async def test_what_meta_corrects_is_taken_back(house: House):
    house.clock.instant, drawn = at("2026-11-02T08:00"), Drawn()
    daily = await schedule(house)
    await house.accepted(1)
    await reported(house, Status.FAILED, 1, house.now, code=131026)
    house.clock.instant = at("2026-11-02T09:00")
    await post(house, daily, drawn)
    await reported(house, Status.DELIVERED, 1, house.now)
    house.clock.instant = at("2026-11-03T09:00")

    await post(house, daily, drawn)

    [[first], [second]] = [sheet.campaigns for sheet in drawn.sheets]
    assert (first.figures["failed"], second.figures["failed"], second.figures["delivered"]) == (1, -1, 1)
    assert "Failed -1" in str(draw_digest(drawn.sheets[1]).blocks)
    assert "takes back" in str(draw_digest(drawn.sheets[1]).blocks)


async def test_the_cost_of_a_digest_is_the_cost_of_its_span(house: House):
    house.clock.instant, drawn = at("2026-11-02T08:00"), Drawn()
    daily = await schedule(house)
    campaign, _ = await house.accepted(3)
    for n in (1, 2):
        await reported(house, Status.DELIVERED, n, house.now)
    house.clock.instant = at("2026-11-02T09:00")
    await post(house, daily, drawn)
    await reported(house, Status.DELIVERED, 3, house.now)
    for n in (1, 2):
        await reported(house, Status.READ, n, house.now)
    house.clock.instant = at("2026-11-03T09:00")
    await post(house, daily, drawn)

    [[first], [second]] = [sheet.campaigns for sheet in drawn.sheets]
    card = await house.read(lambda tx: reporting.campaign_line(tx, campaign))
    assert (first.cost, second.cost) == (card.cost * 2 / 3, card.cost / 3)
    assert (second.figures["delivered"], second.figures["read"]) == (1, 2)
    assert "%" not in str(draw_digest(drawn.sheets[1]))


async def reported(house: House, status: Status, n: int, when: Millis, **more: Any) -> None:
    await house.write(lambda tx: tracking.absorb(tx, [a_status(status, f"wamid.{n}", when, **more)], house.now))
