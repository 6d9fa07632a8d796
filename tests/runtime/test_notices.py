"""What must be said once is said once, in its place, as soon as its place exists."""

from typing import Any

from bot.domain.campaign import Campaign
from bot.domain.instants import SECOND
from bot.ports.chat import ChatBusyError, ChatGoneError
from bot.ports.records import Notice
from bot.runtime.notices import BATCH, NoticeRounds
from tests.runtime.fake_chat import FakeChat
from tests.services.house import House


async def queue(house: House, key: str, **parts: Any) -> None:
    notice = Notice(key=key, **{"channel": "C0X", "text": key, **parts})
    await house.write(lambda tx: tx.notices.add(notice, house.now))


async def in_thread(house: House, campaign: Campaign, key: str) -> None:
    await queue(house, key, channel=None, campaign_id=campaign.id, in_thread=True)


async def card(house: House, campaign: Campaign, kind: str, ts: str | None, channel: str) -> None:
    """Give a campaign a card, posted or not."""
    await house.write(lambda tx: tx.cards.want(campaign.id, kind, channel))
    if ts is not None:
        found = await house.read(lambda tx: tx.cards.get(campaign.id, kind))
        assert found is not None
        await house.write(lambda tx: tx.cards.drew(found, ts=ts, content_hash="h", now=house.now))


def rounds(house: House) -> tuple[NoticeRounds, FakeChat]:
    chat = FakeChat()
    return NoticeRounds(house.store, chat, house.clock), chat


async def test_notices_are_posted_in_order_and_once(house: House):
    notices, chat = rounds(house)
    for key in ("one", "two", "one"):
        await queue(house, key)

    more = [await notices.round(), await notices.round()]

    assert [post.message.text for post in chat.posts] == ["one", "two"]
    assert more == [True, False]


async def test_a_milestone_waits_for_its_card_and_holds_up_nobody_else(house: House):
    campaign, (notices, chat) = await house.submitted(), rounds(house)
    await in_thread(house, campaign, "milestone")
    await queue(house, "other")
    await notices.round()
    early = [post.message.text for post in chat.posts]
    await card(house, campaign, "live", "17.5", "C0SPRING")

    await notices.round()

    assert early == ["other"]
    assert [(post.message.text, post.channel, post.thread_ts) for post in chat.posts[1:]] == [
        ("milestone", "C0SPRING", "17.5")
    ]


async def test_before_the_live_card_the_thread_is_the_approval_cards(house: House):
    campaign, (notices, chat) = await house.submitted(), rounds(house)
    await card(house, campaign, "approval", "3.1", "C0APPROVALS")
    await in_thread(house, campaign, "milestone")

    await notices.round()

    assert [(post.channel, post.thread_ts) for post in chat.posts] == [("C0APPROVALS", "3.1")]


async def test_with_a_dead_live_card_the_thread_is_the_approval_cards(house: House):
    campaign, (notices, chat) = await house.submitted(), rounds(house)
    await card(house, campaign, "approval", "3.1", "C0APPROVALS")
    await card(house, campaign, "live", "17.5", "C0SPRING")
    await house.write(lambda tx: tx.cards.died(campaign.id, "live", "is_archived"))
    await in_thread(house, campaign, "milestone")

    await notices.round()

    assert [post.channel for post in chat.posts] == ["C0APPROVALS"]


async def test_when_every_card_is_dead_the_words_are_given_up_and_hold_up_nobody(house: House):
    campaign, (notices, chat) = await house.submitted(), rounds(house)
    await card(house, campaign, "live", "17.5", "C0SPRING")
    await house.write(lambda tx: tx.cards.died(campaign.id, "live", "is_archived"))
    for n in range(BATCH):
        await in_thread(house, campaign, f"milestone {n}")
    await queue(house, "other")

    await notices.round()
    await notices.round()

    assert [post.message.text for post in chat.posts] == ["other"]
    assert await house.said() == []


async def test_words_without_a_card_yet_hold_up_nobody_however_many_they_are(house: House):
    campaign, (notices, chat) = await house.submitted(), rounds(house)
    for n in range(BATCH + 1):
        await in_thread(house, campaign, f"milestone {n}")
    await queue(house, "other")

    await notices.round()

    assert [post.message.text for post in chat.posts] == ["other"]


async def test_a_busy_chat_is_left_alone_and_nothing_is_lost(house: House):
    notices, chat = rounds(house)
    for key in ("one", "two"):
        await queue(house, key)
    chat.errors = [ChatBusyError(30, "ratelimited")]

    await notices.round()
    house.pass_time(29 * SECOND)
    await notices.round()
    early = len(chat.posts)
    house.pass_time(SECOND)
    await notices.round()

    assert (early, [post.message.text for post in chat.posts]) == (0, ["one", "two"])


async def test_a_channel_that_is_gone_costs_its_own_notice_only(house: House):
    notices, chat = rounds(house)
    for key in ("one", "two"):
        await queue(house, key)
    chat.errors = [ChatGoneError("is_archived")]

    await notices.round()

    assert [post.message.text for post in chat.posts] == ["two"]
    assert await house.said() == []
