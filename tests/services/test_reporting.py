"""The sheets that cards, lists and the App Home show: true figures, prices, times."""

from decimal import Decimal

from bot.domain.campaign import Campaign
from bot.domain.delivery import Status
from bot.domain.instants import HOUR, MINUTE, SECOND
from bot.domain.message import Route
from bot.domain.roles import Actor, Role
from bot.domain.sheet import CampaignSheet, Doubts, HomeSheet
from bot.ports.meta import Accepted, ErrorClass, InDoubt
from bot.ports.records import NumberStatus
from bot.ports.storage import Transaction
from bot.services import reporting, rescuing, tracking
from tests.builders import NUMBER, later
from tests.services.house import ANA, BRUNO, House, a_status, refused


def words(code: int) -> tuple[str, str]:
    return f"what {code} means", f"mend {code}"


async def sheet_of(house: House, campaign: Campaign) -> CampaignSheet:
    current = await house.campaign(campaign.id)
    return await house.read(
        lambda tx: reporting.campaign_sheet(tx, current, policy=house.policy, words=words, now=house.now)
    )


async def with_number(house: House, **changes: object) -> None:
    await house.write(lambda tx: tx.numbers.put(NumberStatus(phone_number_id=NUMBER, **changes)))


async def test_only_what_was_delivered_costs_and_what_meta_gave_free_costs_nothing(house: House):
    campaign, _ = await house.accepted(4)
    events = [
        a_status(Status.DELIVERED, "wamid.1", later(1), route=Route.MM),
        a_status(Status.READ, "wamid.2", later(1), route=Route.CLOUD),
        a_status(Status.DELIVERED, "wamid.3", later(1), free=True),
        a_status(Status.SENT, "wamid.4", later(1)),
    ]
    await house.write(lambda tx: tracking.absorb(tx, events, house.now))

    sheet = await sheet_of(house, campaign)

    assert campaign.plan is not None
    price = campaign.plan.rates["United Kingdom"]
    assert price > 0
    assert sheet.cost_so_far == 2 * price
    assert sheet.funnel.details("route") == {"cloud": 1, "mm": 1}


async def test_a_sheet_tells_decided_doubts_from_open_ones(house: House):
    campaign, rows = await house.marked(3)
    await house.settle(*((row, InDoubt("lost")) for row in rows[:1]))
    house.pass_time(15 * MINUTE)
    await house.write(lambda tx: rescuing.assume_sent(tx, campaign.id, BRUNO, house.policy, house.now))
    await house.settle((rows[1], InDoubt("lost")), (rows[2], Accepted("wamid.3")))
    before = await sheet_of(house, campaign)
    house.pass_time(15 * MINUTE)
    await house.finish(campaign)
    await house.write(lambda tx: rescuing.send_again(tx, campaign.id, BRUNO, house.policy, house.now))

    after = await sheet_of(house, campaign)

    assert (before.doubts, before.trying_again) == (Doubts(open=1, assumed=1), 0)
    assert (after.doubts, after.trying_again) == (Doubts(assumed=1, again=1), 1)
    assert after.funnel["in_doubt"] == 2


async def test_nothing_delivered_costs_nothing(house: House):
    campaign, _ = await house.accepted(1)

    assert (await sheet_of(house, campaign)).cost_so_far == Decimal(0)


async def test_failures_and_refusals_are_explained_together_the_commonest_first(house: House):
    campaign, rows = await house.marked(4)
    await house.settle(
        *((row, refused(ErrorClass.PERMANENT, 131026)) for row in rows[:2]),
        (rows[2], refused(ErrorClass.PERMANENT, 130472)),
        (rows[3], Accepted("wamid.4")),
    )
    failed = a_status(Status.FAILED, "wamid.4", later(1), code=131026)
    await house.write(lambda tx: tracking.absorb(tx, [failed], house.now))

    found = (await sheet_of(house, campaign)).failures

    assert [(one.label, one.count, one.next_step) for one in found] == [
        ("what 131026 means (131026)", 3, "mend 131026"),
        ("what 130472 means (130472)", 1, "mend 130472"),
    ]


