"""A card whose answer got lost is there once."""

from bot.domain.instants import SECOND
from bot.ports.chat import ChatBusyError, ChatClosedError
from bot.services import controlling
from tests.runtime.drawing import live, rounds
from tests.runtime.fake_chat import FakeChat
from tests.services.house import ANA, House


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
