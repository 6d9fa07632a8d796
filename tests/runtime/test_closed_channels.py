"""A card whose channel takes nothing waits for it, holds up no other, and its author knows what to do."""

from itertools import pairwise

import pytest

from bot.domain.instants import SECOND
from bot.ports.chat import ChatBusyError, ChatClosedError
from bot.ports.records import EVERYWHERE
from bot.services import controlling, drafting
from bot.services.chat_troubles import FIRST_WAIT, LAST_WAIT, PATIENCE
from tests.runtime.drawing import delivered, live, rounds
from tests.runtime.fake_chat import FakeChat
from tests.services.house import ANA, House


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


async def test_a_channel_that_takes_an_unchanged_card_is_no_trouble_any_more(house: House):
    campaign, chat = await house.planned(), FakeChat()
    cards = rounds(house, chat)
    await cards.round()
    chat.closed = {"C0BOARD"}
    await house.write(lambda tx: tx.cards.want(campaign.id, "approval", "C0BOARD"))
    house.pass_time(10 * SECOND)
    await cards.round()
    chat.closed = set()
    house.pass_time(10 * SECOND)

    await cards.round()

    assert [post.channel for post in chat.posts] == [house.policy.approval_channel, "C0BOARD"]
    assert await house.read(lambda tx: tx.troubles.list()) == []
