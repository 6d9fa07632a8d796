"""Any order, any repetition, same books: the fold of statuses into a message."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.delivery import Status, StatusEvent, fold
from bot.domain.funnel import Funnel, difference, facts, movements, recount
from bot.domain.instants import Millis
from bot.domain.message import Delivery, Dispatch, Recipient, RecipientId, Route

ACCEPTED = Recipient(
    id=RecipientId(1),
    campaign_id=1,
    person_id=1,
    market="Brazil",
    dispatch=Dispatch.ACCEPTED,
    wamid="wamid.1",
    accepted_at=Millis(5),
)

events = st.builds(
    StatusEvent,
    phone_number_id=st.just("1"),
    wamid=st.just("wamid.1"),
    status=st.sampled_from(Status),
    at=st.integers(0, 4).map(Millis),
    code=st.sampled_from([None, 0, 131049, 131026]),
    route=st.sampled_from([None, *Route]),
    free=st.booleans(),
)
recipients = st.builds(
    Recipient,
    id=st.just(RecipientId(1)),
    campaign_id=st.just(1),
    person_id=st.just(1),
    market=st.sampled_from(["Brazil", "Rest"]),
    dispatch=st.sampled_from(Dispatch),
    code=st.sampled_from([None, 1]),
    reason=st.sampled_from([None, "stopped"]),
    route=st.sampled_from([None, *Route]),
    free=st.booleans(),
    sent_at=st.none() | st.just(Millis(1)),
    delivered_at=st.none() | st.just(Millis(2)),
    read_at=st.none() | st.just(Millis(3)),
    failed_at=st.none() | st.just(Millis(2)),
    expired_at=st.none() | st.just(Millis(4)),
    clicked_at=st.none() | st.just(Millis(4)),
)


def folded(message: Recipient, reports: list[StatusEvent]) -> Recipient:
    for report in reports:
        message = fold(message, report)
    return message


@given(st.data(), st.lists(events, max_size=8))
def test_any_order_of_the_same_statuses_gives_the_same_message(data: st.DataObject, reports: list[StatusEvent]):
    shuffled = data.draw(st.permutations(reports))

    assert folded(ACCEPTED, shuffled) == folded(ACCEPTED, reports)


@given(st.data(), st.lists(events, min_size=1, max_size=6))
def test_any_repetition_of_the_same_statuses_gives_the_same_message(data: st.DataObject, reports: list[StatusEvent]):
    repeated = data.draw(st.permutations(reports + data.draw(st.lists(st.sampled_from(reports), max_size=6))))

    assert folded(ACCEPTED, repeated) == folded(ACCEPTED, reports)


@given(recipients, events)
def test_a_repetition_gives_back_the_very_same_object(message: Recipient, report: StatusEvent):
    once = fold(message, report)

    assert fold(once, report) is once


#: How far a message has come; `failed` and `expired` are overruled by what a person has.
RANK = {
    Delivery.NONE: 0,
    Delivery.HELD: 1,
    Delivery.SENT: 2,
    Delivery.EXPIRED: 3,
    Delivery.FAILED: 4,
    Delivery.DELIVERED: 5,
    Delivery.READ: 6,
}


@given(recipients, events)
def test_the_state_of_a_message_never_goes_down(message: Recipient, report: StatusEvent):
    assert RANK[fold(message, report).delivery] >= RANK[message.delivery]


@given(st.lists(events, max_size=8))
def test_a_fold_touches_only_what_webhooks_may_write(reports: list[StatusEvent]):
    after = folded(ACCEPTED, reports)

    assert (after.dispatch, after.wamid, after.accepted_at, after.attempt) == (Dispatch.ACCEPTED, "wamid.1", 5, 1)


def test_a_failure_without_a_code_and_one_with_the_code_zero_give_one_answer_in_either_order():
    reports = [
        StatusEvent(phone_number_id="1", wamid="wamid.1", status=Status.FAILED, at=Millis(1), code=code)
        for code in (None, 0)
    ]

    assert folded(ACCEPTED, reports) == folded(ACCEPTED, reports[::-1])


def test_read_without_delivered_counts_as_delivered():
    read = fold(ACCEPTED, StatusEvent(phone_number_id="1", wamid="wamid.1", status=Status.READ, at=Millis(9)))

    assert {"delivered", "read", "delivery:read"} <= facts(read)


@given(st.lists(recipients, max_size=6), st.data())
def test_counters_moved_by_differences_equal_a_recount(before: list[Recipient], data: st.DataObject):
    counters = recount(before)
    after = []

    for message in before:
        changed = data.draw(recipients)
        counters.update(difference(message, changed))
        after.append(changed)

    assert {fact: n for fact, n in counters.items() if n} == dict(recount(after))


@given(st.lists(st.tuples(st.none() | recipients, recipients, st.integers(1, 3)), max_size=6))
def test_counters_moved_for_many_equal_those_moved_for_each(changes: list[tuple[Recipient | None, Recipient, int]]):
    each: Counter[tuple[int, str]] = Counter()

    for before, after, times in changes:
        for _ in range(times):
            each.update({(after.campaign_id, fact): by for fact, by in difference(before, after).items()})

    assert {key: by for key, by in movements(changes).items() if by} == {key: by for key, by in each.items() if by}


@given(recipients)
def test_what_does_not_change_moves_no_counter(message: Recipient):
    assert not difference(message, message._replace())
    assert dict(difference(None, message)) == recount([message])


@given(st.lists(recipients, max_size=20))
def test_every_planned_person_is_in_exactly_one_state(messages: list[Recipient]):
    funnel = Funnel(recount(messages))

    assert funnel.balances()
    assert funnel["delivered"] >= funnel["read"]
    assert funnel["delivered"] == sum(m.dispatch is Dispatch.ACCEPTED and has_it(m) for m in messages)
    assert sum(funnel.details("billed").values()) <= funnel["delivered"]


def has_it(message: Recipient) -> bool:
    return message.delivery in (Delivery.DELIVERED, Delivery.READ)
