from decimal import Decimal

import pytest

from bot.domain.audience import AudienceRule, Group
from bot.domain.consent import Exclusion, Facts, Standing
from bot.domain.instants import DAY, Millis
from bot.domain.preview import Preview
from bot.domain.rates import default_card
from bot.services.previewing import preview
from tests.fakes import FakeTransaction

NOW = Millis(1_795_000_000_000)


def group(people: int, country: str = "BR", market: str = "Brazil", standing: Standing = Standing.OPTED_IN) -> Group:
    return Group(Facts(standing=standing, country=country), market, people, ("+55 11 *****-1234",))


def previewed(*groups: Group, limit: int | None = None, messaged: dict[Millis, int] | None = None) -> Preview:
    tx = FakeTransaction()
    tx.people.stored_groups = list(groups)
    tx.recipients.messaged = messaged or {}
    return preview(
        tx,
        AudienceRule(),
        cap=None,
        card=default_card(),
        messages_per_second=80,
        messaging_limit=limit,
        now=NOW,
    )


def test_a_preview_tells_whom_it_reaches_at_what_price_and_how_long_it_takes():
    shown = previewed(
        group(1000), group(50, "NL", "Netherlands"), group(7, standing=Standing.NONE), group(3, "US", "North America")
    )

    assert (shown.waterfall.matched, shown.waterfall.will_be_sent) == (1060, 1050)
    assert shown.waterfall.steps() == [(Exclusion.NO_OPT_IN, 7), (Exclusion.UNREACHABLE_COUNTRY, 3)]
    assert shown.estimate.total == Decimal("62.5000") + Decimal("7.9850")
    assert "North America" not in shown.estimate.costs
    assert shown.sending_seconds == 14


def test_an_audience_of_nobody_costs_nothing_and_takes_no_time():
    shown = previewed()

    assert (shown.waterfall.matched, shown.estimate.total, shown.sending_seconds) == (0, 0, 0)


@pytest.mark.parametrize(
    ("limit", "headroom", "beyond"),
    [(None, None, 0), (2000, 1900, 0), (1100, 1000, 0), (1000, 900, 100), (50, 0, 1000)],
)
def test_the_room_left_today_is_what_the_last_24_hours_did_not_use(
    limit: int | None, headroom: int | None, beyond: int
):
    messaged = {Millis(NOW - DAY - 1): 5000, Millis(NOW - DAY): 60, Millis(NOW - 1): 40}

    shown = previewed(group(1000), limit=limit, messaged=messaged)

    assert (shown.headroom, shown.beyond_limit) == (headroom, beyond)
