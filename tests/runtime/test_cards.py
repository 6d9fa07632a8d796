"""Cards are drawn from the books, newest state only, within Slack's budget, and never twice."""

import asyncio

from bot.domain.campaign import Campaign
from bot.domain.instants import SECOND
from bot.ports.chat import ChatBusyError, ChatGoneError
from bot.runtime.cards import CardRounds
from bot.services import controlling
from tests.runtime.drawing import delivered, live, rounds
from tests.runtime.fake_chat import FakeChat
from tests.services.house import ANA, House


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
