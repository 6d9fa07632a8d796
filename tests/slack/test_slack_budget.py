"""Pacing of card edits: a workspace's budget, a card's gap, and what Slack asks for."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.campaign import CampaignId
from bot.domain.instants import MINUTE, SECOND, Millis
from bot.ports.records import Card
from bot.slack.budget import BURST, EDITS_PER_MINUTE, LAST_GAP, EditBudget

START = Millis(1_000_000)


def a_card(number: int = 1) -> Card:
    return Card(campaign_id=CampaignId(number), kind="live", channel="C0MARKETING")


def at(milliseconds: int) -> Millis:
    return Millis(START + milliseconds)


def drawings(cards: list[Card], span: int, step: int = 100) -> list[tuple[int, Card]]:
    """Draw whatever may be drawn while every card is always stale, and say when."""
    budget = EditBudget(START)
    return [(moment, card) for moment in range(0, span, step) for card in budget.choose(cards, at(moment))]


def test_a_card_drawn_for_the_first_time_does_not_wait():
    budget = EditBudget(START)

    assert budget.choose([a_card()], START) == [a_card()]


def test_a_cards_gap_doubles_and_never_passes_four_seconds():
    times = [moment for moment, _ in drawings([a_card()], 60 * SECOND)]

    gaps = [later - earlier for earlier, later in pairwise(times)]

    assert gaps[:4] == [1 * SECOND, 2 * SECOND, 4 * SECOND, 4 * SECOND]
    assert max(gaps) == LAST_GAP


def test_a_calm_card_begins_with_the_short_gap_again():
    budget = EditBudget(START)
    for moment in (0, 1_000, 3_000, 7_000):
        budget.choose([a_card()], at(moment))

    budget.choose([a_card()], at(10 * MINUTE))

    assert budget.choose([a_card()], at(10 * MINUTE + SECOND)) == [a_card()]


@given(cards=st.integers(1, 60), step=st.sampled_from([100, 700, 3_000]))
def test_no_minute_ever_holds_more_edits_than_slack_allows(cards: int, step: int):
    times = [moment for moment, _ in drawings([a_card(n) for n in range(cards)], 5 * MINUTE, step)]

    busiest = max(sum(1 for other in times if moment <= other < moment + MINUTE) for moment in times)

    assert busiest <= EDITS_PER_MINUTE + BURST < 50


def test_the_card_that_waited_longest_comes_first():
    budget = EditBudget(START, per_minute=1, burst=1)
    first, second = a_card(1), a_card(2)

    assert budget.choose([first, second], START) == [first]
    assert budget.choose([second, first], at(MINUTE)) == [second]


def test_a_card_in_its_gap_does_not_hold_up_the_others():
    budget = EditBudget(START)
    budget.choose([a_card(1)], START)

    assert budget.choose([a_card(1), a_card(2)], at(100)) == [a_card(2)]


def test_nothing_is_drawn_while_slack_asks_to_wait():
    budget = EditBudget(START)

    budget.park(START, 30)

    assert budget.choose([a_card()], at(29_999)) == []
    assert budget.choose([a_card()], at(30_000)) == [a_card()]


def test_a_drawing_after_a_click_counts_too():
    budget = EditBudget(START, per_minute=1, burst=1)

    budget.spend(a_card(1), START)

    assert budget.choose([a_card(2)], START) == []


@given(spent=st.integers(0, 20), wait=st.integers(0, 20_000))
def test_the_time_it_names_is_the_first_at_which_something_is_drawn(spent: int, wait: int):
    budget = EditBudget(START)
    for number in range(spent):
        budget.spend(a_card(number), START)
    named = budget.next_at([a_card(0)], at(wait))

    assert named is not None
    if named > at(wait):
        assert budget.choose([a_card(0)], Millis(named - 1)) == []
    assert budget.choose([a_card(0)], named) == [a_card(0)]


def test_nothing_stale_means_no_time():
    assert EditBudget(START).next_at([], START) is None


def test_a_forgotten_card_starts_anew():
    budget = EditBudget(START)
    budget.choose([a_card()], START)

    budget.forget(a_card())

    assert budget.choose([a_card()], at(1)) == [a_card()]
