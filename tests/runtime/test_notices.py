"""What must be said once is said once, in its place, as soon as its place exists."""

from typing import Any

from bot.domain.campaign import Campaign
from bot.domain.instants import DAY, SECOND
from bot.ports.chat import ChatBusyError, ChatGoneError
from bot.ports.records import Notice, Trouble
from bot.runtime.notices import BATCH, NoticeRounds
from bot.services.chat_troubles import FIRST_WAIT, LAST_WAIT, PATIENCE
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


async def test_below_a_card_that_cannot_be_edited_any_more_there_is_still_a_thread(house: House):
    campaign, (notices, chat) = await house.submitted(), rounds(house)
    await card(house, campaign, "live", "17.5", "C0SPRING")
    await house.write(lambda tx: tx.cards.died(campaign.id, "live", "edit_window_closed"))
    await in_thread(house, campaign, "milestone")

    await notices.round()

    assert [(post.channel, post.thread_ts) for post in chat.posts] == [("C0SPRING", "17.5")]


async def test_where_no_card_will_ever_be_the_words_stand_in_the_channel(house: House):
    campaign, (notices, chat) = await house.submitted(), rounds(house)
    await card(house, campaign, "live", None, "C0SPRING")
    await house.write(lambda tx: tx.cards.died(campaign.id, "live", "no_text"))
    await in_thread(house, campaign, "milestone")

    await notices.round()

    assert [(post.channel, post.thread_ts) for post in chat.posts] == [("C0SPRING", None)]


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


async def test_somebody_who_is_gone_costs_their_own_notice_only(house: House):
    notices, chat = rounds(house)
    for key in ("one", "two"):
        await queue(house, key)
    chat.errors = [ChatGoneError("user_not_found")]

    await notices.round()

    assert [post.message.text for post in chat.posts] == ["two"]
    assert await house.said() == []


async def test_what_a_closed_channel_does_not_take_waits_in_order_and_holds_up_nobody(house: House):
    notices, chat = rounds(house)
    for key in ("one", "two"):
        await queue(house, key, channel="C0CLOSED")
    await queue(house, "other")
    chat.closed = {"C0CLOSED"}
    await notices.round()
    early, tried = [post.message.text for post in chat.posts], chat.tried.count("C0CLOSED")
    chat.closed = set()
    house.pass_time(FIRST_WAIT)

    await notices.round()

    assert (early, tried) == (["other"], 1)
    assert [post.message.text for post in chat.posts] == ["other", "one", "two"]


async def test_whoever_asked_for_a_digest_is_told_once_that_it_waits(house: House):
    notices, chat = rounds(house)
    chat.closed = {"C0CLOSED"}
    for day in range(3):
        await queue(house, f"digest {day}", channel="C0CLOSED", asked_by="U0ANA")
        await notices.round()
        await notices.round()
        house.pass_time(DAY)

    told = [post.message.text for post in chat.posts if post.channel == "U0ANA"]

    assert len(told) == 1
    assert "<#C0CLOSED>" in told[0]
    assert "Invite it." in told[0]


async def test_an_author_is_told_when_the_thread_of_a_card_takes_nothing(house: House):
    campaign, (notices, chat) = await house.submitted(), rounds(house)
    await card(house, campaign, "live", "17.5", "C0SPRING")
    for milestone in ("one", "two"):
        await in_thread(house, campaign, milestone)
    chat.closed = {"C0SPRING"}

    await notices.round()
    await notices.round()

    [told] = [post.message.text for post in chat.posts if post.channel == campaign.created_by]
    assert campaign.token in told


async def test_what_nobody_could_be_told_for_a_week_is_given_up(house: House):
    notices, chat = rounds(house)
    await queue(house, "digest", channel="C0CLOSED")
    chat.closed = {"C0CLOSED"}
    await notices.round()
    house.pass_time(PATIENCE)
    await notices.round()
    early = await house.said()
    house.pass_time(LAST_WAIT)

    await notices.round()

    assert (early, await house.said()) == (["digest"], [])


async def test_a_trouble_is_over_when_nothing_waits_for_its_channel_any_more(house: House):
    campaign, (notices, chat) = await house.submitted(), rounds(house)
    await card(house, campaign, "live", "17.5", "C0SPRING")
    trouble = Trouble(place="C0SPRING", why="w", since=house.now, tries=1, retry_at=house.now)
    await house.write(lambda tx: tx.troubles.put(trouble))
    house.pass_time(LAST_WAIT)
    await notices.round()
    early = await house.read(lambda tx: tx.troubles.list())
    house.pass_time(1)

    await notices.round()

    assert (early, await house.read(lambda tx: tx.troubles.list())) == ([trouble], [])
    assert chat.posts == []


# An answer that got lost.


async def test_a_notice_whose_answer_got_lost_is_not_posted_twice(house: House):
    notices, chat = rounds(house)
    for key in ("one", "two"):
        await queue(house, key)
    chat.lost = 1

    for _ in range(3):
        await notices.round()
        house.pass_time(5 * SECOND)

    assert [post.message.text for post in chat.posts] == ["one", "two"]
    assert (chat.looked, await house.said()) == (1, [])


async def test_a_reply_whose_answer_got_lost_is_looked_for_in_its_thread(house: House):
    campaign, (notices, chat) = await house.submitted(), rounds(house)
    await card(house, campaign, "live", "17.5", "C0SPRING")
    await in_thread(house, campaign, "milestone")
    chat.lost = 1
    await notices.round()
    house.pass_time(5 * SECOND)

    await notices.round()

    assert [(post.message.text, post.thread_ts) for post in chat.posts] == [("milestone", "17.5")]


async def test_where_nobody_may_look_a_notice_is_rather_posted_twice_than_never(house: House):
    notices, chat = rounds(house)
    await queue(house, "one")
    chat.lost, chat.blind = 1, True
    await notices.round()
    house.pass_time(5 * SECOND)

    await notices.round()

    assert [post.message.text for post in chat.posts] == ["one", "one"]


async def test_a_notice_of_a_process_that_died_over_it_is_looked_for_first(house: House):
    notices, chat = rounds(house)
    await queue(house, "one")
    chat.lost = 1
    await notices.round()

    reborn = NoticeRounds(house.store, chat, house.clock)
    await reborn.round()

    assert [post.message.text for post in chat.posts] == ["one"]
    assert await house.said() == []


async def test_marks_tell_nothing_and_differ(house: House):
    notices, chat = rounds(house)
    for key in ("trial 1", "trial 2"):
        await queue(house, key)

    await notices.round()

    marks = [post.message.mark for post in chat.posts]
    assert len(set(marks)) == 2
    assert all(len(mark) == 32 and int(mark, 16) for mark in marks)
