"""What is kept beside people and messages: leases, cards, notices, parked statuses, test sends, numbers."""

from dataclasses import replace

import pytest

from bot.domain.audit import verify
from bot.domain.delivery import Status, StatusEvent
from bot.domain.errors import FencedError
from bot.domain.instants import Millis
from bot.domain.message import Dispatch, Route
from bot.ports.records import AuditEntry, Card, Notice, NumberStatus, Trouble
from bot.ports.storage import Storage, Transaction
from tests.builders import NOW, NUMBER, TestClock, add_campaign, later

SPAN = 60_000


def _a_status(**changes: object) -> StatusEvent:
    event = StatusEvent(phone_number_id=NUMBER, wamid="w1", status=Status.SENT, at=NOW)
    return event._replace(**changes)  # type: ignore[arg-type]


def _an_entry(**changes: object) -> AuditEntry:
    entry = AuditEntry(at=NOW, actor="U0", action="approved", subject="campaign 7Q2K", detail={"people": 3, "ö": None})
    return replace(entry, **changes)  # type: ignore[arg-type]


async def test_a_lease_has_one_holder_and_a_new_one_gets_a_higher_token(storage: Storage):
    def work(tx: Transaction):
        mine = tx.leases.take("number", "me", NOW, SPAN)
        refused = tx.leases.take("number", "you", NOW, SPAN)
        renewed = tx.leases.take("number", "me", later(1), SPAN)
        yours = tx.leases.take("number", "you", later(3), SPAN)
        return mine, refused, renewed, yours

    mine, refused, renewed, yours = await storage.write(work)

    assert refused is None
    assert mine == renewed
    assert yours.token > mine.token
    with pytest.raises(FencedError):
        await storage.read(lambda tx: tx.leases.check(mine))
    await storage.read(lambda tx: tx.leases.check(yours))


async def test_releasing_frees_only_ones_own_lease(storage: Storage):
    def work(tx: Transaction):
        mine = tx.leases.take("number", "me", NOW, SPAN)
        yours = tx.leases.take("number", "you", later(3), SPAN)
        assert mine is not None
        assert yours is not None
        tx.leases.release(mine)
        tx.leases.check(yours)
        tx.leases.release(yours)
        return yours, tx.leases.take("number", "me", later(3), SPAN)

    yours, again = await storage.write(work)

    assert again.token > yours.token


async def test_clearing_drops_every_lease_and_keeps_tokens_rising(storage: Storage):
    before = await storage.write(lambda tx: tx.leases.take("number", "dead", NOW, SPAN))
    await storage.write(lambda tx: tx.leases.clear())

    after = await storage.write(lambda tx: tx.leases.take("number", "alive", NOW, SPAN))

    assert after.token > before.token
    with pytest.raises(FencedError):
        await storage.read(lambda tx: tx.leases.check(before))


async def test_holders_are_those_of_living_leases_with_that_beginning(storage: Storage):
    def work(tx: Transaction):
        tx.leases.take("sender a_", "a_", NOW, SPAN)
        tx.leases.take("sender b%", "b%", NOW, 2 * SPAN)
        tx.leases.take("number 1", "other", NOW, SPAN)
        gone = tx.leases.take("sender gone", "gone", NOW, SPAN)
        tx.leases.release(gone)
        over = NOW + SPAN
        return tx.leases.holders("sender ", NOW), tx.leases.holders("sender ", over), tx.leases.holders("s_", NOW)

    both, one, none = await storage.write(work)

    assert both == {"a_", "b%"}
    assert one == {"b%"}
    assert none == set()


async def test_forgetting_deletes_only_old_leases_with_that_beginning(storage: Storage):
    def work(tx: Transaction):
        old = tx.leases.take("sender old", "old", NOW, SPAN)
        new = tx.leases.take("sender new", "new", later(5), SPAN)
        number = tx.leases.take("number 1", "old", NOW, SPAN)
        tx.leases.forget("sender ", later(4))
        tx.leases.check(new)
        tx.leases.check(number)
        return old

    old = await storage.write(work)

    with pytest.raises(FencedError):
        await storage.read(lambda tx: tx.leases.check(old))