async def test_a_failure_without_a_code_is_said_to_have_no_reason(house: House):
    campaign, _ = await house.accepted(1)
    failed = a_status(Status.FAILED, at=later(1))
    await house.write(lambda tx: tracking.absorb(tx, [failed], house.now))

    assert [one.label for one in (await sheet_of(house, campaign)).failures] == ["Meta gave no reason"]


async def test_the_expected_end_follows_pace_and_holds(house: House):
    await with_number(house, granted_mps=1)
    campaign = await house.sending(3)
    plain = (await sheet_of(house, campaign)).eta
    held = later(1)
    await house.write(lambda tx: tx.campaigns.change(campaign, hold_until=held))

    assert plain == house.now + 3 * SECOND
    assert (await sheet_of(house, campaign)).eta == held + 3 * SECOND


async def test_what_does_not_send_has_no_expected_end(house: House):
    campaign, _ = await house.sent()

    assert (await sheet_of(house, campaign)).eta is None


async def test_the_last_safe_launch_is_the_offers_end_minus_the_lifetime(house: House):
    campaign = await house.planned(offer_ends_at=later(48))

    sheet = await sheet_of(house, campaign)

    assert sheet.last_safe_launch == later(24)
    assert (await sheet_of(house, await house.submitted(token="BBBB"))).last_safe_launch is None


async def test_the_room_of_the_day_is_what_the_last_day_did_not_use_and_never_less_than_nothing(house: House):
    await with_number(house, messaging_limit=2)
    campaign, _ = await house.accepted(3)
    over = (await sheet_of(house, campaign)).headroom
    house.pass_time(24 * HOUR + 1)

    assert (over, (await sheet_of(house, campaign)).headroom) == (0, 2)


async def test_without_a_limit_there_is_no_room_to_speak_of(house: House):
    await with_number(house, messaging_limit=None)

    assert (await sheet_of(house, await house.planned())).headroom is None


async def test_campaigns_on_the_same_template_are_named(house: House):
    first = await house.planned(name="First")
    await house.plan(await house.submitted(token="BBBB", name="Second"))

    assert (await sheet_of(house, first)).other_campaigns == ["Second"]


async def test_a_blocked_number_is_a_warning(house: House):
    await with_number(house, blocked="Restricted.")

    assert (await sheet_of(house, await house.planned())).warnings == ["The sender number is blocked: Restricted."]


async def test_the_home_shows_mine_and_to_approvers_what_waits_for_them(house: House):
    campaign = await house.planned()

    def home(tx: Transaction, actor: Actor) -> HomeSheet:
        return reporting.home_sheet(tx, actor.user, actor.roles, policy=house.policy, now=house.now)

    ana, bruno = await house.read(lambda tx: (home(tx, ANA), home(tx, BRUNO)))
    assert ([one.token for one in ana.mine], ana.waiting) == ([campaign.token], [])
    assert (bruno.mine, [one.token for one in bruno.waiting]) == ([], [campaign.token])
    assert Role.APPROVER not in ANA.roles


async def test_the_health_of_a_number_counts_doubts_and_people(house: House):
    await with_number(house, granted_mps=80, pace=20.0, display="+44 7700 900500")
    _, rows = await house.marked(2)
    await house.settle((rows[0], Accepted("wamid.1")), (rows[1], InDoubt("lost")))

    home = await house.read(
        lambda tx: reporting.home_sheet(tx, ANA.user, ANA.roles, policy=house.policy, now=house.now)
    )

    [health] = home.numbers
    assert (health.display, health.pace, health.messaged_24h, health.in_doubt) == ("+44 7700 900500", 20.0, 2, 1)


async def test_a_held_campaign_moves_by_time_alone(house: House):
    campaign = await house.sending()
    held = await house.write(lambda tx: tx.campaigns.change(campaign, hold_until=house.now + MINUTE))

    assert reporting.is_moving(held, house.now)
    assert not reporting.is_moving(held, later(1))
    assert not reporting.is_moving(campaign, house.now)
