"""Cards are drawn from the books, newest state only, within Slack's budget, and never twice."""

import asyncio
from itertools import pairwise

import pytest

from bot.domain.campaign import Campaign
from bot.domain.delivery import Status
from bot.domain.instants import SECOND
from bot.ports.chat import ChatBusyError, ChatClosedError, ChatGoneError
from bot.ports.records import EVERYWHERE, Card
from bot.runtime.cards import CardRounds
from bot.services import controlling, drafting, tracking
from bot.services.waiting import FIRST_WAIT, LAST_WAIT, PATIENCE
from bot.slack.budget import EditBudget
from tests.builders import later
from tests.runtime.fake_chat import FakeChat
from tests.services.house import ANA, House, a_status


def words(code: int) -> tuple[str, str]:
    return f"what {code} means", "mend it"


def rounds(house: House, chat: FakeChat) -> CardRounds:
    budget = EditBudget(house.clock.ticks())
    return CardRounds(house.store, chat, house.policy, house.clock, words=words, budget=budget)


async def live(house: House, campaign: Campaign) -> Card:
    card = await house.read(lambda tx: tx.cards.get(campaign.id, "live"))
    assert card is not None
    return card


async def delivered(house: House, *numbers: int) -> None:
    events = [a_status(Status.DELIVERED, f"wamid.{n}", later(1)) for n in numbers]
    await house.write(lambda tx: tracking.absorb(tx, events, house.now))


async def test_each_card_is_posted_once_in_its_channel(house: House):
    campaign, chat = await house.approved(), FakeChat()
    cards = rounds(house, chat)

    await cards.round()
    await cards.round()

    assert {post.channel for post in chat.posts} == {house.policy.approval_channel, campaign.spec.channel}
    assert len(chat.posts) == 2
    assert await house.read(lambda tx: tx.cards.stale()) == []


async def test_many_changes_are_one_edit_that_shows_the_newest_state(house: House):
    campaign, _ = await house.accepted(3)
    chat = FakeChat()
    cards = rounds(house, chat)
    await cards.round()
    for n in (1, 2, 3):
        await delivered(house, n)
    house.pass_time(10 * SECOND)

    await cards.round()

    [post] = [post for post in chat.posts if post.channel == campaign.spec.channel]
    assert len(post.edits) == 1
    assert "3" in post.edits[0].text
    assert (await live(house, campaign)).drawn == (await live(house, campaign)).wanted


async def test_a_card_that_would_look_the_same_is_not_sent_again(house: House):
    (campaign, _), chat = await house.sent(), FakeChat()
    cards = rounds(house, chat)
    await cards.round()
    await house.write(lambda tx: tx.cards.want(campaign.id, "live"))
    house.pass_time(10 * SECOND)

    await cards.round()

    assert chat.edits == 0
    assert await house.read(lambda tx: tx.cards.stale()) == []


async def test_a_busy_chat_is_left_alone_and_the_newest_state_comes_later(house: House):
    campaign, chat = await house.sending(), FakeChat()
    cards = rounds(house, chat)
    await cards.round()
    await house.write(lambda tx: controlling.pause(tx, campaign.id, ANA, house.now))
    house.pass_time(10 * SECOND)
    chat.errors = [ChatBusyError(30, "ratelimited"), ChatBusyError(30, "ratelimited")]

    await cards.round()
    house.pass_time(29 * SECOND)
    await cards.round()
    early = chat.edits
    house.pass_time(2 * SECOND)
    chat.errors = []
    await cards.round()

    [post] = [post for post in chat.posts if post.channel == campaign.spec.channel]
    assert early == 0
    assert [edit.text.split(".")[0] for edit in post.edits] == ["Spring offer: Paused"]


async def test_a_card_that_cannot_be_edited_any_more_is_left_alone_and_its_author_told_once(house: House):
    (campaign, chat), cards = await uneditable(house)

    house.pass_time(60 * SECOND)
    await house.write(lambda tx: tx.cards.want(campaign.id, "live"))
    await cards.round()

    assert (await live(house, campaign)).dead == "edit_window_closed"
    assert chat.edits == 0
    [told] = [text for text in await house.said() if "The live card" in text]
    assert "no longer kept up to date" in told
    assert "edit_window_closed" in told
    assert campaign.token in told