async def test_a_card_is_stale_until_it_shows_what_is_wanted(storage: Storage, clock: TestClock):
    campaign = await storage.write(add_campaign)

    async def stale() -> list[Card]:
        return list(await storage.read(lambda tx: tx.cards.stale()))

    await storage.write(lambda tx: tx.cards.want(campaign.id, "live"))
    assert await stale() == []

    await storage.write(lambda tx: tx.cards.want(campaign.id, "live", "C0SPRING"))
    card = (await stale())[0]
    await storage.write(lambda tx: tx.cards.want(campaign.id, "live", "C0SPRING"))
    await storage.write(lambda tx: tx.cards.drew(card, ts="1.0", content_hash="h", now=NOW))
    assert [(one.wanted, one.drawn, one.ts) for one in await stale()] == [(2, 1, "1.0")]

    newest = (await stale())[0]
    await storage.write(lambda tx: tx.cards.drew(newest, ts="1.0", content_hash="h2", now=NOW))
    drawn = await storage.read(lambda tx: tx.cards.get(campaign.id, "live"))
    assert await stale() == []
    assert drawn == replace(newest, drawn=2, content_hash="h2", drawn_at=NOW)


async def test_the_card_that_waits_longest_is_drawn_first_and_a_dead_one_never(storage: Storage, clock: TestClock):
    ids = await storage.write(lambda tx: [add_campaign(tx, token=token).id for token in ("AAAA", "BBBB", "CCCC")])
    for minute, campaign_id in enumerate([ids[1], ids[0], ids[2]]):
        clock.instant = NOW + minute
        await storage.write(lambda tx, one=campaign_id: tx.cards.want(one, "live", "C0"))
    await storage.write(lambda tx: tx.cards.died(ids[2], "live", "the channel was archived"))

    stale = await storage.read(lambda tx: tx.cards.stale())

    assert [card.campaign_id for card in stale] == [ids[1], ids[0]]


async def test_a_card_wanted_in_a_channel_is_posted_anew_if_it_is_dead_or_elsewhere(storage: Storage):
    campaign = await storage.write(add_campaign)

    async def wanted(channel: str | None) -> Card:
        await storage.write(lambda tx: tx.cards.want(campaign.id, "live", channel))
        found = await storage.read(lambda tx: tx.cards.get(campaign.id, "live"))
        assert found is not None
        return found

    async def drawn(card: Card) -> None:
        await storage.write(lambda tx: tx.cards.drew(card, ts="1.0", content_hash="h", now=NOW))

    await drawn(await wanted("C0"))
    same = await wanted("C0")
    await storage.write(lambda tx: tx.cards.died(campaign.id, "live", "edit_window_closed"))
    dead = await wanted(None)
    revived = await wanted("C0")
    await drawn(revived)
    elsewhere = await wanted("C1")

    assert (same.ts, dead.ts, dead.dead) == ("1.0", "1.0", "edit_window_closed")
    assert [(one.channel, one.ts, one.dead) for one in (revived, elsewhere)] == [("C0", None, None), ("C1", None, None)]


async def test_a_dead_card_that_was_drawn_lives_again(storage: Storage):
    campaign = await storage.write(add_campaign)
    await storage.write(lambda tx: tx.cards.want(campaign.id, "live", "C0"))
    await storage.write(lambda tx: tx.cards.died(campaign.id, "live", "edit_window_closed"))
    card = await storage.read(lambda tx: tx.cards.get(campaign.id, "live"))
    assert card is not None

    await storage.write(lambda tx: tx.cards.drew(card, ts="2.0", content_hash="h", now=NOW))

    assert await storage.read(lambda tx: tx.cards.get(campaign.id, "live")) == replace(
        card, ts="2.0", content_hash="h", drawn=1, drawn_at=NOW, dead=None
    )


async def test_a_place_in_trouble_is_tried_again_at_its_time_or_when_somebody_wants_something_there(storage: Storage):
    campaign = await storage.write(add_campaign)
    places = [
        Trouble(place=place, why="closed", since=NOW, tries=n, retry_at=later(1))
        for n, place in enumerate(("", "C0", "C1"), 1)
    ]

    def fill(tx: Transaction) -> None:
        for one in places:
            tx.troubles.put(replace(one, why="to be replaced"))
            tx.troubles.put(one)
        tx.cards.want(campaign.id, "live", "C0")

    await storage.write(fill)

    found = await storage.read(lambda tx: tx.troubles.list())

    now = [replace(one, retry_at=NOW) for one in places]
    assert list(found) == [*now[:2], places[2]]


async def test_troubles_end_by_themselves_or_are_forgotten(storage: Storage):
    def fill(tx: Transaction) -> None:
        for n, place in enumerate(("C0", "C1", "C2")):
            tx.troubles.put(Trouble(place=place, why="closed", since=NOW, tries=1, retry_at=later(n)))

    await storage.write(fill)
    await storage.write(lambda tx: tx.troubles.end("C1"))
    await storage.write(lambda tx: tx.troubles.forget(later(1)))
    await storage.write(lambda tx: tx.troubles.retry_now(NOW))

    [left] = await storage.read(lambda tx: tx.troubles.list())

    assert (left.place, left.retry_at) == ("C2", NOW)


async def test_a_notice_is_queued_once_for_ever(storage: Storage):
    notice = Notice(
        key="campaign 1: half sent", channel="C0", text="Half sent", blocks=({"type": "divider"},), asked_by="U0"
    )

    first = await storage.write(lambda tx: tx.notices.add(notice, NOW))
    waiting = await storage.read(lambda tx: tx.notices.waiting(10))
    await storage.write(lambda tx: tx.notices.posted(waiting[0][0], "1.0", later(1)))
    second = await storage.write(lambda tx: tx.notices.add(notice, later(2)))

    assert (first, second) == (True, False)
    assert [replace(one, blocks=tuple(one.blocks)) for _, one in waiting] == [notice]
    assert await storage.read(lambda tx: tx.notices.waiting(10)) == []


async def test_what_is_about_to_be_posted_is_written_down_until_it_is_known_what_came_of_it(storage: Storage):
    campaign = await storage.write(add_campaign)
    await storage.write(lambda tx: tx.cards.want(campaign.id, "live", "C0"))
    await storage.write(lambda tx: tx.notices.add(Notice(key="a", channel="C0", text="x"), NOW))

    async def posting(at: Millis | None) -> tuple[Millis | None, Millis | None]:
        def write(tx: Transaction) -> tuple[Millis | None, Millis | None]:
            card, [(notice_id, _)] = tx.cards.get(campaign.id, "live"), tx.notices.waiting(1)
            assert card is not None
            tx.cards.posting(card, at)
            tx.notices.posting(notice_id, at)
            card, [(_, notice)] = tx.cards.get(campaign.id, "live"), tx.notices.waiting(1)
            assert card is not None
            return card.posting_at, notice.posting_at

        return await storage.write(write)

    seen = [await posting(at) for at in (NOW, None, later(1))]

    card = await storage.read(lambda tx: tx.cards.get(campaign.id, "live"))
    assert card is not None
    await storage.write(lambda tx: tx.cards.drew(card, ts="1.0", content_hash="h", now=NOW))
    drawn = await storage.read(lambda tx: tx.cards.get(campaign.id, "live"))
    assert seen == [(NOW, NOW), (None, None), (later(1), later(1))]
    assert drawn is not None
    assert drawn.posting_at is None


async def test_a_notice_given_up_is_not_tried_again(storage: Storage):
    await storage.write(lambda tx: tx.notices.add(Notice(key="a", channel="C0", text="x"), NOW))
    notice_id = (await storage.read(lambda tx: tx.notices.waiting(1)))[0][0]

    await storage.write(lambda tx: tx.notices.gave_up(notice_id, "channel_not_found", NOW))

    assert await storage.read(lambda tx: tx.notices.waiting(1)) == []