async def test_somebody_who_asks_for_such_a_card_gets_a_new_one_that_lives(house: House):
    (campaign, chat), cards = await uneditable(house)
    chat.errors = [ChatGoneError("edit_window_closed")]

    await cards.draw_now(campaign.id, "live")
    await house.write(lambda tx: controlling.cancel(tx, campaign.id, ANA, house.now))
    house.pass_time(60 * SECOND)
    await cards.round()

    first, second = [post for post in chat.posts if post.channel == campaign.spec.channel]
    assert "Paused" in second.message.text
    assert [len(first.edits), len(second.edits)] == [0, 1]
    assert (await live(house, campaign)).dead is None


async def uneditable(house: House) -> tuple[tuple[Campaign, FakeChat], CardRounds]:
    """Give a paused campaign whose live card Slack does not let us edit any more."""
    campaign, chat = await house.sending(), FakeChat()
    cards = rounds(house, chat)
    await cards.round()
    await house.write(lambda tx: controlling.pause(tx, campaign.id, ANA, house.now))
    house.pass_time(10 * SECOND)
    chat.errors = [ChatGoneError("edit_window_closed"), ChatGoneError("edit_window_closed")]
    await cards.round()
    return (campaign, chat), cards


async def test_a_card_that_somebody_deleted_is_posted_anew(house: House):
    campaign, chat = await house.sending(), FakeChat()
    cards = rounds(house, chat)
    await cards.round()
    chat.missing = {(await live(house, campaign)).ts or ""}
    await house.write(lambda tx: controlling.pause(tx, campaign.id, ANA, house.now))
    house.pass_time(10 * SECOND)

    await cards.round()

    [_, second] = [post for post in chat.posts if post.channel == campaign.spec.channel]
    assert "Paused" in second.message.text
    assert (await live(house, campaign)).ts == str(chat.posts.index(second))


# A channel that takes nothing.


async def test_a_card_whose_channel_is_closed_waits_for_it_and_then_shows_the_newest_state(house: House):
    campaign, chat = await house.sending(), FakeChat()
    cards = rounds(house, chat)
    chat.closed = {campaign.spec.channel}
    await cards.round()
    await house.write(lambda tx: controlling.pause(tx, campaign.id, ANA, house.now))
    chat.closed = set()
    house.pass_time(FIRST_WAIT)

    await cards.round()

    assert {post.channel for post in chat.posts} == {house.policy.approval_channel, campaign.spec.channel}
    [post] = [post for post in chat.posts if post.channel == campaign.spec.channel]
    assert "Paused" in post.message.text
    assert await house.read(lambda tx: tx.troubles.list()) == []