async def test_equal_statuses_are_parked_once_and_taken_once(storage: Storage):
    detailed = _a_status(
        wamid="w2",
        status=Status.FAILED,
        tracker="t.1.1",
        recipient="447700900001",
        code=131026,
        recipient_user_id="GB.abc",
        detail="no",
        route=Route.MM,
        free=True,
    )
    events = [_a_status(), _a_status(), _a_status(status=Status.READ), detailed]

    await storage.write(lambda tx: tx.parked.park(events, NOW))
    peeked = await storage.read(lambda tx: tx.parked.peek(NUMBER, 10))
    taken = await storage.write(lambda tx: tx.parked.take(["w1"]))
    rest = await storage.write(lambda tx: tx.parked.take(["w1", "w2", "w3"]))

    assert [parked.event for parked in peeked] == [_a_status(), _a_status(status=Status.READ), detailed]
    assert taken == [_a_status(), _a_status(status=Status.READ)]
    assert rest == [detailed]


async def test_parked_statuses_expire_by_when_they_came(storage: Storage):
    await storage.write(lambda tx: tx.parked.park([_a_status()], NOW))
    await storage.write(lambda tx: tx.parked.park([_a_status(wamid="w2")], later(1)))

    expired = await storage.write(lambda tx: tx.parked.expire(later(1)))

    assert expired == 1
    assert await storage.read(lambda tx: tx.parked.count()) == 1
    assert await storage.read(lambda tx: tx.parked.peek("another number", 5)) == []


async def test_a_test_send_goes_its_way_outside_every_figure(storage: Storage):
    def fill(tx: Transaction):
        campaign = add_campaign(tx)
        return tx.trials.add(campaign.id, NUMBER, "+447700900001", b"[]", "U0", NOW), campaign.id

    trial, campaign_id = await storage.write(fill)
    waiting = await storage.read(lambda tx: tx.trials.waiting(NUMBER, 5))
    await storage.write(lambda tx: tx.trials.save(replace(trial, dispatch=Dispatch.SENDING)))

    assert waiting == [trial]
    assert await storage.read(lambda tx: tx.trials.waiting(NUMBER, 5)) == []
    assert await storage.read(lambda tx: tx.trials.with_dispatch(Dispatch.SENDING)) == [
        replace(trial, dispatch=Dispatch.SENDING)
    ]
    assert await storage.read(lambda tx: tx.campaigns.tallies(campaign_id)) == {}


async def test_a_number_and_a_switch_are_remembered_as_last_told(storage: Storage):
    status = NumberStatus(phone_number_id=NUMBER, granted_mps=1000, messaging_limit=250, pace=12.5, rests_until=NOW)

    for told in (NumberStatus(phone_number_id=NUMBER), status):
        await storage.write(lambda tx, told=told: tx.numbers.put(told))
    for value in ("on", "off"):
        await storage.write(lambda tx, value=value: tx.switches.set("tracker", value, NOW))

    assert await storage.read(lambda tx: tx.numbers.get(NUMBER)) == status
    assert await storage.read(lambda tx: tx.numbers.list()) == [status]
    assert await storage.read(lambda tx: tx.numbers.get("another")) is None
    assert await storage.read(lambda tx: tx.switches.get("tracker")) == "off"
    assert await storage.read(lambda tx: tx.switches.get("unknown")) is None


async def test_a_body_nobody_understands_is_kept_until_it_is_purged(storage: Storage):
    await storage.write(lambda tx: tx.quarantine.keep("not JSON", b"\xff\x00", NOW))
    await storage.write(lambda tx: tx.quarantine.keep("empty", b"", later(1)))

    purged = await storage.write(lambda tx: tx.quarantine.purge(later(1)))

    assert purged == 1
    assert await storage.read(lambda tx: tx.quarantine.count()) == 1


async def test_the_audit_chain_holds_as_it_is_stored(storage: Storage):
    for n in range(3):
        await storage.write(lambda tx, n=n: tx.audit.append(_an_entry(subject=f"campaign {n % 2}")))

    rows = await storage.read(lambda tx: list(tx.audit.rows()))
    head = await storage.read(lambda tx: tx.audit.head())
    about_one = await storage.read(lambda tx: list(tx.audit.rows("campaign 1")))

    assert [row.entry for row in rows] == [_an_entry(subject=f"campaign {n % 2}") for n in range(3)]
    assert verify(rows, head) is None
    assert verify(rows[:2], head) == 3
    assert about_one == [rows[1]]