async def test_a_closed_channel_is_tried_ever_more_slowly_and_never_less_than_every_ten_minutes(house: House):
    campaign, chat = await house.sending(), FakeChat()
    cards = rounds(house, chat)
    chat.closed = {campaign.spec.channel}
    tried: list[int] = []

    for second in range(2 * 3_600):
        before = chat.tried.count(campaign.spec.channel)
        await cards.round()
        tried += [second] * (chat.tried.count(campaign.spec.channel) - before)
        house.pass_time(SECOND)

    gaps = [two - one for one, two in pairwise(tried)]
    assert gaps[:8] == [5, 10, 20, 40, 80, 160, 320, 600]
    assert set(gaps[8:]) == {LAST_WAIT // SECOND}


async def test_cards_of_one_closed_channel_are_tried_one_at_a_time_and_all_their_authors_told(house: House):
    first, chat = await house.sending(1), FakeChat()
    second = await house.plan(await house.submitted("9XYZ", name="Autumn offer"))
    chat.closed = {house.policy.approval_channel}

    await rounds(house, chat).round()

    assert chat.tried.count(house.policy.approval_channel) == 1
    told = [text for text in await house.said() if "cannot be shown in" in text]
    assert sorted(token for token in (first.token, second.token) for text in told if token in text) == ["7Q2K", "9XYZ"]


async def test_an_author_is_told_once_and_with_what_to_do(house: House):
    campaign, chat = await house.planned(), FakeChat()
    cards = rounds(house, chat)
    chat.closed = {house.policy.approval_channel}

    for _ in range(5):
        await cards.round()
        house.pass_time(FIRST_WAIT * 10)

    [(_, notice)] = await house.read(lambda tx: tx.notices.waiting(10))
    assert notice.channel == campaign.created_by
    assert f"<#{house.policy.approval_channel}>" in notice.text
    assert "Invite it." in notice.text
    assert campaign.token in notice.text


async def test_a_refused_token_stops_every_channel_and_tells_nobody_in_the_chat(house: House):
    campaign, chat = await house.approved(), FakeChat()
    cards = rounds(house, chat)
    said = len(await house.said())
    chat.errors = [ChatClosedError("Set a valid token.", is_everywhere=True)]

    await cards.round()

    [trouble] = await house.read(lambda tx: tx.troubles.list())
    assert (trouble.place, trouble.why) == (EVERYWHERE, "Set a valid token.")
    assert len(chat.tried) == 1
    assert len(await house.said()) == said
    house.pass_time(FIRST_WAIT)
    await cards.round()
    assert {post.channel for post in chat.posts} == {house.policy.approval_channel, campaign.spec.channel}
    assert await house.read(lambda tx: tx.troubles.list()) == []


async def test_asking_for_a_card_again_tries_its_channel_at_once(house: House):
    campaign, chat = await house.planned(), FakeChat()
    cards = rounds(house, chat)
    chat.closed = {house.policy.approval_channel}
    for _ in range(10):
        await cards.round()
        house.pass_time(FIRST_WAIT * 10)
    chat.closed = set()
    await house.write(lambda tx: drafting.resubmit(tx, campaign.id, campaign.spec, ANA, house.now))
    await house.plan(campaign)

    await cards.round()

    assert [post.channel for post in chat.posts] == [house.policy.approval_channel]


async def test_figures_alone_do_not_try_a_closed_channel_sooner(house: House):
    campaign, _ = await house.accepted(1)
    chat = FakeChat()
    cards = rounds(house, chat)
    chat.closed = {campaign.spec.channel}
    await cards.round()
    tried = len(chat.tried)
    await delivered(house, 1)
    house.pass_time(FIRST_WAIT - 1)

    await cards.round()

    assert len(chat.tried) == tried


async def test_somebody_who_asks_is_told_why_a_card_is_not_drawn_and_sees_it_as_soon_as_it_can_be(house: House):
    campaign, chat = await house.sending(), FakeChat()
    cards = rounds(house, chat)
    await cards.round()
    chat.closed = {campaign.spec.channel}
    with pytest.raises(ChatClosedError, match="Invite it"):
        await cards.draw_now(campaign.id, "live")
    with pytest.raises(ChatClosedError, match="Invite it"):
        await cards.draw_now(campaign.id, "live")
    chat.closed = set()

    await cards.draw_now(campaign.id, "live")

    assert chat.edits == 1
    assert await house.read(lambda tx: tx.troubles.list()) == []


async def test_a_busy_chat_is_told_to_who_asks(house: House):
    campaign, chat = await house.sending(), FakeChat()
    cards = rounds(house, chat)
    await cards.round()
    chat.errors = [ChatBusyError(5, "ratelimited")]

    with pytest.raises(ChatBusyError):
        await cards.draw_now(campaign.id, "live")


async def test_a_card_that_is_asked_for_in_another_channel_is_posted_there(house: House):
    campaign, chat = await house.planned(), FakeChat()
    cards = rounds(house, chat)
    await cards.round()
    await house.write(lambda tx: tx.cards.want(campaign.id, "approval", "C0BOARD"))
    house.pass_time(10 * SECOND)

    await cards.round()

    assert [post.channel for post in chat.posts] == [house.policy.approval_channel, "C0BOARD"]
    assert chat.edits == 0


async def test_the_card_of_a_campaign_that_is_over_waits_a_week_and_is_given_up_with_a_word(house: House):
    campaign, chat = await house.sending(), FakeChat()
    cards = rounds(house, chat)
    await cards.round()
    chat.closed = {campaign.spec.channel}
    await house.write(lambda tx: controlling.cancel(tx, campaign.id, ANA, house.now))
    house.pass_time(10 * SECOND)
    await cards.round()
    house.pass_time(PATIENCE)
    await cards.round()
    waits = (await live(house, campaign)).dead is None
    house.pass_time(LAST_WAIT)

    await cards.round()

    assert waits
    assert (await live(house, campaign)).dead == "Arauto is not in it. Invite it."
    assert [text for text in await house.said() if "no longer kept up to date" in text]


async def test_a_campaign_that_lives_is_never_given_up(house: House):
    campaign, chat = await house.sending(), FakeChat()
    cards = rounds(house, chat)
    chat.closed = {campaign.spec.channel}
    for _ in range(20):
        await cards.round()
        house.pass_time(PATIENCE)
    chat.closed = set()

    await cards.round()

    assert [post for post in chat.posts if post.channel == campaign.spec.channel]


async def test_a_bot_that_was_started_again_tries_every_place_at_once(house: House):
    campaign, chat = await house.sending(), FakeChat()
    chat.closed = {campaign.spec.channel}
    before = rounds(house, chat)
    for _ in range(8):
        await before.round()
        house.pass_time(60 * SECOND)
    chat.closed = set()

    await rounds(house, chat).round()

    assert [post for post in chat.posts if post.channel == campaign.spec.channel]


# An answer that got lost.


async def test_a_card_whose_first_answer_got_lost_is_found_and_brought_up_to_date(house: House):
    campaign, chat = await house.sending(), FakeChat()
    cards = rounds(house, chat)
    chat.lost = 1
    await cards.round()
    await house.write(lambda tx: controlling.pause(tx, campaign.id, ANA, house.now))
    house.pass_time(10 * SECOND)

    await cards.round()
    await cards.round()

    assert sorted(post.channel for post in chat.posts) == [house.policy.approval_channel, campaign.spec.channel]
    assert "Paused" in chat.posts[int((await live(house, campaign)).ts or "")].edits[-1].text
    assert (await live(house, campaign)).posting_at is None


async def test_a_process_that_died_before_its_post_left_posts_it_once_it_lives_again(house: House):
    campaign, chat = await house.approved(), FakeChat()
    card = await live(house, campaign)
    await house.write(lambda tx: tx.cards.posting(card, house.now))

    await rounds(house, chat).round()

    assert sorted(post.channel for post in chat.posts) == [house.policy.approval_channel, campaign.spec.channel]
    assert chat.looked == 1


async def test_what_was_surely_not_posted_is_not_looked_for(house: House):
    campaign, chat = await house.planned(), FakeChat()
    cards = rounds(house, chat)
    for refused in (ChatBusyError(1, "ratelimited"), ChatClosedError("Invite it.")):
        chat.errors = [refused]
        await cards.round()
        house.pass_time(10 * SECOND)

    await cards.round()

    assert [post.channel for post in chat.posts] == [house.policy.approval_channel]
    assert chat.looked == 0
    assert campaign.state is not None


async def test_a_card_posted_anew_is_another_message_than_the_one_before(house: House):
    campaign, chat = await house.sending(), FakeChat()
    cards = rounds(house, chat)
    await cards.round()
    chat.missing = {(await live(house, campaign)).ts or ""}
    chat.lost = 1
    await house.write(lambda tx: controlling.pause(tx, campaign.id, ANA, house.now))
    for _ in range(3):
        house.pass_time(10 * SECOND)
        await cards.round()

    [first, second] = [post for post in chat.posts if post.channel == campaign.spec.channel]
    assert first.message.mark != second.message.mark
    assert chat.posts[int((await live(house, campaign)).ts or "")] is second


async def test_a_card_somebody_asks_for_is_drawn_even_if_nothing_changed(house: House):
    campaign, chat = await house.sending(), FakeChat()
    cards = rounds(house, chat)
    await cards.round()

    await cards.draw_now(campaign.id, "live")

    assert chat.edits == 1


async def test_a_card_nobody_has_is_not_drawn(house: House):
    campaign, chat = await house.planned(), FakeChat()

    await rounds(house, chat).draw_now(campaign.id, "live")

    assert chat.posts == []


async def test_a_click_during_a_round_never_posts_a_second_card(house: House):
    campaign, chat = await house.sending(), FakeChat()
    cards = rounds(house, chat)

    await asyncio.gather(cards.round(), cards.draw_now(campaign.id, "live"), cards.draw_now(campaign.id, "live"))

    assert len([post for post in chat.posts if post.channel == campaign.spec.channel]) == 1


async def test_a_change_during_a_drawing_is_drawn_afterwards(house: House):
    campaign, _ = await house.accepted(1)
    chat = FakeChat()
    cards = rounds(house, chat)
    await cards.round()
    card = await live(house, campaign)
    await delivered(house, 1)

    await house.write(lambda tx: tx.cards.drew(card, ts="0", content_hash="old", now=house.now))

    assert [one.kind for one in await house.read(lambda tx: tx.cards.stale())] == ["live"]
